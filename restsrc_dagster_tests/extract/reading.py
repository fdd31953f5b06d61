"""Reading a connector as a run does: up to the records, or into tables."""

from collections.abc import Mapping
from typing import Any

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked

RECORDS = [{"id": number} for number in range(1, 8)]


def read(connector: Connector, environment: Mapping[str, str] | None = None) -> list[Any]:
    """Every record of every resource, in the order of arrival."""
    return read_with_traffic(connector, environment)[0]


def read_with_traffic(
    connector: Connector, environment: Mapping[str, str] | None = None
) -> tuple[list[Any], Reading]:
    with open_reading(connector, environment or {}) as reading:
        return list(reading.source), reading


def load_all(
    connector: Connector, settings: Settings, environment: Mapping[str, str] | None = None
) -> LoadReport:
    """Load what a connector names; raises the first reason of what fails."""
    order = LoadRequest(selection=frozenset(connector.resources))
    report = load(connector, order, settings=settings, environment=environment or {})
    for error in report.failed.values():
        raise error
    return report


def params(api: Api) -> list[Mapping[str, str]]:
    return [asked.params for asked in api.asked]


def bodies(api: Api) -> list[Any]:
    return [asked.json for asked in api.asked]


def seen(api: Api) -> str:
    """All that a server was ever told, as one text to search in."""
    return "\n".join(map(repr, api.asked))


def page(number: int, size: int = 3) -> list[dict[str, int]]:
    """The records of a page; the first page is number 0."""
    return RECORDS[number * size : (number + 1) * size]


def unauthorized(_: Asked) -> Answer:
    return Answer({"error": "who are you?"}, status=401)
