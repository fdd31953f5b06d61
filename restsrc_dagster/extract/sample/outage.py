"""An API that is down: the other resources need not be asked for."""

from restsrc_dagster.errors import ApiUnavailable
from restsrc_dagster.extract.sample.sample import Sample

IN_A_ROW = 2


class Outage:
    """What samples tell of it: nobody answers, or two resources fail, one after the other.

    Attributes:
        error: of what is not asked for then.
    """

    error = ApiUnavailable("not asked, as the API gives nothing now; --resource asks for it alone")

    def __init__(self) -> None:
        self._failed = 0

    @property
    def is_sure(self) -> bool:
        """Whether nothing else is to be asked."""
        return self._failed >= IN_A_ROW

    def note(self, sample: Sample) -> None:
        """One more was read."""
        if sample.is_silence:
            self._failed = IN_A_ROW
        elif isinstance(sample.error, ApiUnavailable) and not sample.pages:
            self._failed += 1
        else:
            self._failed = 0
