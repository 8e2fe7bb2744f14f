"""Run the journey service: `python -m services.journey`."""

from services.journey.app import create_app
from shared.serve import serve

if __name__ == "__main__":
    serve("journey", create_app)
