"""How an area of the service begins: a router below the path of the API."""

from fastapi import APIRouter

from mien.service.access.table import API

Area = APIRouter
"""The routes of an area, by a name that rooms may say which know nothing of the library."""


def area(name: str) -> APIRouter:
    """A router for the routes of an area, which its description is told under."""
    return APIRouter(prefix=API, tags=[name])
