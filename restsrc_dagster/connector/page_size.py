"""Which parameters say how many records a page is to have."""

import re

_NAMES = frozenset(
    {"count", "first", "limit", "maxresults", "pagelimit", "pagesize", "perpage", "rows", "size"}
    | {"resultsperpage", "take", "top"}
)


def is_page_size(name: str) -> bool:
    """`per_page`, `pageSize`, `$top`, `page[size]` …"""
    return re.sub(r"[^a-z]", "", name.lower()) in _NAMES
