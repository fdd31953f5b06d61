"""The US census, `GET /data/2021/acs/acs5?get=NAME,B01001_001E&for=state:*`.

The answer is a list of lists: a header, then the rows, all of them texts. An unknown variable is
400 with a text; a key that is not valid is a page of HTML, with status 200.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Answer, Asked

_INVALID = b"<html><head><title>Invalid Key</title></head><body>A valid key must be included</body>"


class Census(Mock):
    host = "api.census.gov"
    environment: ClassVar = {"CENSUS_KEY": "k"}
    requests = (1, 1)
    refusals: ClassVar = {
        "an unknown variable": (
            lambda content: endpoint(content)["params"].update(get="NAME,B99"),
            "error: unknown variable",
        ),
    }

    def __init__(self) -> None:
        self._held = [["Maine", "1357046", "23"], ["Ohio", "11769923", "39"]]

    def later(self) -> None:
        self._held[0][1] = "1357047"
        self._held.append(["Utah", "3231370", "49"])

    def tables(self) -> Mapping[str, Rows]:
        return {
            "states: state, name, population": sorted(
                (state, name, int(people)) for name, people, state in self._held
            )
        }

    def __call__(self, asked: Asked) -> Any:
        if asked.params.get("key") != "k":
            return Answer(_INVALID, headers={"Content-Type": "text/html"})
        for name in asked.params["get"].split(","):
            if name not in ("NAME", "B01001_001E"):
                told = f"error: unknown variable '{name}'".encode()
                return Answer(told, status=400, headers={"Content-Type": "text/plain"})
        return [["NAME", "B01001_001E", "state"], *self._held]
