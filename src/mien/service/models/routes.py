"""Routes of models."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import dropwhile
from typing import Annotated

from fastapi import Path

from mien.domain.errors import UsageError
from mien.inference.model_card import ModelCard, Task
from mien.inference.standing.machine import Machine
from mien.service.area import Area, area
from mien.service.models.schemas import Model, ModelPage
from mien.service.paging import After, Limit, Page

Name = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class ModelDesk:
    """How things stand now, what a model goes by that was not measured of it, and what records a yes to its terms."""

    machine: Callable[[], Machine]
    borrowed: Callable[[ModelCard], str]
    accept: Callable[[ModelCard], None]


def build(desk: ModelDesk) -> Area:
    """The routes."""
    router = area("models")

    def page(name: str) -> ModelPage:
        machine = desk.machine()
        card = machine.catalog.card(name)
        return ModelPage.of_one(machine.standing(card), desk.borrowed(card))

    @router.get("/models")
    def models(task: Task | None = None, limit: Limit = 200, after: After = None) -> Page[Model]:
        machine = desk.machine()
        cards = list(machine.catalog.cards(task))
        if after is not None:
            if after not in (card.name for card in cards):
                raise UsageError("after is what next of the page before says")
            cards = list(dropwhile(lambda card: card.name != after, cards))[1:]
        told = [Model.of(machine.standing(card)) for card in cards[:limit]]
        return Page(items=told, next=told[-1].name if len(cards) > limit else None)

    @router.get("/models/{name}")
    def model(name: Name) -> ModelPage:
        return page(name)

    @router.post("/models/{name}/accept")
    def accept(name: Name) -> ModelPage:
        """Accept the terms of a model that is restricted; of one that is free to use nothing is recorded."""
        desk.accept(desk.machine().catalog.card(name))
        return page(name)

    return router
