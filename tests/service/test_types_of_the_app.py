"""The app is typed by the service as it is."""

import pytest
from tests.support.description import HAS_GENERATOR, TYPES, description, types_of


@pytest.mark.skipif(not HAS_GENERATOR, reason="the packages of the app are not here: make app installs them")
def test_the_types_of_the_app_are_those_of_the_description():
    assert types_of(description()) == TYPES.read_text(encoding="utf-8"), "they are made anew by `make api`"
