"""Fields that are removed or hashed: nested ones, in lists, and what they leave untouched."""

import hashlib
import hmac
from copy import deepcopy
from typing import Any

import pytest

from restsrc_dagster.extract.records.masking import FieldMasker

RECORD: dict[str, Any] = {
    "id": 1,
    "email": "ada@example.com",
    "address": {"street": "Main St 1", "city": "X"},
    "contacts": [
        {"phone": "1", "email": "b@example.com", "kind": "home"},
        {"phone": "2", "email": None},
        "text",
        None,
    ],
    "aliases": ["a", None, ["b"]],
    "a.b": {"c": 1, "d": 2},
    "none": None,
}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hidden(**fields: Any) -> dict[str, Any]:
    before = deepcopy(RECORD)
    found: dict[str, Any] = FieldMasker(fields)(RECORD)
    assert before == RECORD
    return {key: found.get(key, "gone") for key in RECORD if found.get(key, "gone") != RECORD[key]}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("email", {"email": "gone"}),
        ("none", {"none": "gone"}),
        ("address", {"address": "gone"}),
        ("address.street", {"address": {"city": "X"}}),
        ("address.street.number", {}),
        ("email.domain", {}),
        ("missing", {}),
        ("missing.too", {}),
        (
            "contacts[*].phone",
            {
                "contacts": [
                    {"email": "b@example.com", "kind": "home"},
                    {"email": None},
                    "text",
                    None,
                ]
            },
        ),
        ("aliases[*]", {"aliases": []}),
        ("email[*]", {}),
        ('"a.b".c', {"a.b": {"d": 2}}),
    ],
)
def test_exclude(path: str, changed: dict[str, Any]) -> None:
    assert hidden(exclude=[path]) == changed


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("email", {"email": sha("ada@example.com")}),
        ("id", {"id": sha("1")}),
        ("none", {}),
        ("missing.too", {}),
        ("address", {"address": sha('{"city":"X","street":"Main St 1"}')}),
        ("aliases", {"aliases": sha('["a",null,["b"]]')}),
        ("aliases[*]", {"aliases": [sha("a"), None, [sha("b")]]}),
        (
            "contacts.email",
            {
                "contacts": [
                    {"phone": "1", "email": sha("b@example.com"), "kind": "home"},
                    {"phone": "2", "email": None},
                    "text",
                    None,
                ]
            },
        ),
    ],
)
def test_hash(path: str, changed: dict[str, Any]) -> None:
    assert hidden(hash=[path]) == changed


def test_a_list_is_walked_whether_it_is_written_or_not() -> None:
    for key in ("exclude", "hash"):
        assert hidden(**{key: ["contacts.phone"]}) == hidden(**{key: ["contacts[*].phone"]}) != {}


def test_a_salt_keys_the_hash() -> None:
    salted = hmac.new(b"pepper", b"ada@example.com", hashlib.sha256).hexdigest()
    assert hidden(hash=["email"], salt="pepper") == {"email": salted}
    assert salted != sha("ada@example.com")


def test_what_is_excluded_is_not_hashed() -> None:
    both = hidden(exclude=["email", "address"], hash=["email", "address.street", "contacts.phone"])
    assert both.pop("contacts")[0]["phone"] == sha("1")
    assert both == {"email": "gone", "address": "gone"}


def test_equal_values_have_equal_hashes_however_they_are_written() -> None:
    one, two = ({"v": {"a": 1, "b": "ü"}}, {"v": {"b": "ü", "a": 1}})
    assert FieldMasker({"hash": ["v"]})(one) == FieldMasker({"hash": ["v"]})(two)
    assert FieldMasker({"hash": ["v"]})({"v": "\ud800"}) != {"v": "\ud800"}


def test_one_object_in_two_places() -> None:
    """A map may have put it there."""
    contact = {"email": "a"}
    found = FieldMasker({"hash": ["one.email"]})({"one": contact, "two": contact})
    assert found == {"one": {"email": sha("a")}, "two": {"email": "a"}}


@pytest.mark.parametrize("record", [None, "text", 5, [{"email": "a"}]])
def test_a_record_that_is_no_object(record: Any) -> None:
    expected = [{}] if isinstance(record, list) else record
    assert FieldMasker({"exclude": ["email"]})(record) == expected
