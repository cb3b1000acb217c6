"""A home with everything in it that may be kept of people, as the tests of privacy have it."""

from tests.privacy.conftest import clock, live, settings, stores

__all__ = ["clock", "live", "settings", "stores"]
