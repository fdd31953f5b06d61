"""From the text of a document to plain values. Others wrote it, so YAML is read as they meant it.

A connector file is read strictly (`connector/files/parse.py`). Here keys may be numbers, as
statuses are, may stand twice, and may be merged with `<<`.
"""

import json
import re
from collections.abc import Hashable
from typing import Any

import yaml

from restsrc_dagster.connector.files.parse import JsonLikeLoader

try:  # ten times as fast; documents have megabytes
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_MERGE = "tag:yaml.org,2002:merge"


class _DocumentLoader(_Loader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - a class attribute of the base
        **JsonLikeLoader.yaml_implicit_resolvers,
        "<": [(_MERGE, re.compile("<<"))],
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


def parse_document(text: str) -> dict[str, Any]:
    """The object that a document in JSON or YAML holds.

    Raises:
        ValueError: in plain words; texts of the document are not repeated.
    """
    text = text.removeprefix("\ufeff")
    try:
        content = json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except json.JSONDecodeError as error:
        try:
            content = _yaml(text)  # YAML may begin with a brace, too
        except ValueError:
            where = f"line {error.lineno}, column {error.colno}"
            raise ValueError(f"{where}: {error.msg}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("holds no object at its top level")
    return content


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_DocumentLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}is not YAML") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"is not YAML: {type(error).__name__}") from None


def mapping(value: Any) -> dict[str, Any]:
    """`value` where it is an object; documents made by hand have anything anywhere."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """`value` where it is a list."""
    return value if isinstance(value, list) else []
