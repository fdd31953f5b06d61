"""Asking parents for their children: each parent once, and known to each page that it gives."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.parents.binding import Binding, BoundParent, CursorValue
from restsrc_dagster.extract.parents.childless import ParentsWithoutChildren
from restsrc_dagster.extract.parents.family import FamilyPages
from restsrc_dagster.extract.step_order import StepOrder


class BindParents(ItemTransform[Any, Any]):
    """Before a child's requests: its parents, bound, each once.

    Args:
        binding: of the child.
        asked: keys of the parents that were asked already.
        cursor: gives the start of the child's own cursor; None where it has none.
        family: of the topmost list.
    """

    placement_affinity = StepOrder.BIND_PARENTS

    def __init__(
        self,
        binding: Binding,
        asked: set[str],
        cursor: CursorValue | None,
        family: FamilyPages,
    ) -> None:
        super().__init__(lambda item: item)
        self._binding = binding
        self._asked = asked
        self._cursor = cursor
        self._family = family

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The parents to be asked; raises ReadError where a value cannot be sent."""
        page = getattr(item, "page", 0)
        parents = list(self._new(item if isinstance(item, list) else [item], page))
        if not parents:
            self._family.through(page)
        return parents or None

    def _new(self, records: list[Any], page: int) -> Iterator[BoundParent]:
        for record in records:
            parent = self._binding.bound(record, self._cursor)
            if parent.key not in self._asked:
                self._asked.add(parent.key)
                parent.page = page
                yield parent


class TagWithParent(ItemTransform[Any, Any]):
    """Lets each page of a child know its parent; behind what looks ahead, which knows dlt's own
    generators only.

    Args:
        backlog: counts the parents that wait.
        family: of the topmost list.
        below: what is told of each parent whose children are read.
        binding: of the child.
    """

    placement_affinity = StepOrder.TAG_WITH_PARENT

    def __init__(
        self,
        backlog: Backlog,
        family: FamilyPages,
        below: Sequence[ParentsWithoutChildren],
        binding: Binding,
    ) -> None:
        super().__init__(lambda item: item)
        self._binding = binding
        self._backlog = backlog
        self._family = family
        self._below = below

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        """Of the pipe that is about to be read, once."""
        if pipe.has_parent:
            place = next(n for n, step in enumerate(pipe.steps) if not _is_transform(step))
            pipe.steps[place] = _Asking(
                self._binding, pipe.steps[place], self._backlog, self._family, self._below
            )
        return _PassThrough(lambda item: item)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        return item


class _PassThrough(ItemTransform[Any, Any]):
    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        return item


class _Asking:
    """In place of what asks for the children of a page of parents."""

    def __init__(
        self,
        binding: Binding,
        ask: Callable[..., Any],
        backlog: Backlog,
        family: FamilyPages,
        below: Sequence[ParentsWithoutChildren],
    ) -> None:
        self._binding = binding
        self._child = binding.child.name
        self._ask = ask
        self._backlog = backlog
        self._family = family
        self._below = below

    def __call__(self, item: list[BoundParent], meta: Any = None) -> Any:
        pages = self._ask(item, meta=meta)
        self._backlog.add(self._child, len(item))
        return self._of_parents(pages, item)

    def _of_parents(self, pages: Any, parents: list[BoundParent]) -> Iterator[Any]:
        """dlt's pages, each of which knows its parent.

        dlt's generator (`paginate_dependent_resource`) goes through the parents one by one.
        """
        waiting = iter(parents)
        at: BoundParent | None = None
        left = len(parents)
        try:
            for page in pages:
                page.parent = pages.gi_frame.f_locals["item"]
                while at is None or at is not page.parent:
                    if at is not None:
                        left -= self._ended(at)
                    at = next(waiting)
                    self._family.begin(self._child, at)
                self._binding.refuse_overwritten(page, at)
                yield page
            for parent in (*([at] if at is not None else []), *waiting):
                self._family.begin(self._child, parent)
                left -= self._ended(parent)
            self._family.through(parents[0].page)
        finally:
            pages.close()
            self._backlog.add(self._child, -left)

    def _ended(self, parent: BoundParent) -> int:
        """A parent's list is at its end."""
        self._backlog.add(self._child, -1)
        for one in self._below:
            one.asked(parent)
        return 1


def _is_transform(step: Any) -> bool:
    return isinstance(step, ItemTransform)
