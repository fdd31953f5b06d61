"""How the values of one cursor compare: times as instants, numbers as numbers, texts by letters.

dlt compares what the API wrote: texts letter by letter, whatever they mean.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal

from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.cursor_text import (
    Kind,
    is_sorted,
    key_of,
    kind_of_shape,
    shape_of,
)

Read = Literal["time", "number", "text"]
LARGEST = 2**63
LONGEST = 10_000
"""Characters of a cursor."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class CursorOrder:
    """Learns from the values of a run what they are, and compares them.

    Where all texts are of one shape that sorts rightly, they are compared as they stand: that is
    nearly every cursor, and costs nothing.

    Args:
        path: of the cursor, for messages.
        api_sorts: whether the file says in which order the API gives the records. Texts of several
            lengths are compared then, as that order shows whether letters say the same.
    """

    def __init__(self, path: str, *, api_sorts: bool) -> None:
        self.kind: Read | None = None
        """What the values are; None before the first one."""
        self.varies = False
        """Whether they are texts of several lengths: their letters say what the API's order says,
        or nothing."""
        self._path = path
        self._api_sorts = api_sorts
        self._began: Any = None
        self._starts: set[str] = set()
        self._shapes: dict[str, str] = {}
        self._lengths: dict[int, str] = {}
        self._as_they_stand = True

    def begin(self, *values: Any) -> None:
        """Look at where the run begins, and where it ends if it does: as the file or the state has
        it, None for nothing. Raises as `learn` does."""
        for value in values:
            if value is not None:
                self.learn([value])
                self._began = value
                self._starts |= {value} if isinstance(value, str) else set()

    def learn(self, values: Iterable[Any]) -> None:
        """Look at further values, none of which is None.

        Raises:
            ReadError: they cannot be compared safely with each other, or with those before.
        """
        values = list(values)
        kinds = set(map(type, values))
        if not kinds:
            return
        if kinds <= {int, float} and (self.kind is None or self._are_numbers):
            self._refuse_too_large(values)
            self.kind = "number"
            return
        self._refuse_mixture(values)
        texts = [value for value in values if isinstance(value, str)]
        self._refuse_unkept(texts)
        if self.kind == "text":
            self._learn_lengths(texts)
        else:
            self._learn_shapes(texts)

    def keys(self, values: Sequence[Any]) -> Sequence[Any]:
        """What is compared in place of the values, all of which were learned."""
        return values if self._as_they_stand else [self.key(value) for value in values]

    def key(self, value: Any) -> Any:
        """What is compared in place of one value."""
        return value if self._as_they_stand else key_of(value)[1]

    def _refuse_too_large(self, values: Sequence[Any]) -> None:
        """dlt keeps the cursor in a state of JSON, which has integers of 64 bits."""
        for value in (min(values), max(values)):
            if type(value) is int and not -LARGEST <= value < LARGEST:
                raise ReadError(
                    f"the cursor {self._path} is {value}, an integer of more than 64 bits, which "
                    "cannot be kept from run to run: name another field, or have the API give it "
                    "as a text"
                )

    def _refuse_unkept(self, texts: Sequence[str]) -> None:
        """The cursor is kept in dlt's state, sent in an address, and shown."""
        for text in texts:
            if len(text) > LONGEST:
                raise ReadError(
                    f"the cursor {self._path} is a text of {len(text):,} characters in some "
                    f"record; at most {LONGEST:,} are kept from run to run: name another field"
                )
            if not text.isascii() and _SURROGATE.search(text):
                raise ReadError(
                    f"the cursor {self._path} is {text[:20]!r} in some record, which has half a "
                    "character (a lone surrogate) and cannot be kept from run to run"
                )

    def _refuse_mixture(self, values: Sequence[Any]) -> None:
        for value in values:
            if isinstance(value, (bool, list, dict)):
                raise ReadError(
                    f"the cursor {self._path} is {type(value).__name__} in some record, and no "
                    "time, number or text"
                )
        text = next((value for value in values if isinstance(value, str)), None)
        number = next((value for value in values if not isinstance(value, str)), None)
        if text is not None and number is None and self._are_numbers:
            number = self._began
            if number is None:
                raise ReadError(
                    f"the cursor {self._path} cannot be compared: it was a number in records "
                    f"before, and is the text {quoted(text)} here"
                )
            raise ReadError(
                f"the cursor {self._path} cannot be compared: records have texts such as "
                f"{quoted(text)}, and it started at the number {number}; write initial_value as a "
                "text"
            )
        if number is not None and text is None and self._shapes:
            text = next(iter(self._shapes.values()))
        if number is not None and text is not None:
            cure = _as_number(text, number) if text in self._starts else ""
            raise ReadError(
                f"the cursor {self._path} cannot be compared: it is the number {number} here and "
                f"the text {quoted(text)} there{cure}"
            )

    @property
    def _are_numbers(self) -> bool:
        """Whether values came that are no texts."""
        return self.kind == "number" and not self._shapes

    def _learn_shapes(self, texts: Sequence[str]) -> None:
        new = {shape: text for text in texts if (shape := shape_of(text)) not in self._shapes}
        if not new:
            return
        self._shapes |= new
        examples: dict[Kind, str] = {}
        like_a_date = None
        for shape, example in self._shapes.items():
            if kind := kind_of_shape(shape, example):
                examples.setdefault(kind, example)
            else:
                like_a_date = example
        if "text" in examples:
            self._are_texts(examples)
            return
        if like_a_date is not None:
            raise ReadError(
                f"the cursor {self._path} is a date that cannot be compared safely: "
                f"{quoted(like_a_date)}; name a field such as 2024-01-31T10:00:00Z or a number"
            )
        if len(examples) > 1:
            self._refuse(examples)
        (self.kind,) = examples
        shape = next(iter(self._shapes))
        self._as_they_stand = len(self._shapes) == 1 and is_sorted(shape, self.kind)

    def _are_texts(self, examples: dict[Kind, str]) -> None:
        """Digits alone may be a text among texts, such as one of hexadecimal letters."""
        if "time" in examples:
            self._refuse(examples)
        texts = list(self._shapes.values())
        if "number" in examples and len({*map(len, texts)}) > 1 and not self._api_sorts:
            self._refuse(examples)
        self.kind, self._as_they_stand = "text", True
        self._learn_lengths(texts)
        self._shapes = dict(list(self._shapes.items())[:1])

    def _learn_lengths(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._lengths.setdefault(len(text), text)
        self.varies = len(self._lengths) > 1
        if self.varies and not self._api_sorts:
            one, other = list(self._lengths.values())[:2]
            raise ReadError(
                f"the cursor {self._path} is neither a time nor a number, such as {quoted(one)}, "
                f"and of several lengths, such as {quoted(other)}: it cannot be compared safely. "
                "If the API gives the records in the order of its letters, say so by row_order"
            )

    def _refuse(self, examples: dict[Kind, str]) -> None:
        """One of each kind is shown."""
        (first, here), (second, there), *_ = examples.items()
        raise ReadError(
            f"the cursor {self._path} cannot be compared: it is {quoted(here)}, a {first}, here "
            f"and {quoted(there)}, a {second}, there; make initial_value of the same kind"
        )


def _as_number(text: str, like: float) -> str:
    """How an initial value is written that the API's numbers compare with."""
    seconds, of_numbers = seconds_since_1970(text), seconds_since_1970(like)
    shown = ""
    if seconds and of_numbers and not text.strip().isdecimal():
        shown = f", such as {int(seconds * round(Fraction(like) / of_numbers))}"
    return f'; write initial_value as a number{shown}, or as "${{number:NAME}}" of a variable'
