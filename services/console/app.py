"""Wiring of the console."""

from fastapi import FastAPI

from shared.service import create_service
from shared.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Return the console. It reads the other services' APIs and keeps nothing, so it is ready when it runs."""
    return create_service("console", settings, dict)
