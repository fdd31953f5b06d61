"""Answers that nobody means well with, each for a resource of its own, and what is said of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restsrc_dagster_tests.security.wire import Script, answer

UNSEEN = "\u202e\u200b\x1b[31m\n"
"""Turns what follows round, has no width, colours a terminal, and begins a line."""
LINK = {"paginator": {"type": "json_link", "next_url_path": "next"}}
CURSOR = {"paginator": {"type": "cursor", "cursor_path": "next", "cursor_param": "after"}}
DIGITS = b"9" * 5000


@dataclass(frozen=True)
class Shape:
    """`told` is a part of the sentence with which the resource fails; "" where its record comes."""

    answer: bytes | Script
    told: str = ""
    endpoint: Mapping[str, Any] = field(default_factory=dict)


def since(start: Any) -> dict[str, Any]:
    return {"incremental": {"cursor_path": "at", "initial_value": start, "start_param": "since"}}


def of(record: Any, told: str = "", **endpoint: Any) -> Shape:
    return Shape(answer({"data": [record]}), told, endpoint)


def raw(body: bytes, told: str = "", **endpoint: Any) -> Shape:
    return Shape(answer(body), told, endpoint)


def next_is(reference: Any, told: str, endpoint: Mapping[str, Any] = LINK) -> Shape:
    return Shape(answer({"data": [{"id": 1}], "next": reference}), told, endpoint)


def headed(
    told: str, *, status: str | bytes = "200 OK", body: Any = b"no", **headers: Any
) -> Shape:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Shape(answer(body, status=status, headers=named), told)


def first_line(line: bytes, told: str) -> Shape:
    return Shape(line + b"\r\nConnection: close\r\n\r\n{}", told)


def within(levels: int, value: Any = 1) -> Any:
    for _ in range(levels):
        value = [value]
    return value


OWN = "which is dlt's own"
NO_FILE = "names of files have room for 200"
DEEP = b'{"data":[{"id":1,"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}]}"
UNREADABLE = "the API's answer cannot be read"
NO_ADDRESS = "what is no address"
LONG_KEY = "k" * 300

SHAPES = {
    # names
    **{
        f"own_{number}": of({"id": 1, name: "mine"}, OWN)
        for number, name in enumerate(
            ("_dlt_id", "_DLT_LOAD_ID", "-dlt-root-id", "_dlt parent.id", "_dlt\u202elist_idx")
        )
    },
    "own_nested": of({"id": 1, "lines": [{"_dlt_load_id": "mine"}]}, OWN),
    "own_object": of({"id": 1, "lines": [{"a": {"b": 1}, "_dlt_root_id": None}]}, OWN),
    "long_list": of({"id": 1, LONG_KEY: [1]}, NO_FILE),
    "long_field": of({"id": 1, LONG_KEY: 1}),
    "lists_60": of({"id": 1, "x": within(60)}, NO_FILE),
    "lists_500": of({"id": 1, "x": within(500)}, "more than 240 levels"),
    "json_deep": raw(DEEP, "nested too deeply"),
    "keys": of({f"k{n}": n for n in range(10_001)}, "more than 10,000 columns"),
    "tables": of({f"k{n}": [n] for n in range(301)}, "more than 300 tables"),
    "collide": of({f"a{UNSEEN}b": 1, f"a{UNSEEN}\u2066b": 2}, r"a\u202e\u200b\x1b[31m\nb"),
    "selector": Shape(answer({f"{UNSEEN}[a](http://evil)": 1}), r"\u202e\u200b\x1b[31m\n[a]"),
    # numbers and texts
    "digits": raw(b'{"data":[{"id":' + DIGITS + b"}]}", "more than 4,300 digits"),
    "digits_at": of({"id": 1, "at": DIGITS.decode()}, "a time, here and", **since("2020-01-01")),
    "fraction": of(
        {"id": 1, "at": f"2024-01-01T00:00:00.{DIGITS.decode()}Z"},
        "cannot be compared",
        **since("2020-01-01T00:00:00Z"),
    ),
    "clock": headed("", body={"data": [{"id": 1}]}, Date=f"2024-01-01T00:00:00.{DIGITS.decode()}Z"),
    "long_cursor": of({"id": 1, "at": "x" * 1_000_000}, "1,000,000 characters", **since("a")),
    "half": raw(b'{"data":[{"id":1,"at":"\\ud800"}]}', "half a character", **since("a")),
    "of_list": of({"id": 1, "at": [1]}, "no time, number or text", **since("a")),
    # links
    "next_list": next_is(["a"], "leads to a list"),
    "next_number": next_is(5, "leads to a number, and no address"),
    "next_true": next_is(True, "leads to true, and no address"),
    "next_ipv6": next_is("http://[::1", NO_ADDRESS),
    "next_port": next_is("http://127.0.0.1:" + DIGITS.decode(), NO_ADDRESS),
    "next_host": next_is("http://a\u2100b/", NO_ADDRESS),
    "next_long": next_is("/" + "x" * 70_000, "at most 65,536"),
    "next_cursor": next_is("x" * 70_000, "at most 65,536", CURSOR),
    "next_object": next_is({UNSEEN: 1}, r"an object with \u202e", CURSOR),
    "link": Shape(
        answer({"data": [{"id": 1}]}, headers={"Link": '<http://[::1>; rel="next"'}),
        NO_ADDRESS,
        {"paginator": "header_link"},
    ),
    "moved": headed(NO_ADDRESS, status="302 Found", Location="http://[::1"),
    "moved_bytes": headed(NO_ADDRESS, status="302 Found", Location=b"/\xff\xfe"),
    "moved_round": headed("redirects without end", status="302 Found", Location="/moved_round"),
    # heads
    "status": first_line(b"HTTP/1.1 99999 OK", UNREADABLE),
    "no_http": Shape(b"hello world", UNREADABLE),
    "long_head": Shape(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n{}", UNREADABLE),
    "many_heads": Shape(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n{}", UNREADABLE),
    "lengths": first_line(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7", UNREADABLE),
    "chunk": first_line(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5", UNREADABLE),
    "packed": headed(UNREADABLE, Content_Encoding="gzip"),
    "packed_twice": headed(UNREADABLE, Content_Encoding="gzip, " * 500 + "gzip"),
    "charset": headed("'no'", status="400 Bad", Content_Type="text/html; charset=undefined"),
    "charset_of_bytes": headed("'no'", Content_Type="text/html; charset=zlib"),
    "kind": headed(r"text/x\x1b[31m\x00y instead of JSON", Content_Type=b"text/x\x1b[31m\x00y"),
    "reason": headed(r"400 Bad\x1b[31m \x85 x", status=b"400 Bad\x1b[31m \x85 x"),
    **{
        f"wait_{number}": headed("asks to wait more than ten years", status="429 No", **{name: one})
        for number, (name, one) in enumerate(
            [
                ("Retry_After", "9" * 400),
                ("Retry_After", "98204092765"),
                ("Retry_After", "Fri, 31 Dec 9999 23:59:59 GMT"),
                ("X_RateLimit_Reset", "9" * 400),
            ]
        )
    },
}
"""By the resource's name."""
WELL = answer({"data": [{"id": 1}, {"id": 2}]})


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
