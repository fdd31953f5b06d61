"""Elements that are records, read by expat as they come.

A record has a field for each attribute and each child; an element of nothing but text is that text,
one of nothing at all is null. No entity is resolved but the five of XML itself, and nothing from
outside: a document with a DOCTYPE that declares any is refused.
"""

import codecs
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO
from xml.parsers import expat

from restsrc_dagster.connector.resources.format import XmlFormat
from restsrc_dagster.extract.formats.broken import Broken
from restsrc_dagster.extract.formats.json_windows import MOST_BESIDE
from restsrc_dagster.extract.formats.piece import Pieces, Records
from restsrc_dagster.extract.formats.text import not_text
from restsrc_dagster.extract.response import sizes

TEXT = "#text"
_READ = 1 << 18
_NAMES = 10_000
"""Of elements that are kept; a document has few."""
_ELEMENT = 100
"""Bytes that one takes in memory beside what is in it, at least."""
_DEEPEST = 240
"""Levels of elements; what is deeper could not be written into a table."""
_CUT = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    }
)


class XmlElements:
    """One document.

    Attributes:
        body: all of it but the records, as an object; whole when all records were read.
    """

    def __init__(self, said: XmlFormat, charset: str | None) -> None:
        self.body: dict[str, Any] = {}
        self._said = said
        self._path = said.record.split("/")
        self._drops = said.namespaces == "drop"
        self._lists = frozenset(said.lists)
        self._open: list[_Element] = []
        self._names: dict[str, str] = {}
        self._records: Records = []
        self._within = 0
        """Levels below the element of a record, that one included; 0 outside of any."""
        self._beside = 0
        self._has_parent = False
        """Whether the element was there that records are in."""
        encoding = said.encoding or charset
        self._decode = codecs.getincrementaldecoder(encoding)().decode if encoding else None
        self._parser = expat.ParserCreate("utf-8" if encoding else None)
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_entity

    def pieces(self, stream: BinaryIO) -> Pieces:
        """The records of a file, piece by piece; raises Broken."""
        read = 0
        while True:
            content = stream.read(_READ)
            self._feed(content)
            read += len(content)
            if self._records and (read >= sizes.PIECE or not content):
                piece, self._records, read = self._records, [], 0
                if not content:
                    self._put_into_body(piece)
                yield piece
            elif not content and self._has_parent:
                self._put_into_body([])
            if not content:
                return

    def _put_into_body(self, records: Records) -> None:
        """Where they were in it: what is beside them is about them."""
        holder = self.body
        for name in self._path[:-1]:
            if not isinstance(holder.get(name), dict):
                holder[name] = {}
            holder = holder[name]
        holder[self._path[-1]] = records

    def _feed(self, content: bytes) -> None:
        try:
            text = self._decode(content, not content).encode() if self._decode else content
            self._parser.Parse(text, not content)
        except UnicodeDecodeError as error:
            raise not_text(error) from None
        except ValueError as error:  # of an encoding that only the document names
            raise Broken(f"is XML of which the encoding is to be named: {error}") from None
        except expat.ExpatError as error:
            raise Broken(
                f"is no XML at line {error.lineno}: {expat.ErrorString(error.code)}",
                is_cut=error.code in _CUT and not content,
            ) from None

    def _refuse_entity(self, *_: Any) -> None:
        raise Broken("is XML that declares entities, which are not read")

    def _start(self, name: str, attributes: list[str]) -> None:
        """Most elements are within a record, where no path is looked at."""
        name = self._names.get(name) or self._named(name)
        if not self._within:
            self._start_beside(name, attributes)
        else:
            self._within += 1
        if len(self._open) >= _DEEPEST:
            raise Broken(f"is XML of more than {_DEEPEST} levels, which cannot be loaded")
        self._open.append(_Element(name, self._fields(attributes) if attributes else {}))

    def _start_beside(self, name: str, attributes: list[str]) -> None:
        """What begins is a record, or beside them."""
        if not self._open and name != self._path[0]:
            raise Broken(
                f"is XML whose outermost element is {name!r}, where the format's record has "
                f"{self._path[0]!r}"
            )
        self._has_parent = self._has_parent or self._is_at(self._path[:-1], name)
        if self._is_at(self._path, name):
            self._within = 1
        else:
            self._add_beside(_ELEMENT + sum(map(len, attributes)))

    def _is_at(self, path: Sequence[str], name: str) -> bool:
        """Whether an element that begins is at the end of a path."""
        return (
            len(self._open) == len(path) - 1
            and name == path[-1]
            and all(one.name == part for one, part in zip(self._open, path, strict=False))
        )

    def _fields(self, attributes: list[str]) -> dict[str, Any]:
        found = {}
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if name != "xmlns" and not name.startswith("xmlns:"):
                found[self._said.attributes + self._named(name)] = value
        return found

    def _named(self, name: str) -> str:
        named = name.rpartition(":")[2] if self._drops else name
        if len(self._names) < _NAMES:
            self._names[name] = named
        return named

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)
        if not self._within:
            self._add_beside(len(text))

    def _add_beside(self, size: int) -> None:
        """What is beside the records is in memory until the end of the document."""
        self._beside += size
        if self._beside > MOST_BESIDE:
            raise Broken(f"has more than {MOST_BESIDE // 1_000_000} MB beside its records")

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if element.fields or element.has_children:
            value = element.value(self._said.attributes)
        else:  # as most are
            text = element.text
            value = text[0] if len(text) == 1 else "".join(text)
            value = value if value and not value.isspace() else None
        if self._within > 1:
            self._within -= 1
            parent = self._open[-1]
            if element.name in parent.fields or element.name in self._lists:
                self._put(parent, element.name, value)
            else:
                parent.fields[element.name] = value
                parent.has_children = True
            return
        if self._within:
            self._records.append(value if isinstance(value, dict) else {TEXT: value})
        elif self._open:
            self._put(self._open[-1], element.name, value)
        else:
            self.body = {element.name: value}
        self._within = 0

    def _put(self, parent: "_Element", name: str, value: Any) -> None:
        """A child that comes again is a list where the person has said so, and outside of records,
        where nobody knows."""
        fields, parent.has_children = parent.fields, True
        if name in self._lists and self._within:
            fields.setdefault(name, []).append(value)
        elif name not in fields:
            fields[name] = value
        elif self._within:
            raise Broken(
                f"has a record in which the element {name!r} comes several times within "
                f"{parent.name!r}, or beside an attribute of that name: name it in the format's "
                f'lists, "lists": ["{name}"], so that it is a list in every record'
            )
        else:
            parent.repeated = {} if parent.repeated is None else parent.repeated
            parent.repeated.setdefault(name, [fields[name]]).append(value)
            fields[name] = parent.repeated[name]


class _Element:
    """An element that is open."""

    __slots__ = ("fields", "has_children", "name", "repeated", "text")

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.name = name
        self.fields = fields
        self.text: list[str] = []
        self.has_children = False
        self.repeated: dict[str, list[Any]] | None = None

    def value(self, prefix: str) -> Any:
        """What it is in JSON, where it is no text alone."""
        text = "".join(self.text)
        text = text.strip() if self.has_children else text if text.strip() else ""
        if _is_nil(self.fields, prefix):
            return None
        if text:
            self.fields[TEXT] = text
        return self.fields


def _is_nil(fields: Mapping[str, Any], prefix: str) -> bool:
    """Whether the only attribute is `xsi:nil`."""
    return len(fields) == 1 and any(
        fields.get(f"{prefix}{name}") in ("true", "1") for name in ("nil", "xsi:nil")
    )
