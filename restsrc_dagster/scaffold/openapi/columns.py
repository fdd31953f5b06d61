"""What the fields of a record are, in words: descriptions of columns."""

import re
from typing import Any

from restsrc_dagster.connector.visible import visible, without_markup
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.schema import SCALARS, Schema
from restsrc_dagster.scaffold.words import singular, words

LONGEST = 200
"""Characters; what is longer belongs in the API's own documentation."""
_SENTENCE = re.compile(r"(.+?[.!?])(?=\s+[^a-z]|$)")
_SAYS_NOTHING = frozenset({"a", "an", "the", "of", "this", "that", "its", "is"})


def described_columns(document: Document, item: Schema) -> dict[str, dict[str, Any]]:
    """dlt's hints of the columns that the document describes: the first sentence of each.

    Dagster's pages show it as Markdown; of the document's own, no link and no picture is left.
    Not of those that say the name alone, nor of what becomes a table or several columns.
    """
    found = {}
    for key, raw in item.properties.items():
        field = document.schema(raw)
        sentence = _first_sentence(field.description)
        if field.types <= SCALARS and sentence and not _is_name(sentence, key):
            found[key] = {"description": sentence}
    return found


def _first_sentence(text: str) -> str:
    text = without_markup(visible(" ".join(text.split())))
    match = _SENTENCE.match(text)
    sentence = match[1] if match else text
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1].rstrip()}…"


def _is_name(sentence: str, key: str) -> bool:
    named = {singular(word) for word in words(key)}
    return {singular(word) for word in words(sentence)} <= named | _SAYS_NOTHING
