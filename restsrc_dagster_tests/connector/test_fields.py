"""Paths of fields: names with dots between, and lists that are walked."""

import pytest

from restsrc_dagster.connector.syntax.fields import FieldPath, field_path, plain_path


@pytest.mark.parametrize(
    ("text", "names", "each"),
    [
        ("email", ("email",), False),
        ("address.street", ("address", "street"), False),
        ("contacts[*].phone", ("contacts", "phone"), False),
        ("contacts.phone", ("contacts", "phone"), False),
        ("emails[*]", ("emails",), True),
        ("a[*][*]", ("a",), True),
        ('"a.b".c', ("a.b", "c"), False),
        ("['first name']['x']", ("first name", "x"), False),
        ("first name", ("first name",), False),
        ("first-name", ("first-name",), False),
        ("@id", ("@id",), False),
        ("größe", ("größe",), False),
        ('"\\u00e9"', ("é",), False),
    ],
)
def test_paths(text: str, names: tuple[str, ...], each: bool) -> None:
    assert field_path(text) == FieldPath(names, each)


@pytest.mark.parametrize(
    "text",
    ["", " ", ".a", "a.", "a..b", "[*]", "[*].a", "a[0]", "a[", "*", "a.*", "a[*]b", "a.[*]", " a",
     "a ", "$", "$.a", "'a'", '"a', '"a"b', '"\\x"', '""', "['']"],
)  # fmt: skip
def test_no_paths(text: str) -> None:
    with pytest.raises(ValueError, match="is no path of fields") as refused:
        field_path(text)
    assert len(str(refused.value)) < 200


def test_a_jsonpath_that_is_only_names() -> None:
    assert plain_path("$.meta.at") == plain_path("meta.at") == ("meta", "at")
    for other in ("$", "a[0].b", "a[*].b", "$..at", "*"):
        assert plain_path(other) is None
