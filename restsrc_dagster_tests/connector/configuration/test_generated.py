"""Configurations that nobody thought of: the models and dlt agree, named refusals apart."""

import re
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.lint import lint
from restsrc_dagster_tests.connector.configuration.tables import (
    URL,
    VALID,
    Configuration,
    problems,
    validate_with_dlt,
)
from restsrc_dagster_tests.support.connectors import content

REFUSALS = {
    "an auth that no request uses, or whose secret is no text": r"\bauth\.\w+: ",
    "a bool that Python takes for a number": r": is (true|false), not (a whole number|a number|t)",
    "empty text where a name or a path is needed": r": is empty",
    "a number that no API can mean": r": is not [≥≤>] ",
    "columns, which dlt checks when it loads": r"\.columns\b.*: ",
    "params, of which dlt only looks at the type": r"\.params\.[^:]*: ",
    "response actions that do nothing, or fail at the first answer": r"response_actions\[\d+\]",
    "references, which dlt does not check": r"references\[\d+\]",
    "null where dlt fails later, or stops in silence": (
        r"(method|base_page|offset|links_next_key|cursor_key|cursor_param|last_value_func"
        r"|range_start|range_end|selected|json|path|session|location): is null"
    ),
    "a start or an end that is no cursor's value": r"(initial|end)_value: ",
    "a cursor without its place": r"cursor_path: required",
    "Python in a file": r"takes (a )?Python",
    "an option that dlt ignores": r"(limit|next_url_path|zzz|\w+): unknown key; allowed are type$",
    "a header that is no text": r"endpoint\.headers\.[^:]*: is (a|true|false|an)\b",
    "a selector that fails at the first page": r"data_selector: is not a JSONPath",
    "a strategy without merge": r"write_disposition\.\w+: unknown key; it belongs in a merge$",
    "merge that would append": r"merge needs a primary_key or a merge_key",
    "a group that is deleted when a part of it comes": r"merge_key: all rows of a group",
    "two bodies, two cursors": r" exclude each other",
    "no resources": r"resources: is empty",
    "an address without a host": r"base_url: (must start|is empty)",
    "names that dlt takes and a table or Dagster does not": (
        r"name: .*(become the table|begins or ends with|begins with _dlt)"
    ),
    "names of scd2 that are not two": r"validity_column_names: has",
    "a reference in a name": r"takes no \$\{…\} reference|has a \$\{ that begins no reference",
    "processing steps, which dlt never sees": r"\bprocessing_steps\b",
    "a start that is no time, where it is to be sent as one": r"_value: is (no point|also the)",
    "a default that dlt never reaches": r"^resource_defaults\.",
    "a placeholder that reaches into Python": r"is not a placeholder",
    "a cursor's value without a cursor": r"needs endpoint\.incremental",
}
"""What dlt takes and we refuse; `test_refusals.py` has a test of each."""

ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, "", "x", "a b", " a", "{x}", "{", "a[", [], [1], ["a"], {},
    {"type": "x"}, {"a": 1}, [[]], "merge", "incremental",
]  # fmt: skip
KEYS = sorted(
    {
        *re.findall(r"'(\w+)': ", str(list(VALID.values()))),
        "zzz",
        "session",
        "transform",
    }
)
ENDPOINTS: list[dict[str, Any]] = [
    item["endpoint"]
    for configuration in VALID.values()
    for item in configuration["resources"]
    if isinstance(item, dict) and isinstance(item.get("endpoint"), dict)
]
HINTS = [
    {key: value for key, value in item.items() if key not in ("name", "endpoint")}
    for configuration in VALID.values()
    for item in configuration["resources"]
    if isinstance(item, dict)
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything below `value`."""
    found: list[tuple[Any, Any]] = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        found += places(item) if isinstance(item, (dict, list)) else []
    return found


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Pieces of valid configurations in a new order, with up to two mistakes."""
    names = ["items", "parts", "users"][: draw(st.integers(1, 3))]
    drawn: Configuration = {
        "client": {
            "base_url": URL,
            **draw(st.sampled_from(list(VALID.values())))["client"],
        },
        "resources": [
            {
                "name": name,
                "endpoint": draw(st.sampled_from(ENDPOINTS)) | draw(st.sampled_from(ENDPOINTS)),
                **draw(st.sampled_from(HINTS)),
            }
            for name in names
        ],
    }
    if draw(st.booleans()):
        drawn["resource_defaults"] = draw(st.sampled_from(HINTS)) | {
            "endpoint": draw(st.sampled_from(ENDPOINTS))
        }
    drawn = deepcopy(drawn)
    for _ in range(draw(st.integers(0, 2))):
        container, key = draw(st.sampled_from(places(drawn)))
        match draw(st.sampled_from(["replace", "remove", "add", "rename"])):
            case "replace":
                container[key] = draw(st.sampled_from(ODD))
            case "remove":
                del container[key]
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(KEYS))] = draw(st.sampled_from(ODD))
            case "rename" if isinstance(container, dict):
                container[draw(st.sampled_from(KEYS))] = container.pop(key)
            case _:
                pass
        if not places(drawn):
            break
    return drawn


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(configurations())
def test_the_models_and_dlt_agree(configuration: Configuration) -> None:
    before = deepcopy(configuration)
    found, refusal = problems(configuration), validate_with_dlt(configuration)
    if not found:
        whole = {**content(), "configuration": configuration}
        assert isinstance(lint(check_content("acme", whole, file="acme.json")), list)
    assert configuration == before
    if refusal is not None:
        assert found, refusal
    elif configuration.get("resources"):  # without any, dlt looks at nothing else
        for told in found:
            assert any(re.search(pattern, told) for pattern in REFUSALS.values()), told
