"""What a failure may say: one line for a person, in which the API has written nothing unseen."""

import re

from restsrc_dagster.connector.visible import visible

_OF_PYTHON = re.compile(
    r"^\w+: (\w+(Error|Exception)|StopIteration)\b|object has no attribute|object is not"
    r"|not supported between|Traceback|codec can't"
)
LONGEST = 3000


def is_sentence(name: str, text: str) -> bool:
    """Whether a resource's failure says where and what, in words of this package."""
    return (
        text.startswith(f"{name}: ")
        and len(text) < LONGEST
        and text == visible(text)
        and not _OF_PYTHON.search(text)
    )
