"""Writing resources into the text of a connector file, and nothing else."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

from restsrc_dagster.connector.files.parse import compose, parse_text

WIDTH = 120


def with_resources(text: str, resources: Sequence[dict[str, Any]], *, is_json: bool) -> str:
    """`text` with `resources` behind those that it has; everything else stays, to the letter.

    Args:
        text: a whole connector file, in JSON or YAML, with at least one resource.

    Raises:
        ValueError: it is written so that no place for them is found.
    """
    wanted = parse_text(text, is_json=is_json)
    wanted["configuration"]["resources"] += resources
    try:
        listed = _listed(compose(text))
        written = _in_flow if listed.flow_style else _in_block
        made = written(text, listed, resources)
        fits = parse_text(made, is_json=is_json) == wanted
    except (ValueError, LookupError, yaml.YAMLError):
        fits = False
    if not fits:
        raise ValueError("no place for them is found in its text")
    return made


def _listed(node: yaml.Node | None) -> yaml.SequenceNode:
    for wanted in ("configuration", "resources"):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == wanted), None)
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise LookupError("resources")
    return node


def _in_flow(text: str, listed: yaml.SequenceNode, resources: Sequence[dict[str, Any]]) -> str:
    first, last = listed.value[0], listed.value[-1]
    between = text[listed.start_mark.index + 1 : first.start_mark.index]
    on_lines = "\n" in between
    texts = []
    for one in resources:
        plain = json.dumps(one, indent=2 if on_lines else None, ensure_ascii=False)
        texts.append(plain.replace("\n", "\n" + " " * first.start_mark.column))
    space = between if on_lines else " "
    at = last.end_mark.index
    return text[:at] + "".join(f",{space}{one}" for one in texts) + text[at:]


def _in_block(text: str, listed: yaml.SequenceNode, resources: Sequence[dict[str, Any]]) -> str:
    indent = " " * listed.start_mark.column
    lines = []
    for one in resources:
        block = yaml.safe_dump([one], sort_keys=False, allow_unicode=True, width=WIDTH)
        lines += [indent + line for line in block.splitlines()]
    end = len(text[: listed.value[-1].end_mark.index].rstrip())
    following = text.find("\n", end)
    at = len(text) if following < 0 else following
    return text[:at] + "".join(f"\n{line}" for line in lines) + text[at:]
