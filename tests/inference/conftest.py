import pytest
from tests.support.compiled import compile_anew


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """How networks are loaded is what is tested here."""
    compile_anew(monkeypatch)
