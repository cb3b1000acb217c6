"""Which camera is analysed next: fair under overload, one worker at a time per camera."""

from threading import Condition


class CameraSchedule:
    """Hands cameras that have a new frame to workers, the one that has waited longest first.

    A camera that delivers faster than it is analysed is offered again while it is being served; it then goes to the
    end of the line, so that it never takes the turn of another.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}  # a dict keeps the order and refuses duplicates
        self._serving: set[str] = set()
        self._offered_again: set[str] = set()
        self._changed = Condition()
        self._is_closed = False

    def offer(self, camera: str) -> None:
        """A camera has a frame that is not analysed yet."""
        with self._changed:
            if camera in self._serving:
                self._offered_again.add(camera)
            else:
                self._waiting[camera] = None
                self._changed.notify()

    def take(self) -> str | None:
        """Wait for the next camera and reserve it for the caller; None once the schedule is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if self._is_closed:
                return None
            camera = next(iter(self._waiting))
            del self._waiting[camera]
            self._serving.add(camera)
            return camera

    def release(self, camera: str) -> None:
        """The caller is through with a camera it took."""
        with self._changed:
            self._serving.discard(camera)
            if camera in self._offered_again:
                self._offered_again.discard(camera)
                self._waiting[camera] = None
                self._changed.notify()

    def close(self) -> None:
        """Wake every waiting worker for the last time."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
