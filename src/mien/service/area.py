"""How an area of the service begins: a router below the path of the API."""

from fastapi import APIRouter

from mien.service.access.table import API


def area(name: str) -> APIRouter:
    """A router for the routes of an area, which its description is told under."""
    return APIRouter(prefix=API, tags=[name])
