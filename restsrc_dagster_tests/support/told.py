"""What a run tells, and waiting until it has told something."""

import threading
import time

DEADLINE = 30.0


class Told:
    """An `on_message` that remembers its lines; after one that never came, it waits no more."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self.in_vain = False

    def __call__(self, line: str) -> None:
        with self._news:
            self.lines.append(line)
            self._news.notify_all()

    def wait_for(self, *texts: str) -> None:
        """Return when there is a line with all of the texts."""
        deadline = time.monotonic() + DEADLINE
        with self._news:
            while not self.has(*texts):
                in_time = not self.in_vain and self._news.wait(deadline - time.monotonic())
                self.in_vain = not in_time
                assert in_time, (texts, self.lines[-3:])

    def has(self, *texts: str) -> bool:
        return any(all(text in line for text in texts) for line in self.lines)
