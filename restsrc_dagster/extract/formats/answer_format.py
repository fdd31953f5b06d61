"""How the answers to one resource are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from restsrc_dagster.connector.resources.format import Compression, FormatObject


@dataclass(frozen=True, kw_only=True)
class AnswerFormat:
    """How the answers to one resource are read.

    Args:
        said: the format, by the person; None for what the answer says.
        compression: how they are packed, by the person; None for what the first bytes say.
        path: names of the objects that lead to the records of a JSON document; None where they are
            found otherwise, so that the document is read at once.
        in_pieces: whether a large one may be handed on piece by piece.
        is_waited_for: whether the file says which answer is the one with records.
        not_as: by format, why the resource cannot be read so; where the file names none.
    """

    said: FormatObject | None = None
    compression: Compression | None = None
    path: Sequence[str] | None = None
    in_pieces: bool = False
    is_waited_for: bool = False
    not_as: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_be_json(self) -> bool:
        """Whether an answer that seems to be JSON is."""
        return self.compression is None and (self.said is None or self.said.type == "json")

    @property
    def is_packed(self) -> bool:
        """Whether the person says that answers are packed."""
        return self.compression not in (None, "none")


AS_IT_IS = AnswerFormat()
