"""When dlt begins to count anew."""

from abc import abstractmethod

from dlt.common.runtime.collector_base import Collector


class StepCollector(Collector):
    """To be given to a pipeline as its `progress`; what it has counted stays to be seen."""

    @abstractmethod
    def begin(self, step: str) -> None:
        """Called before dlt counts in a step, such as `Normalize acme in 1700000000.1`."""

    def _start(self, step: str) -> None:
        self.begin(step)

    def _stop(self) -> None:
        pass
