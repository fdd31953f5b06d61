"""What pages with numbers share: something has to say which one is the last."""

from typing import Any

from pydantic import Field

from restsrc_dagster.connector.configuration.part import JsonPath, Part, config_error


def never_ends(maximum: str) -> dict[str, Any]:
    """JSON Schema: nothing says which page is the last one."""
    nothing = {"enum": [None, False]}
    return {
        "required": ["total_path", "stop_after_empty_page"],
        "properties": dict.fromkeys(
            ("total_path", maximum, "has_more_path", "stop_after_empty_page"), nothing
        ),
    }


class Counted(Part):
    """Pages that can be counted; something has to say which one is the last."""

    total_path: JsonPath | None = Field("total", description="Where the answer has the total.")
    stop_after_empty_page: bool | None = Field(True, description="An empty page is the last.")
    has_more_path: JsonPath | None = Field(
        None, description="Where the answer says whether there is more."
    )

    def must_end(self, maximum: str) -> None:
        ends = ("total_path", maximum, "has_more_path", "stop_after_empty_page")
        if all(getattr(self, key) in (None, False) for key in ends):
            raise config_error(f"never ends: one of {', '.join(ends)} must be given")
