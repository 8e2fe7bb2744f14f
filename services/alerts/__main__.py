"""Run the alerts service: `python -m services.alerts`."""

from services.alerts.app import create_app
from shared.serve import serve

if __name__ == "__main__":
    serve("alerts", create_app)
