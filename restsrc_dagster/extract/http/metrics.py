"""The figures of a reading: what its requests cost, and what they wait for."""

import threading

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.stats.traffic import Traffic
from restsrc_dagster.extract.stats.waits import Waits


class Metrics:
    """Counted by all threads that send, resource by resource.

    Args:
        max_pages: the most pages of one resource.

    Attributes:
        traffic: what each resource cost so far, by name; "" is what belongs to none.
        waits: what was waited for, over all of them.
    """

    def __init__(self, max_pages: int) -> None:
        self.traffic: dict[str, Traffic] = {}
        self.waits = Waits()
        self._max_pages = max_pages
        self._lock = threading.Lock()

    def count_request(self, resource: str, *, seconds: float, size: int) -> None:
        """One that was sent, with the seconds until it was over and the bytes of the answer."""
        with self._lock:
            traffic = self._of(resource)
            traffic.requests += 1
            traffic.seconds += seconds
            traffic.bytes_received += size

    def count_retry(self, resource: str) -> None:
        """A request will be sent again."""
        with self._lock:
            self._of(resource).retries += 1

    def count_retry_of_answer(self, resource: str) -> None:
        """A good answer was no page: the same will be asked for again."""
        with self._lock:
            traffic = self._of(resource)
            traffic.pages -= 1
            traffic.retries += 1

    def count_page(self, resource: str) -> None:
        """A good answer; raises ReadError if it is one too many."""
        with self._lock:
            traffic = self._of(resource)
            traffic.pages += 1
            pages = traffic.pages
        if pages > self._max_pages:
            raise ReadError(
                f"there are more than {self._max_pages:,} pages, the limit that http.max_pages "
                "sets; if that many are right, raise it"
            )

    def _of(self, resource: str) -> Traffic:
        return self.traffic.setdefault(resource, Traffic())
