"""How an area of the service begins: a router below the path of the API."""

from fastapi import APIRouter
from pydantic import BaseModel

from mien.service.access.table import API
from mien.service.problems import PROBLEMS


class Area(APIRouter):
    """A router that also knows the ``messages`` of its sockets, which a description of routes says nothing of."""

    messages: tuple[type[BaseModel], ...] = ()


def area(name: str, *messages: type[BaseModel]) -> Area:
    """A router for the routes of an area, which its description is told under, and the messages of its sockets."""
    router = Area(prefix=API, tags=[name], responses={**PROBLEMS})
    router.messages = messages
    return router
