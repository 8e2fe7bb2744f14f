"""`python -m services.console` runs the web pages."""

from services.console.app import create_app
from shared.serve import serve

if __name__ == "__main__":
    serve("console", create_app)
