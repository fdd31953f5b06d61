"""What a killed load left on the disk is removed by the next one; nobody else's is."""

import tempfile
from pathlib import Path

import pytest

from restsrc_dagster_tests.load.blog import POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Api, Asked


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_of_a_killed_load(blog: Blog, duck: Warehouse, temporary: Path) -> None:
    blog.post(1, at=1)
    killed = duck.start(blog.url, [POSTS], holder="run 1", die=("load", 1))
    assert killed.wait(60) == KILLED
    (left,) = temporary.iterdir()
    assert list(left.rglob("posts.*")), "rows are in it"
    duck.load(duck.connector(blog.url, [POSTS]))
    assert list(temporary.iterdir()) == []


def test_of_a_load_that_is_going(
    api: Api, blog: Blog, duck: Warehouse, elephant: Warehouse, temporary: Path
) -> None:
    """Another connector's, or one's own to another destination."""
    blog.post(1, at=1)
    posts = api.routes["/posts"]

    def with_another(asked: Asked) -> object:
        api.routes["/posts"] = posts
        other = elephant.start(blog.url, [POSTS], holder="run 2")
        assert other.wait(60) == 0
        assert len(list(temporary.iterdir())) == 1
        return posts(asked)

    api.routes["/posts"] = with_another
    duck.load(duck.connector(blog.url, [POSTS]))
    assert duck.values("SELECT id FROM acme.posts") == [1]
    assert list(temporary.iterdir()) == []


def test_what_nobody_marked_stays(blog: Blog, duck: Warehouse, temporary: Path) -> None:
    (temporary / "restsrc_notes").mkdir()
    duck.load(duck.connector(blog.url, [POSTS]))
    assert [path.name for path in temporary.iterdir()] == ["restsrc_notes"]
