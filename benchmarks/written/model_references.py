"""Stores what every model that can be had here makes of the reference picture, for `mien models verify`; f32."""

from dataclasses import replace

from mien.domain.errors import ModelUnavailable
from mien.inference.catalog import load_catalog
from mien.inference.measuring.reference import SHIPPED, as_text, read_references, traces
from mien.inference.onnx_runtime import OnnxRuntime
from mien.settings import load_settings
from mien.vision.reference_scene import reference_input
from mien.wiring.models import build_shelf


def main() -> None:
    """Write the stored outputs anew; those of models that cannot be had here stay as they are."""
    shipped = load_catalog()
    names = tuple(card.name for card in shipped.cards())
    settings = load_settings().model_copy(update={"accepted_models": names})
    shelf = replace(build_shelf(settings), catalog=shipped, runtime=OnnxRuntime())
    before, stored = read_references(), {}
    for card in shipped.cards():
        if not card.has_network:
            continue
        try:
            stored[card.name] = traces(shelf.take(card.name, "f32"), reference_input)
        except ModelUnavailable as error:
            print(f"{card.name}: {error}")
            stored |= {name: found for name, found in before.items() if name == card.name}
    SHIPPED.write_text(as_text(stored), encoding="utf-8")
    print(f"{len(stored)} models")


if __name__ == "__main__":
    main()
