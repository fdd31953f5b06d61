"""`${NAME}` where no text does: what stands in for it, and what a run makes of its variable."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.schema import connector_schema
from restsrc_dagster.connector.secrets import Redactor, literal_secrets
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster.connector.syntax.variables import filled_expression
from restsrc_dagster.errors import ConnectorError, MissingVariable, WrongVariable
from restsrc_dagster.extract.records.expressions import searcher
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster_tests.support.connectors import connector, content, items

CURSOR = {"cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z", "start_param": "since"}
OFFSET = {
    "type": "offset", "limit": "${PAGE_SIZE:-100}", "maximum_offset": "${MAX}", "total_path": None,
}  # fmt: skip
SET = {"MAX": "500", "HOSTS": "a.acme.com, b.acme.com", "SIZE": "31 days", "MIN": "3"}


def written() -> dict[str, Any]:
    """A reference wherever something else than a text is wanted."""
    described = {
        **items(
            paginator={**OFFSET, "total_path": None}, incremental={**CURSOR, "lag": "${LAG:-5}"}
        ),
        "parallelized": "${SIDE_BY_SIDE:-true}",
        "processing_steps": [{"filter": "amount > `${MIN}` && at != '${NEVER:-}'"}],
    }
    return content(
        resources=[described],
        http={
            "max_concurrency": "${CONCURRENCY:-4}",
            "requests_per_second": "${RATE:-}",
            "allowed_hosts": "${HOSTS}",
        },
        reading={
            "items": {"window": {"size": "${SIZE}"}, "last_page": "body.end == `${END:-true}`"}
        },
    )  # fmt: skip


def read(file: dict[str, Any]) -> Connector:
    from restsrc_dagster.connector.files.folder import check_content

    return check_content("acme", file, file="acme.json")


def test_the_environment_gives_numbers_booleans_lists_and_times() -> None:
    made = in_environment(read(written()), SET | {"CONCURRENCY": "2", "RATE": "2.5"})
    endpoint = made.resources["items"].endpoint
    assert (endpoint["paginator"]["limit"], endpoint["paginator"]["maximum_offset"]) == (100, 500)
    assert (made.resources["items"].incremental or {})["lag"] == 5
    assert made.configuration["resources"][0]["parallelized"] is True
    assert (made.http.max_concurrency, made.http.requests_per_second) == (2, 2.5)
    assert made.http.allowed_hosts == ["a.acme.com", "b.acme.com"]
    assert made.reading["items"].window is not None
    assert made.reading["items"].window.size == "31 days"
    assert made.reading["items"].last_page == "body.end == `true`"
    assert made.resources.windows["items"].size == "31 days"
    assert in_environment(read(written()), SET).http.requests_per_second is None


def test_the_file_is_known_without_an_environment() -> None:
    file = written()
    made = read(file)
    assert made.http.max_concurrency == 4
    assert made.resources["items"].endpoint["paginator"]["limit"] == 100
    assert validate_with_dlt(made) is None
    assert not list(Draft202012Validator(connector_schema()).iter_errors(file))
    with pytest.raises(MissingVariable) as raised:
        in_environment(made, {})
    at = "configuration.resources[0].endpoint.paginator.maximum_offset"
    for name, place in (
        ("MAX", at), ("HOSTS", "http.allowed_hosts"), ("SIZE", "reading.items.window.size"),
    ):  # fmt: skip
        assert f"{name} is not set, but {place} wants it" in str(raised.value)
    assert in_environment(made, {}, as_far_as_set=True).http == made.http


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ({"PAGE_SIZE": "abc"}, 'PAGE_SIZE is "abc", which is no whole number, in configuration.'),
        ({"PAGE_SIZE": "1.5"}, 'PAGE_SIZE is "1.5", which is no whole number'),
        ({"PAGE_SIZE": "0"}, 'PAGE_SIZE is "0": 0 is not ≥ 1, in configuration.resources[0].'),
        ({"RATE": "fast"}, 'RATE is "fast", which is no number, in http.requests_per_second'),
        ({"MAX": ""}, 'MAX is "", which is no whole number'),
        ({"SIDE_BY_SIDE": "perhaps"}, 'is "perhaps", which is neither true nor false'),
        ({"SIZE": "1 moon"}, "SIZE is \"1 moon\": '1 moon' is no length of time"),
        ({"HOSTS": "a.com,http://"}, 'HOSTS is "a.com,http://": is no host, host:port or origin'),
    ],
)
def test_what_a_variable_holds_is_checked_like_what_a_file_says(
    variable: dict[str, str], told: str
) -> None:
    with pytest.raises(WrongVariable) as raised:
        in_environment(read(written()), SET | variable)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"http": {"max_concurrency": "${X:-abc}"}}, "max_concurrency: the default of X is no"),
        ({"http": {"max_concurrency": "${X:-0}"}}, "http.max_concurrency: 0 is not ≥ 1"),
        ({"http": {"max_pages": "${X:4}"}}, "http.max_pages: has a : behind the name"),
        ({"http": {"max_pages": "1${X}"}}, "http.max_pages: takes a ${…} reference as its whole"),
        ({"http": {"max_pages": "many"}}, "http.max_pages: is text, not a whole number"),
        ({"schedule": {"mode": "hours", "interval": "${X}"}}, "schedule.interval: takes no ${…}"),
        ({"on_schema_change": "${X}"}, "on_schema_change: takes no ${…} reference"),
        ({"owners": ["${X}"]}, "owners[0]: takes no ${…} reference"),
        (
            {"reading": {"items": {"last_page": "body.${X}"}}},
            "reading.items.last_page: takes a ${…} reference in a literal only",
        ),
        ({"values": {"a": "${number:X}"}}, "values.a: is one number, and no list; write it in"),
        (
            {"reading": {"items": {"first_page_only": ["${number:X}"]}}},
            "reading.items.first_page_only[0]: takes a text here, and number: makes none",
        ),
    ],
)  # fmt: skip
def test_what_takes_no_reference_says_so(part: dict[str, Any], told: str) -> None:
    with pytest.raises(ConnectorError) as raised:
        connector(resources=["items"], **part)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "hint",
    [
        {"primary_key": "${X}"}, {"merge_key": ["${X}"]}, {"selected": "${X}"},
        {"max_table_nesting": "${X}"}, {"columns": {"a": {"precision": "${X:-3}"}}},
        {"include_from_parent": ["${X}"]}, {"write_disposition": "${X}"},
    ],
)  # fmt: skip
def test_what_tables_are_made_of_takes_no_reference(hint: dict[str, Any]) -> None:
    with pytest.raises(ConnectorError, match=r"takes no \$\{…\} reference: it is needed before"):
        connector(resources=[items() | hint])


HOSTILE = ["a", "", "'", '"', "`", "\\", "\\'", "x' || 'a", "${A}", "é\n", "`1`"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_in_an_expression_is_only_ever_a_value(value: str) -> None:
    made = filled_expression("{same: a == '${X}', no: b == 'it\\'s ${X}'}", lambda _: value)
    found = searcher(made, "here")({"a": value, "b": f"it's {value}"})
    assert found == {"same": True, "no": True}


def test_between_backticks_a_variable_is_json() -> None:
    def steps(value: str) -> Any:
        step = {"filter": "contains(`${X}`, a) || b > `${Y:-10}`"}
        found = resolve({"resource_defaults": {"processing_steps": [step]}}, {"X": value}, "")
        return found["resource_defaults"]["processing_steps"][0]["filter"]

    holds = searcher(steps('["a", "b"]'), "here")
    assert [holds({"a": one, "b": 1}) for one in ("a", "c")] == [True, False]
    with pytest.raises(WrongVariable, match="X is no JSON, which backticks want; write"):
        steps("oops")


def test_what_is_no_secret_is_shown() -> None:
    """A number, a switch, a value in an expression; what stands where secrets do never is."""
    described = items(
        method="POST",
        json={"size": "${number:SIZE}", "pin_token": "${number:PIN}", "of": "${list:ACCOUNTS}"},
        params={"region": "${REGION}"},
        paginator={"type": "offset", "limit": "${LIMIT}", "total_path": "total"},
    )
    described["processing_steps"] = [{"filter": "state == '${STATE}'"}]
    environment = {
        "SIZE": "4321", "PIN": "987654", "LIMIT": "1000", "STATE": "active", "REGION": "europe",
        "ACCOUNTS": "acct_one,acct_two",
    }  # fmt: skip
    made = in_environment(connector(resources=[described]), environment)
    resolved = resolve(made.configuration, environment, "configuration")
    assert resolved["resources"][0]["endpoint"]["json"] == {
        "size": 4321, "pin_token": 987654, "of": ["acct_one", "acct_two"],
    }  # fmt: skip
    redact = Redactor.of(made, resolved, environment)
    assert redact("4321 1000 active") == "4321 1000 active"
    assert redact("987654 europe acct_two") == "*** *** ***"


def test_a_default_of_a_secret_is_a_secret_in_plain_text() -> None:
    auth = {"type": "bearer", "token": "${TOKEN:-sk_12345}"}
    made = connector(resources=["items"], client={"auth": auth})
    assert list(literal_secrets(made)) == ["configuration.client.auth.token"]
    resolved = resolve(made.configuration, {}, "configuration")
    assert Redactor.of(made, resolved, {})("sk_12345") == "***"
    unset = {**auth, "token": "${TOKEN:-}"}
    without = connector(resources=["items"], client={"auth": unset})
    assert not list(literal_secrets(without))
