"""One resource that fails does not stop the others.

dlt ends the whole extract with the first exception of any resource. So every step of every
resource is guarded: an exception stops that resource, and with it what would be incomplete or
would be outrun by a cursor; the others are read on, in the same extract, side by side as before.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Set
from functools import partial
from typing import Any

from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.dlt_compat.pipe import replace_steps
from restsrc_dagster.errors import ApiUnavailable, RestsrcError, causes
from restsrc_dagster.extract.auth.shared_token import NoToken
from restsrc_dagster.extract.failures.explain import explain, is_full, is_silence
from restsrc_dagster.extract.step_order import StepOrder

SILENT_IN_A_ROW = 2


class CircuitBreaker:
    """Whether the API answers at all; one for a run, so that no patience is spent twice.

    After two resources in a row that got no answer, and none in between that got one, those that
    have not begun are not tried.
    """

    def __init__(self) -> None:
        self._in_a_row = 0

    @property
    def is_certain(self) -> bool:
        return self._in_a_row >= SILENT_IN_A_ROW

    def broken(self) -> None:
        """Something was answered."""
        self._in_a_row = 0

    def kept(self) -> None:
        """A resource was given up without any answer."""
        self._in_a_row += 1


class Isolation:
    """What is stopped, in one reading of some resources, and why.

    Args:
        resources: of the connector, all of them.
        redact: takes secrets out of the reasons.
        silence: shared by the readings of a run.
        failed: what has failed in this run already; what hangs on it is not read.
        keep: what is left where it is, if what a resource has given is kept though it fails
            (`Chunks.break_off`).
        is_held: whether a resource is not to be read on for now.

    Attributes:
        stopped: what is not loaded, and why.
        broken_off: what has failed, and is loaded as far as it was read; and why.
    """

    def __init__(
        self,
        resources: Resources,
        redact: Redactor,
        *,
        silence: CircuitBreaker,
        failed: Mapping[str, RestsrcError],
        keep: Callable[[str, Exception, bool], Set[str]] = lambda *_: frozenset(),
        is_held: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.stopped: dict[str, RestsrcError] = {}
        self.broken_off: dict[str, RestsrcError] = {}
        self.is_held = is_held
        self._keep = keep
        self._resources = resources
        self._redact = redact
        self._silence = silence
        self._begun: set[str] = set()
        self._left: set[str] = set()
        self._lock = threading.Lock()
        for name, error in failed.items():
            self._stop(name, error, self.stopped)

    def may_go_on(self, name: str) -> bool:
        """Whether a resource is still read; the API's silence ends it before its first request."""
        with self._lock:
            if name not in self.stopped and name not in self._begun and self._silence.is_certain:
                error = ApiUnavailable(f"{name}: not tried: the API does not answer")
                self._stop(name, error, self.stopped)
            self._begun.add(name)
            return name not in self.stopped

    def leave(self, name: str) -> None:
        """Take no more pages of a resource; what it has given is handed on."""
        self._left.add(name)

    def takes_pages(self, name: str) -> bool:
        """Whether a resource is not left yet."""
        return name not in self._left

    def answered(self) -> None:
        """The API has answered with a page."""
        self._silence.broken()

    def fail(self, name: str, error: Exception, *, between_pages: bool) -> None:
        """Stop a resource, or leave it where it is; raises `error` again where it concerns all.

        `between_pages` is whether all of its pages that came are through all steps.
        """
        if self._concerns_all(name, error):
            raise error
        with self._lock:
            if name in self.stopped:
                return
            if is_silence(error):
                self._silence.kept()
            parent = self._resources[name].parent
            explaining_failures = explain(error, self._redact, resource=name, parent=parent)
            left = self._keep(name, error, between_pages)
            for one in left:
                self.leave(one)
            self._stop(name, explaining_failures, self.broken_off if left else self.stopped)
            for one in left - {name}:
                self._stop(one, explaining_failures, self.broken_off)

    def _concerns_all(self, name: str, error: Exception) -> bool:
        own_auth = "auth" in self._resources[name].endpoint
        return is_full(error) or any(
            isinstance(cause, MemoryError) or (isinstance(cause, NoToken) and not own_auth)
            for cause in causes(error)
        )

    def _stop(self, name: str, error: RestsrcError, into: dict[str, RestsrcError]) -> None:
        into.setdefault(name, error)
        reason = str(error).removeprefix(f"{name}: ")
        resources = self._resources
        rows_go = into is self.stopped
        for other in resources.blocked_by(name) if rows_go else resources.hanging_with(name):
            if name == self._resources[other].parent:
                link = f"its parent {name} failed"
            elif name in self._resources.ancestors(other):
                link = f"its ancestor {name} failed"
            elif other in self._resources.beside(name):
                link = f"{name} failed, and both write into one table"
            else:
                link = f"{name} failed, and both hang on one cursor"
            into.setdefault(other, type(error)(f"{other}: {link}: {reason}"))


class IsolateFailures(ItemTransform[Any, Any]):
    """Only puts a guard around every other step that a resource has when it is about to be read.

    dlt binds the steps of the pipe that it is about to read, which is a copy of the resource's
    own: whoever looks for a step of some kind in the resource still finds it.
    """

    placement_affinity = StepOrder.ISOLATE

    def __init__(self, isolation: Isolation) -> None:
        super().__init__(_as_it_is)
        self._isolation = isolation

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        """Guard the steps, once: dlt binds the pipe of a parent again for each child."""
        bound = _IsolatedStep(self._isolation, pipe.name, _as_it_is)
        guard = partial(_IsolatedStep, self._isolation, pipe.name)
        replace_steps(pipe, pages=bound.pages, step=guard, but=self)
        return bound

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        return item


class _IsolatedStep(ItemTransform[Any, Any]):
    """A step, and what comes out of it later: pages of a generator."""

    def __init__(self, isolation: Isolation, name: str, step: Callable[..., Any]) -> None:
        super().__init__(_as_it_is)
        self._isolation = isolation
        self._name = name
        self._step = step

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        if isinstance(self._step, ItemTransform):
            self._step = self._step.bind(pipe)
        return self

    def __call__(self, item: Any, meta: Any = None) -> Any:
        """What the step makes of the item; nothing once the resource is stopped."""
        return self._attempt(lambda: self._step(item, meta=meta))

    def pages(self, items: Iterator[Any]) -> Iterator[Any]:
        """The items until the resource is stopped or left; a generator, as dlt closes it early by
        that."""
        try:
            while self._isolation.may_go_on(self._name) and self._isolation.takes_pages(self._name):
                if self._isolation.is_held(self._name):
                    yield None  # for dlt to go on with another one
                    continue
                try:
                    item = next(items)
                except StopIteration:
                    return
                except Exception as error:
                    self._isolation.fail(self._name, error, between_pages=True)
                    break
                yield self._seen(item)
        finally:
            if isinstance(items, Generator):
                items.close()

    def _attempt(self, produce: Callable[[], Any]) -> Any:
        if not self._isolation.may_go_on(self._name):
            return None
        try:
            made = produce()
        except Exception as error:
            self._isolation.fail(self._name, error, between_pages=False)
            return None
        if isinstance(made, Iterator):
            return self.pages(made)
        return self._seen(made)

    def _seen(self, item: Any) -> Any:
        if isinstance(item, PageData):  # and not what is known without a request
            self._isolation.answered()
        return item


def _as_it_is(item: Any, meta: Any = None) -> Any:  # noqa: ARG001 - dlt's signature
    return item
