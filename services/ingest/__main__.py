"""Run the ingest service: `python -m services.ingest`."""

import gc

from services.ingest.app import create_app
from shared.serve import serve

if __name__ == "__main__":
    gc.freeze()  # what was imported never becomes garbage
    gc.set_threshold(50_000, 20, 20)  # requests leave no cycles behind: look for them rarely
    serve("ingest", create_app)
