"""Running the stages of one file at the same time, each in a thread of its own, with nothing dropped between them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
_POLL_S = 0.1  # how soon a stage notices that its consumer has gone


@dataclass(frozen=True, slots=True)
class _Ended:
    """Put behind the last item: the stage is through, or failed with an error."""

    error: BaseException | None


class _Stage(Generic[Item]):
    def __init__(self, items: Iterable[Item], depth: int) -> None:
        self._items = items
        self._queue: Queue[Item | _Ended] = Queue(depth)
        self._is_stopped = Event()
        self._thread = Thread(target=self._produce, daemon=True)
        self._thread.start()

    def _produce(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as raised:
            error = raised  # belongs to the consumer, who asked for the items
        self._put(_Ended(error))

    def _put(self, item: Item | _Ended) -> bool:
        while not self._is_stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[Item]:
        while not self._is_stopped.is_set():
            try:
                item = self._queue.get(timeout=_POLL_S)
            except Empty:
                continue
            if isinstance(item, _Ended):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def stop(self) -> None:
        self._is_stopped.set()
        self._thread.join()


@contextmanager
def staged(items: Iterable[Item], depth: int = 3) -> Iterator[Iterator[Item]]:
    """Produce items in a thread of its own while the caller works on those that are ready.

    At most ``depth`` finished items wait, then the producer does: nothing is dropped and memory is bounded. An error
    of the producer is raised in the caller, behind the last item. On leaving the block the producer is stopped.
    """
    stage = _Stage(items, depth)
    try:
        yield iter(stage)
    finally:
        stage.stop()
