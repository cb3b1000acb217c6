"""The one-slot mailbox between a camera that does not wait and a reader that takes its time: newest wins."""

from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Latest(Generic[Item]):
    """Holds the newest item that nobody took yet; an item that is replaced before it was taken counts as dropped."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._item: Item | None = None
        self._dropped = 0
        self._is_closed = False

    @property
    def dropped(self) -> int:
        return self._dropped

    def put(self, item: Item) -> None:
        """Leave an item, replacing one that is still there. Never waits; after closing it does nothing."""
        with self._changed:
            if self._is_closed:
                return
            if self._item is not None:
                self._dropped += 1
            self._item = item
            self._changed.notify()

    def take(self, timeout_s: float | None = None) -> Item | None:
        """The newest item, waiting for one where there is none; None after ``timeout_s`` or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._is_closed, timeout_s)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Wake everybody who waits; what was not taken is gone."""
        with self._changed:
            self._is_closed = True
            self._item = None
            self._changed.notify_all()
