"""`reading.<resource>.format` and `compression`: what an answer is, where its header does not say.

A format is named by a word, or is an object with its options.
"""

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from restsrc_dagster.connector.configuration.part import (
    Choice,
    Name,
    Part,
    StandIn,
    config_error,
)
from restsrc_dagster.connector.resources.resources import Resources

Compression = Literal["none", "gzip", "zip", "zstd"]
FormatName = Literal["json", "jsonl", "csv", "xml", "text"]
NAMES: Mapping[FormatName, str] = {
    "json": "JSON",
    "jsonl": "JSON lines",
    "csv": "CSV",
    "xml": "XML",
    "text": "lines of text",
}
"""What a person calls them."""
_NAMES: tuple[str, ...] = get_args(FormatName)
_XML_AT_LEAST = {"type": "xml", "record": "items/item"}


def _character(text: str) -> str:
    if len(text) != 1:
        raise ValueError(f"{text!r} is not one character, such as ; or \\t")
    return text


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(
            f"{name!r} is no encoding that Python knows, such as utf-8, latin-1 or utf-16"
        ) from None


def _record(path: str) -> str:
    names = path.split("/")
    if len(names) < 2 or not all(names):
        raise ValueError(
            f"{path!r} is no path of elements from the outermost one to that of a record, such as "
            "items/item"
        )
    return path


def _name(name: str) -> str:
    if name == "xml":
        raise config_error(
            f"needs the element of a record; write {json.dumps(_XML_AT_LEAST)}, with the path from "
            "the outermost element"
        )
    return name


Character = Annotated[str, AfterValidator(_character), StandIn(",")]
Encoding = Annotated[str, AfterValidator(_encoding), StandIn("utf-8")]
_ENCODING = "Python's name of the encoding; by default what a byte order mark or the header says, "


class JsonFormat(Part):
    """One JSON document."""

    type: Literal["json"] = Field(description="json.")


class JsonLinesFormat(Part):
    """A JSON value in each line, which is a record."""

    type: Literal["jsonl"] = Field(description="jsonl.")


class CsvFormat(Part):
    """A table as text: a record in each row, whose values are texts."""

    type: Literal["csv"] = Field(description="csv.")
    delimiter: Character = Field(",", description="What stands between two values.")
    header: bool = Field(True, description="Whether the first row has the names of the columns.")
    names: list[Name] | None = Field(
        None, description="The names of the columns, in place of those of a header."
    )
    skip: int = Field(0, ge=0, description="Lines before the header, or the first row, to pass by.")
    quote: Character | None = Field(
        '"',
        description="What stands around a value that has a delimiter or a line end in it, doubled "
        "within; null if nothing does.",
    )
    escape: Character | None = Field(
        None, description="What stands before a quote within a value, if it is not doubled."
    )
    empty: Literal["null", "text"] = Field(
        "null", description="What a value of no characters is: null, or a text without any."
    )
    encoding: Encoding | None = Field(None, description=f"{_ENCODING}else utf-8.")

    @model_validator(mode="after")
    def _whose_names(self) -> "CsvFormat":
        if not self.header and self.names is None:
            raise config_error("required where there is no header", at="names")
        if self.names is not None and len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise config_error(f"{twice!r} is there twice", at="names")
        if self.delimiter in (self.quote, self.escape):
            raise config_error("is the quote or the escape, too", at="delimiter")
        return self


class XmlFormat(Part):
    """Elements as records: their children and attributes are the fields."""

    type: Literal["xml"] = Field(description="xml.")
    record: Annotated[str, AfterValidator(_record), StandIn("items/item")] = Field(
        description="The path of elements from the outermost one to that of a record, such as "
        "items/item."
    )
    attributes: str = Field("@", description="What stands before the name of an attribute.")
    lists: list[Name] = Field(
        default_factory=list,
        description="Elements within a record that may come several times: each is a list, also "
        "where it comes once.",
    )
    namespaces: Literal["drop", "keep"] = Field(
        "drop", description="Whether names keep their prefix: item, or atom:item."
    )
    encoding: Encoding | None = Field(None, description=f"{_ENCODING}or the document itself.")


class TextFormat(Part):
    """Lines: each is a record with one field, value."""

    type: Literal["text"] = Field(description="text.")
    encoding: Encoding | None = Field(None, description=f"{_ENCODING}else utf-8.")


FormatObject = JsonFormat | JsonLinesFormat | CsvFormat | XmlFormat | TextFormat


def _tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "<name>"
    kind = value.get("type") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) else None


Format = Annotated[
    Annotated[FormatName, AfterValidator(_name), Tag("<name>")]
    | Annotated[JsonFormat, Tag("<json>")]
    | Annotated[JsonLinesFormat, Tag("<jsonl>")]
    | Annotated[CsvFormat, Tag("<csv>")]
    | Annotated[XmlFormat, Tag("<xml>")]
    | Annotated[TextFormat, Tag("<text>")],
    Discriminator(_tag),
    Choice("the name of a format, or an object with a type", key="type", allowed=_NAMES),
]
_BY_NAME: Mapping[str, FormatObject] = {
    "json": JsonFormat(type="json"),
    "jsonl": JsonLinesFormat(type="jsonl"),
    "csv": CsvFormat(type="csv"),
    "text": TextFormat(type="text"),
}


def format_object(written: Any) -> FormatObject | None:
    """A format that was checked, with all its options; None for none."""
    return _BY_NAME[written] if isinstance(written, str) else written


def format_problems(
    said: Mapping[str, Any], name: str, resources: Resources
) -> Iterator[tuple[str, str]]:
    """(key, message) of what does not go together with the format that a resource names.

    Args:
        said: what stands under `reading.<name>`.
    """
    written = said.get("format")
    kind = written if isinstance(written, str) else None
    if isinstance(written, Mapping):
        kind = written.get("type")
    if kind not in _NAMES or kind == "json":
        return
    selector = resources[name].endpoint.get("data_selector")
    if selector not in (None, "$"):
        cure = "`record` names the element" if kind == "xml" else "each line is a record"
        yield "format", f"{kind} takes no data_selector ({selector!r}): {cure}; remove it"
    if kind == "xml":
        return
    paginator, options = resources.paginator_kind(name), resources.named_paginator(name)
    for option in paginator.paths:
        default = paginator.model.model_fields[option].default
        if (path := options.get(option, default)) is not None:
            cure = (
                'set it to null, and say where the list ends by "stop_after_empty_page": true'
                if paginator.is_counted
                else "name a paginator that looks in the headers: header_link or header_cursor"
            )
            yield (
                "format",
                f"{kind} has nothing but records, and the paginator's {option} ({str(path)!r}) "
                f"looks beside them; {cure}",
            )
