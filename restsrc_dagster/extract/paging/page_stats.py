"""What was seen of the pages of a resource."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from restsrc_dagster.extract.paging.repetition import Repetition
from restsrc_dagster.extract.records.key_index import KeyIndex


@dataclass(frozen=True, kw_only=True)
class ListPosition:
    """How far a list is read; `of_…` is how long it is, None where the API does not say."""

    records: int = 0
    of_records: int | None = None
    pages: int = 0
    of_pages: int | None = None


@dataclass
class ListSeen:
    """The list at hand, of which a record may slip from one page to another.

    Attributes:
        pages: how many answers have come.
        filled: how many of them had records.
        is_numbered: whether they are asked for by numbers.
        ends: whether the first one had room for more, so that none was behind it.
        goes_on: whether a further one is asked for behind the last one.
        total: what all of them announce; None where one does not, or says otherwise.
        records: how many they gave.
        announced, missing: what it adds to those of all lists.
    """

    pages: int = 0
    filled: int = 0
    is_numbered: bool = False
    ends: bool = False
    goes_on: bool = True
    total: int | None = None
    records: int = 0
    announced: int = 0
    missing: int = 0

    def add(self, size: int, total: int | None, *, is_numbered: bool, goes_on: bool) -> None:
        """An answer of so many records has come."""
        self.total = total if not self.pages or total == self.total else None
        self.is_numbered = self.is_numbered or is_numbered
        self.goes_on = goes_on
        self.filled += bool(size)
        self.pages += 1

    @property
    def is_one_page(self) -> bool:
        """Whether all of it came at once."""
        return self.pages == 1 and not self.goes_on

    @property
    def may_slip(self) -> bool:
        """Whether a record may have been passed over where another one has left the list."""
        is_whole = self.pages == 1 or (self.ends and self.filled <= 1)
        return self.is_numbered and not is_whole


@dataclass
class PageStats:
    """What the pages of one resource were like, over all parents.

    `records` is what the API gave, `announced` what it says there is in the lists that were read
    to their end; None where one of them does not say. `warnings` are for the person: nothing was
    wrong enough to stop.
    """

    records: int = 0
    announced: int | None = None
    missing: int = 0
    """How many of the announced records were not given."""
    cut_off: int = 0
    """Lists that an ignored answer ended, though a further page was expected."""
    gone: int = 0
    """Parents that were listed, and answered 404 or 410 when their children were requested."""
    parents_asked: int = 0
    answer_of_gone: Exception | None = None
    """The error that the last of those that were gone would be."""
    handed_on: int = 0
    """How many records dlt got, to make rows of."""
    columns: dict[str, set[str]] = field(default_factory=dict)
    """What they had values for, by table."""
    emptied: tuple[str, ...] = ()
    """Columns of which none of them had anything, though those before them mostly did."""
    keys: KeyIndex = field(default_factory=KeyIndex)
    """The primary keys of the records that were handed on."""
    fields: dict[str, set[str]] = field(default_factory=dict)
    """What they had, be it null, by table."""
    repeated: int = 0
    """Records with the key of another one that say the same, and were left out."""
    ambiguous: int = 0
    """Records with the key of another one that say something else, where no cursor decides."""
    across_parents: int = 0
    """Those of them that are of another parent."""
    moved: list[Any] = field(default_factory=list)
    """Keys that hung on another parent in a run before, where they seem to belong to several."""
    older: int = 0
    """Records that lie before the start that was sent, and were left out."""
    of_older: str = ""
    """What is to be said of them."""
    lists: int = 0
    """How many lists were begun."""
    full: int = 0
    """Lists that are one page, which came full: there may be more."""
    of_full: str = ""
    """What is to be said of the first of them, where they are of parents."""
    key_of_child: str = "name a primary_key that tells the parent, too"
    """What to do about a child's key that is unique only within its parent."""
    told_deleted: int = 0
    """Records that say of themselves that they are deleted."""
    deletions: dict[str, Any] = field(default_factory=dict)
    """The keys of what its records say is deleted, by digests of these records."""
    parents_read: dict[tuple[Any, ...], int] = field(default_factory=dict)
    """Of a child whose missing rows are looked for: the parents whose lists were read whole, and of
    how many pages these were."""
    counts_pages: bool = False
    """Whether pages are asked for by numbers, so that rows may slip from one to another."""
    largest: int = 0
    """The most records of a page."""
    seen: ListSeen = field(default_factory=ListSeen)
    """The list at hand."""
    read_again: int = 0
    """Windows that were read more than once, as their pages have numbers."""
    unsettled: list[tuple[Any, Any]] = field(default_factory=list)
    """From where to where those of them go of which no two readings in turn agreed."""
    unverified: Counter[str] = field(default_factory=Counter)
    """Pages that are read by a cursor, and of which nobody can tell whether the list has moved:
    they are asked for by numbers, and announce no total. By the resource that they are of."""
    not_ahead: str = ""
    """Why its pages were not asked for before their turn, if they were not."""
    began: float | None = None
    """When its first reading in this run began (`PageAtHand`)."""
    pages: int = 0
    crawl: int = 0
    """Which list the last page is of."""
    place: ListPosition = ListPosition()
    """Where the last page stands in its list."""
    odd: bool = False
    """Whether the last page has values that may need to be mended."""
    repetition: Repetition = field(default_factory=Repetition)
    """The pages of the list that was begun last: several readings may go through one."""
    warnings: dict[str, None] = field(default_factory=dict)
    _silent: bool = False

    def is_counted(self) -> bool:
        """Whether it is known, up to the page at hand, that pages are asked for by numbers."""
        return self.counts_pages

    def begin_anew(self) -> None:
        """The lists are read from their start once more, in the same run."""
        self.records = self.missing = self.cut_off = self.repeated = self.ambiguous = 0
        self.gone = self.parents_asked = 0
        self.across_parents, self.moved = 0, []
        self.older, self.of_older = 0, ""
        self.full, self.of_full = 0, ""
        self.read_again, self.unsettled, self.unverified = 0, [], Counter()
        self.told_deleted, self.parents_read, self.deletions = 0, {}, {}
        self.announced, self._silent, self.keys, self.began = None, False, KeyIndex(), None

    @property
    def most_are_gone(self) -> Exception | None:
        """What to fail with where most parents are gone: it is rather the address that is wrong."""
        return self.answer_of_gone if 2 * self.gone > self.parents_asked else None

    def warn(self, text: str) -> None:
        """Tell the person, once."""
        self.warnings.setdefault(text)

    def note_older(self, records: int, text: str) -> None:
        """So many more records lie before the start that was sent; what was said first stays."""
        self.older += records
        self.of_older = self.of_older or text

    @property
    def told_of_older(self) -> str:
        """How many they are, and what is to be said of them; "" where there are none."""
        are = "record is" if self.older == 1 else "records are"
        return f"{self.older} {are} {self.of_older}" if self.older else ""

    @property
    def told_of_full(self) -> str:
        """That a list of a parent came full and may have more, where no list has had a second
        page by the same paginator; "" where nothing is to be said."""
        return self.of_full if self.pages <= self.lists else ""

    def end_of_list(self, total: int | None, records: int) -> None:
        """A list was read to its end."""
        if total is None or self._silent:
            self._silent, self.announced, self.missing = True, None, 0
            return
        missing = max(total - records, 0)
        self.announced = (self.announced or 0) + total
        self.missing += missing
        self.seen.announced, self.seen.missing = total, missing

    def begin_again(self) -> None:
        """The list that was read last is read once more, and counts once."""
        seen, self.seen = self.seen, ListSeen()
        self.records -= seen.records
        if self.announced is not None:
            self.announced -= seen.announced
            self.missing -= seen.missing
