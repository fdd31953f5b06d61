"""How the answers to each resource are read: by its file, and by what else looks at a page."""

from collections.abc import Mapping, Sequence

from restsrc_dagster.connector.configuration.paginators import REGISTERED
from restsrc_dagster.connector.resources.format import format_object, format_problems
from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.syntax.fields import plain_path
from restsrc_dagster.extract.formats.answer_format import AnswerFormat


def answer_formats(
    resources: Resources, reading: Mapping[str, ResourceReading]
) -> Mapping[str, AnswerFormat]:
    """By the name of each resource."""
    return {name: _of(name, resources, reading.get(name)) for name in resources}


def _of(name: str, resources: Resources, said: ResourceReading | None) -> AnswerFormat:
    return AnswerFormat(
        said=format_object(said.format) if said is not None else None,
        compression=said.compression if said is not None else None,
        path=_path(name, resources),
        in_pieces=_in_pieces(name, resources, said),
        is_waited_for=said is not None and said.wait_until is not None,
        not_as={
            kind: message
            for kind in ("csv", "jsonl")
            for _, message in format_problems({"format": kind}, name, resources)
        },
    )


def _path(name: str, resources: Resources) -> Sequence[str] | None:
    """Where the list of records is in a JSON document; None where it takes the whole to tell."""
    selector = resources[name].endpoint.get("data_selector")
    if selector in (None, "$"):
        return ()
    if resources.paginator_kind(name).next_page == "guessed":
        return None  # by what stands beside the records
    return plain_path(selector)


def _in_pieces(name: str, resources: Resources, said: ResourceReading | None) -> bool:
    """Whether nobody has to see all records of a page at once.

    An offset goes on by them, a rule of the person's own may ask for them, and so may a class of a
    paginator that was registered.
    """
    if said is not None and (said.last_page is not None or said.wait_until is not None):
        return False
    kind = resources.paginator_kind(name)
    if kind.next_page == "record number" or kind is REGISTERED:
        return False
    actions = resources[name].endpoint.get("response_actions") or ()
    return not any(action.get("content") for action in actions)
