"""The envelope around the fields of a record, by its schema: what the records will look like."""

from typing import Any

from restsrc_dagster.scaffold.flattening import Flattening, flattening
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.schema import Schema

_DEPTH = 5


def envelope_of(document: Document, item: Schema) -> Flattening | None:
    """What takes it off; None where the fields of a record are its own."""
    record = _shown(document, item, _DEPTH)
    return flattening([record]) if isinstance(record, dict) else None


def fields_of(document: Document, item: Schema, envelope: Flattening | None) -> Schema:
    """The schema of the fields as they are behind the steps, as far as an envelope hides it."""
    if envelope is None or envelope.fields_at is None:
        return item
    return document.schema(item.properties.get(envelope.fields_at))


def _shown(document: Document, schema: Schema, depth: int) -> Any:
    """A value of that schema, with the document's examples where it has some."""
    if depth and schema.is_list:
        return [_shown(document, document.schema(schema.items), depth - 1)]
    if depth and schema.properties:
        return {
            key: _shown(document, document.schema(raw), depth - 1)
            for key, raw in schema.properties.items()
        }
    if schema.is_object or schema.is_list:
        return {} if schema.is_object else []
    shown = [*schema.examples, *schema.choices, schema.keywords.get("default")]
    return next((one for one in shown if one is not None), _PLAIN.get(next(iter(schema.types), "")))


_PLAIN = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}
