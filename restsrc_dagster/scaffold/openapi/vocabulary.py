"""The names by which APIs speak of pages, each as one word: `pagesize` for `page[size]`."""

# fmt: off
PAGES = frozenset({"page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage", "p"})
OFFSETS = frozenset({
    "offset", "skip", "start", "startat", "startindex", "from", "pageoffset", "startposition",
})
SIZES = frozenset({
    "limit", "perpage", "pagesize", "pagelimit", "maxresults", "resultsperpage", "maxitems",
    "itemsperpage", "maxpagesize", "recordsperpage", "maxrecords", "numperpage", "batchsize",
    "limitperpage", "countperpage", "pagesizelimit", "entriesperpage", "sizeperpage",
})
POSSIBLE_SIZES = frozenset({"count", "size", "top", "take", "rows", "first", "per", "num", "max"})
"""Sizes only where pages are asked for as well."""
CURSORS = frozenset({
    "cursor", "after", "pagetoken", "continuationtoken", "continuation", "nexttoken",
    "nextcursor", "nextpagetoken", "paginationtoken", "marker", "startcursor", "scrollid",
    "bookmark", "pageinfo", "pagecursor", "pageafter", "starttoken", "startingtoken", "next",
    "startingafter", "resumptiontoken", "pagekey", "nextpage", "startkey", "page", "cursorid",
})
"""Parameters that take what an answer has given."""
AFTER = frozenset({"startingafter", "afterid", "startingafterid", "after"})
"""Parameters that take the id of the last record."""
LAST_ID = frozenset({"lastid", "lastitemid", "lastobjectid"})
NEXT_URL = frozenset({
    "next", "nexturl", "nextlink", "nexthref", "nexturi", "nextpage", "nextpageurl", "nextpath",
    "nextpagelink", "nextpageuri", "odatanextlink", "nextrecordsurl", "nextpagehref",
})
TOTAL_PAGES = frozenset({
    "totalpages", "pagecount", "pages", "numpages", "numberofpages", "totalpagecount",
    "pagescount", "pagetotal", "pagestotal", "totalnumberofpages", "totalnumpages",
})
LAST_PAGE = frozenset({"lastpage", "lastpagenumber"})
TOTAL = frozenset({
    "total", "totalcount", "totalresults", "totalrecords", "totalitems", "totalsize",
    "totalelements", "totalhits", "recordcount", "recordstotal", "totalentries", "itemscount",
    "totalnumberofrecords", "numberofrecords", "totalrows", "totalrecordcount",
})
HAS_MORE = frozenset({
    "hasmore", "hasnext", "hasnextpage", "more", "moreavailable", "hasmoreitems", "moreresults",
    "hasmorerecords", "moreitemsincollection", "hasmoreresults", "hasmorepages", "morerecords",
})
BACKWARDS = frozenset({"prev", "previous", "before", "first", "start", "current", "has", "total"})
"""Words in the names of what does not lead to the next page."""
# fmt: on
