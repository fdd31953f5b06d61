"""What the site's generator is told of our pages (`hooks` of mkdocs.yml)."""

import re
from typing import Any

_KIND = re.compile(r"^(```\w+) \w+$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Blocks of code without the word behind the language, which tells the tests what they are.

    A fence with a second word is none to the generator: it would show the page from there on as
    code, up to the next fence.
    """
    return _KIND.sub(r"\1", markdown)
