"""What a reading notes in so large a measure that it is not copied."""

from abc import ABC, abstractmethod
from collections.abc import Callable


class Rewindable(ABC):
    """Knows how to be again what it was, where a reading that has changed it is made once more."""

    @abstractmethod
    def point(self) -> Callable[[], None]:
        """What makes it again what it is now."""
