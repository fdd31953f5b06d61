"""What cannot be read as the format that it is said to be in."""


class Broken(Exception):
    """The content of an answer is not what it should be.

    Args:
        told: what is wrong, to follow "the answer": "is HTML instead of CSV".
        is_cut: whether it may only end too early: another try may bring the whole.
    """

    def __init__(self, told: str, *, is_cut: bool = False) -> None:
        super().__init__(told)
        self.is_cut = is_cut


class TooLarge(Exception):
    """An answer has more bytes, unpacked, than the connector takes.

    Args:
        most: how many it takes.
        what: has more.
    """

    def __init__(self, most: float, what: str = "an answer") -> None:
        super().__init__(most, what)
        self.most = most
        self.what = what


class NoJson(Broken):
    """It is not the JSON document that it should be."""


class OtherFormat(Broken):
    """It is well, in another format than it should be."""
