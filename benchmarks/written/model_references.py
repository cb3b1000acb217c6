"""Stores what every model that can be had here makes of the reference picture, for `mien models verify`; f32."""

from dataclasses import replace

from mien import wiring
from mien.domain.errors import ModelUnavailable
from mien.inference.measuring.reference import SHIPPED, as_text, read_references, traces
from mien.inference.onnx_runtime import OnnxRuntime
from mien.settings import Settings


def main() -> None:
    """Write the stored outputs anew; those of models that cannot be had here stay as they are."""
    names = tuple(card.name for card in wiring.build_shelf(Settings()).catalog.cards())
    shelf = replace(wiring.build_shelf(Settings(accepted_models=names)), runtime=OnnxRuntime())
    stored = read_references()
    for card in shelf.catalog.cards():
        if not card.has_network:
            continue
        try:
            stored[card.name] = traces(shelf.take(card.name, "f32"))
        except ModelUnavailable as error:
            print(f"{card.name}: {error}")
    SHIPPED.write_text(as_text(stored), encoding="utf-8")
    print(f"{len(stored)} models")


if __name__ == "__main__":
    main()
