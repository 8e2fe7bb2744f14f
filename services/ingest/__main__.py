"""Run the ingest service: `python -m services.ingest`."""

from services.ingest.app import create_app
from shared.serve import serve

if __name__ == "__main__":
    serve("ingest", create_app)
