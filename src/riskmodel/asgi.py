"""The application for servers: ``uvicorn --factory riskmodel.asgi:create``."""

from __future__ import annotations

from fastapi import FastAPI

from riskmodel.service.app import create_app
from riskmodel.service.logs import configure_logs
from riskmodel.settings import Settings


def create() -> FastAPI:
    """Make the application from the environment's settings."""
    configure_logs()
    return create_app(Settings())
