"""Which variables of the environment a connector may read."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from restsrc_dagster.policy.model import Policy

PREFIX = "RESTSRC_"
OF_THE_DEPLOYMENT = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "ALERT_URL",
        "COMMIT_AFTER_RECORDS",
        "COMMIT_AFTER_SECONDS",
        "CONNECTORS_DIR",
        "DATA_DIR",
        "DESTINATION",
        "POLICY",
        "SECRET_KEY",
        "TABLE_FORMAT",
        "WHERE_MERGE_IS_IMPOSSIBLE",
    )
)
"""Settings of this package: a connector called `secret` owns no RESTSRC_SECRET_KEY."""


class ReadableVariables:
    """Those of one connector.

    Args:
        policy: of the deployment; None allows all.
        connector: its name.
        others: names of other connectors: RESTSRC_ACME_EU_KEY is no variable of `acme` where there
            is an `acme_eu`.
    """

    def __init__(self, policy: Policy | None, connector: str, others: Iterable[str] = ()) -> None:
        self._policy = policy
        self._own = own_prefix(connector)
        prefixes = map(own_prefix, others)
        self._others = tuple(one for one in prefixes if one != self._own)
        listed = policy.variables if policy else "own"
        self._patterns: list[str] = []
        if not isinstance(listed, str):
            self._patterns = [*listed.get("*", ()), *listed.get(connector, ())]

    def __contains__(self, name: str) -> bool:
        if self._policy is None:
            return True
        if name in self._patterns:
            return True
        if name in OF_THE_DEPLOYMENT:
            return False
        return self._is_own(name) or any(fnmatchcase(name, one) for one in self._patterns)

    def of(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """The part of an environment that may be read."""
        if self._policy is None:
            return environment
        return {name: text for name, text in environment.items() if name in self}

    def refused(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(name, why and what to do) of each that may not be read."""
        for name in names:
            if name not in self and self._policy is not None:
                yield (
                    name,
                    f"{name} is no variable that this connector may read; it may read "
                    f"{', '.join([f'{self._own}…', *self._patterns])} "
                    f"{self._policy.at('variables')}",
                )

    def _is_own(self, name: str) -> bool:
        owners = [one for one in (self._own, *self._others) if name.startswith(one)]
        return max(owners, key=len, default="") == self._own


def own_prefix(connector: str) -> str:
    return f"{PREFIX}{connector.upper()}_"
