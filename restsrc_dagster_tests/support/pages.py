"""The pages that a person reads: README, docs, and those that lie beside them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def _texts(*paths: Path) -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


PAGES = _texts(ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
"""What a user reads, by its path in the repository."""
ALL_PAGES = PAGES | _texts(
    ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "deploy" / "README.md"
)
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)(?: (?P<kind>\S+))?\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\]\((?!\w+:)([^()#\s]*)(?:#([^()\s]+))?\)")


@dataclass(frozen=True)
class Block:
    """A block of code: of `page`, "```language kind" above it."""

    page: str
    language: str
    kind: str
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    def __str__(self) -> str:
        return f"{self.page} {self.kind}"


def blocks(*, of: dict[str, str] = PAGES) -> list[Block]:
    """All of them, page by page."""
    return [
        Block(page, found["language"], found["kind"] or "", found["text"])
        for page, text in of.items()
        for found in _BLOCK.finditer(text)
    ]


def json_blocks() -> list[Block]:
    return [block for block in blocks() if block.language == "json"]


def prose(text: str) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", text)


def code(text: str) -> str:
    """The blocks of a page, and what stands in backticks."""
    spans = re.findall(r"`([^`\n]+)`", prose(text))
    return "\n".join([*spans, *(found["text"] for found in _BLOCK.finditer(text))])


def links(page: str) -> Iterator[tuple[Path, str]]:
    """(file, anchor) of every link to a file of the repository."""
    for target, anchor in _LINK.findall(prose(ALL_PAGES[page])):
        yield (ROOT / page).parent / target if target else ROOT / page, anchor


def anchors(text: str) -> set[str]:
    """Those of the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
