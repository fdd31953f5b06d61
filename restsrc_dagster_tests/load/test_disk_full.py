"""No room for a file: told as such, and when there is room again nothing is lost or doubled."""

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from restsrc_dagster_tests.load.blog import POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse

POST_IDS = "SELECT id FROM acme.posts"


def noise(number: int) -> str:
    """A kilobyte that cannot be compressed to less than a half of it."""
    return random.Random(number).randbytes(500).hex()


def zeros(number: int) -> str:
    """A kilobyte that is small in the working folder, if rows are compressed there."""
    return f"{number:01000}"


def write_posts(blog: Blog, first: int, last: int, text: Callable[[int], str] = noise) -> None:
    for number in range(first, last + 1):
        blog.post(number, at=number, text=text(number))


def told_without_room(duck: Warehouse, blog: Blog, *, largest_file: int) -> str:
    with NamedTemporaryFile(mode="r") as told:
        worker = duck.start(
            blog.url, [POSTS], holder="run 1", largest_file=largest_file, stderr=told.name
        )
        assert worker.wait(120) == 1
        return told.read().splitlines()[-1]


def test_in_the_working_folder(blog: Blog, duck: Warehouse) -> None:
    acme = duck.connector(blog.url, [POSTS])
    write_posts(blog, 1, 3)
    duck.load(acme)
    write_posts(blog, 4, 1000)
    told = told_without_room(duck, blog, largest_file=200_000)
    assert "DestinationUnavailable: no room is left for files (the run's own in " in told
    assert told.endswith("File too large")
    assert duck.load(acme).resources["posts"].rows_loaded == 997
    assert duck.values(POST_IDS) == list(range(1, 1001))


def test_at_the_destination(blog: Blog, duck: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__DATA_WRITER__DISABLE_COMPRESSION", "false")
    acme = duck.connector(blog.url, [POSTS])
    write_posts(blog, 1, 3)
    duck.load(acme)
    assert duck.settings.data_dir is not None
    size = Path(duck.settings.data_dir / "restsrc_acme.duckdb").stat().st_size
    write_posts(blog, 4, 4000, zeros)
    told = told_without_room(duck, blog, largest_file=size)
    assert "DestinationUnavailable: no room is left for files " in told
    assert "restsrc_acme.duckdb" in told
    assert duck.load(acme).resources["posts"].rows_loaded == 3997
    assert duck.values(POST_IDS) == list(range(1, 4001))
