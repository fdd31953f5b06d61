"""What there is to know of a kind of paginator, beside the class that turns its pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from restsrc_dagster.connector.configuration.kind import names_of
from restsrc_dagster.connector.configuration.part import Part

NextPage = Literal["guessed", "none", "linked", "page number", "record number"]
"""How the next page is found: dlt guesses how; there is none; each page names the next one; pages
are counted; the records before it are counted."""


@dataclass(frozen=True, kw_only=True)
class PaginatorKind:
    """One kind of paginator: a line of `PAGINATORS`.

    The docstring of `model` describes it to a person. How dlt's class is ours to read with is told
    by `extract.paging.kinds`, under the same names.

    Attributes:
        model: its options; the words of its `type` are its names.
        next_page: how the next page is found.
        params: the options that name query parameters, and what each is if it names none.
        least: an example of the options that it cannot do without.
        start: where pages are counted, the option with the number of the first that is asked for.
        maximum: where pages are counted, the option with the first number that is not asked for.
    """

    model: type[Part]
    next_page: NextPage
    params: Mapping[str, str] = field(default_factory=dict)
    least: Mapping[str, Any] = field(default_factory=dict)
    start: str = ""
    maximum: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The first is the one to write."""
        return names_of(self.model)

    @property
    def is_counted(self) -> bool:
        """Whether pages have numbers, so that a list can be gone on with at one of them."""
        return self.next_page in ("page number", "record number")

    @property
    def may_be_counted(self) -> bool:
        """Whether they may have, as is found in an answer."""
        return self.is_counted or self.next_page == "guessed"

    @property
    def paths(self) -> tuple[str, ...]:
        """The options that are paths in the answer."""
        options = self.model.model_fields
        return tuple(
            key for key in options if key.endswith("_path") and not key.endswith("_body_path")
        )

    def sent(self, options: Mapping[str, Any]) -> dict[str, str]:
        """By option, the query parameters that a paginator with these options sends."""
        return {
            option: options.get(option) or default
            for option, default in self.params.items()
            if options.get(option.replace("_param", "_body_path")) is None
        }
