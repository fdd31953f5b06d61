"""The deployment's settings, all from the environment."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from restsrc_dagster.errors import SettingsError
from restsrc_dagster.policy.file import read_policy
from restsrc_dagster.policy.model import Policy

EPHEMERAL_MARKS = {
    "DAGSTER_CLOUD_DEPLOYMENT_NAME": "Dagster Cloud",
    "KUBERNETES_SERVICE_HOST": "Kubernetes",
}

TABLE_FORMATS = ("delta", "iceberg", "hive", "native")
WHERE_MERGE_IS_IMPOSSIBLE = ("refuse", "append", "replace")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where connectors are, and where data goes, and how, unless a connector says otherwise.

    `commit_after_*` is how much of a long list is read before it is committed, and
    `progress_seconds` how long a run goes on before it says how far it is. `alert_url` and
    `secret_key`, by which tokens are encrypted that are kept, are secrets. `policy` is what
    connector files may do, None where that is not restricted.
    """

    connectors_dir: Path = Path("connectors")
    data_dir: Path | None = None
    destination: str = "duckdb"
    table_format: str | None = None
    where_merge_is_impossible: str = "refuse"
    commit_after_records: int = 500_000
    commit_after_seconds: float = 120.0
    progress_seconds: float = 5.0
    ephemeral_on: str | None = None
    branch_deployment: bool = False
    alert_url: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    policy: Policy | None = field(default=None, hash=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        data_dir = environment.get("RESTSRC_DATA_DIR")
        policy = environment.get("RESTSRC_POLICY")
        return cls(
            connectors_dir=Path(environment.get("RESTSRC_CONNECTORS_DIR") or "connectors"),
            data_dir=Path(data_dir) if data_dir else None,
            destination=environment.get("RESTSRC_DESTINATION") or "duckdb",
            table_format=_one_of(environment, "RESTSRC_TABLE_FORMAT", TABLE_FORMATS),
            where_merge_is_impossible=_one_of(
                environment, "RESTSRC_WHERE_MERGE_IS_IMPOSSIBLE", WHERE_MERGE_IS_IMPOSSIBLE
            )
            or cls.where_merge_is_impossible,
            commit_after_records=int(
                _number(environment, "RESTSRC_COMMIT_AFTER_RECORDS", cls.commit_after_records)
            ),
            commit_after_seconds=_number(
                environment, "RESTSRC_COMMIT_AFTER_SECONDS", cls.commit_after_seconds
            ),
            ephemeral_on=next(
                (name for mark, name in EPHEMERAL_MARKS.items() if environment.get(mark)), None
            ),
            alert_url=environment.get("RESTSRC_ALERT_URL") or None,
            secret_key=environment.get("RESTSRC_SECRET_KEY") or None,
            policy=read_policy(Path(policy).absolute()) if policy else None,
            branch_deployment=environment.get("DAGSTER_CLOUD_IS_BRANCH_DEPLOYMENT") == "1",
        )

    def local_data_dir(self) -> Path:
        """The folder for local files.

        Raises:
            SettingsError: the deployment loses its disk with each run, and no folder is named.
        """
        if self.data_dir is not None:
            return self.data_dir
        if self.ephemeral_on is not None:
            raise SettingsError(
                f"on {self.ephemeral_on} a local file vanishes with the run: set "
                "RESTSRC_DESTINATION (or the connector's destination), or RESTSRC_DATA_DIR to a "
                "folder that stays"
            )
        return Path("data")

    def folder_of_files(self) -> Path | None:
        """The same; None where there is none."""
        try:
            return self.local_data_dir()
        except SettingsError:
            return None

    def file_of(self, connector: str) -> Path | None:
        """As `duckdb_file`; None where a run would be refused."""
        try:
            return self.duckdb_file(connector)
        except SettingsError:
            return None

    def duckdb_file(self, connector: str) -> Path:
        """The file of a connector that names no other; raises as `local_data_dir` does."""
        return (self.local_data_dir() / f"restsrc_{connector}.duckdb").absolute()


def _one_of(environment: Mapping[str, str], name: str, allowed: Sequence[str]) -> str | None:
    text = environment.get(name)
    if text and text not in allowed:
        raise SettingsError(f"{name} is {text!r}; it takes {', '.join(allowed)}")
    return text or None


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name)
    try:
        number = float(text) if text else default
    except ValueError:
        number = 0.0
    if not number >= 1:
        raise SettingsError(f"{name} is {text!r}; it takes a number of at least 1")
    return number


def default_dagster_yaml() -> str:
    """The text of the `dagster.yaml` that the project ships."""
    return (Path(__file__).parent / "dagster.yaml").read_text(encoding="utf-8")
