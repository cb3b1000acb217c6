"""The software that devices come with: loaded when a device is opened, and never installed with mien itself."""

from importlib import import_module
from typing import Any

from mien.domain.errors import SourceUnreachable


def load_driver(module: str, device: str, install: str) -> Any:
    """The module of a driver; raises SourceUnreachable, which says what is to be installed where it is not there."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise _broken(module, device, error) from None
        raise SourceUnreachable(f"{device} cannot be read: its driver {module} is not installed; {install}") from None
    except (ImportError, OSError) as error:  # a library of the system that it needs is missing
        raise _broken(module, device, error) from None


def said_by(error: Exception) -> str:
    """What a driver says in the first line of an error, without its full stop, to follow a colon."""
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__


def _broken(module: str, device: str, error: Exception) -> SourceUnreachable:
    return SourceUnreachable(f"{device} cannot be read: its driver {module} cannot be loaded: {said_by(error)}")
