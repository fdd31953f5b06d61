"""The location as a process sees it that is there for one run: its job, and nobody else's.

Such a process asks for the run's job by its name, and a connector's job needs that connector's file
alone. Whatever else is asked for, such as the job of the asset graph, and all of it as soon as the
definitions are merged with others, comes from the definitions of all connectors.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from functools import cached_property, partial
from typing import Any

import dagster as dg

from restsrc_dagster.orchestrate.dagster_private import DefinitionsLoadContext, DefinitionsLoadType

LISTS = ("assets", "jobs", "schedules", "sensors")


def is_reconstruction() -> bool:
    """Whether this process loads again what a code server has loaded before: for a run, a step."""
    if not DefinitionsLoadContext.is_set():
        return False
    return DefinitionsLoadContext.get().load_type is DefinitionsLoadType.RECONSTRUCTION


def is_code_server() -> bool:
    """Whether this process loads the location for others, and keeps it."""
    if not DefinitionsLoadContext.is_set():
        return False
    return DefinitionsLoadContext.get().load_type is DefinitionsLoadType.INITIALIZATION


def definitions_for_a_run(
    whole: Callable[[], dg.Definitions],
    part: Callable[[str], dg.Definitions | None],
    *,
    executor: dg.ExecutorDefinition | None,
) -> dg.Definitions:
    """The definitions of `whole`, which are made when, and if, they are asked for.

    Args:
        whole: makes all of them.
        part: makes those that a job needs, by its name: it is the same there as in `whole`. None
            where it is not known to be.
        executor: that of `whole`.
    """
    repository = _AsAskedFor(whole, part)
    lists = {name: _Later() for name in LISTS}
    definitions = _ForARun(
        assets=lists["assets"],
        jobs=lists["jobs"],
        schedules=lists["schedules"],
        sensors=lists["sensors"],
        executor=executor,
    )
    for name, later in lists.items():
        later.make = partial(repository.listed, name)
    vars(definitions)[_REPOSITORY] = dg.RepositoryDefinition(
        dg.Definitions().get_repository_def().name, repository_data=repository
    )
    return definitions


_REPOSITORY = "_repository_for_a_run"


class _ForARun(dg.Definitions):
    def get_repository_def(self) -> dg.RepositoryDefinition:
        # A copy that was made to differ has none, and is resolved as any other.
        found: dg.RepositoryDefinition | None = vars(self).get(_REPOSITORY)
        return found or super().get_repository_def()


class _Later(Sequence[Any]):
    """A list that is made when somebody looks at it.

    Definitions look into their lists as they are constructed: until `make` is set, it is empty.
    """

    make: Callable[[], Sequence[Any]] | None = None

    def __len__(self) -> int:
        return len(self._items())

    def __getitem__(self, position: Any) -> Any:
        return self._items()[position]

    def _items(self) -> Sequence[Any]:
        return self.make() if self.make else ()


class _AsAskedFor(dg.RepositoryData):
    def __init__(
        self, whole: Callable[[], dg.Definitions], part: Callable[[str], dg.Definitions | None]
    ) -> None:
        self._make_whole = whole
        self._make_part = part
        self._jobs: dict[str, dg.JobDefinition] = {}

    @cached_property
    def _definitions(self) -> dg.Definitions:
        return self._make_whole()

    @property
    def _whole(self) -> dg.RepositoryDefinition:
        return self._definitions.get_repository_def()

    def listed(self, name: str) -> Sequence[Any]:
        """One of `LISTS`, whole."""
        return list(getattr(self._definitions, name) or ())

    def get_job(self, job_name: str) -> dg.JobDefinition:
        if job_name not in self._jobs:
            part = self._make_part(job_name)
            repository = self._whole if part is None else part.get_repository_def()
            self._jobs[job_name] = repository.get_job(job_name)
        return self._jobs[job_name]

    def get_job_names(self) -> Sequence[str]:
        return self._whole.job_names

    def has_job(self, job_name: str) -> bool:
        return self._whole.has_job(job_name)

    def get_all_jobs(self) -> Sequence[dg.JobDefinition]:
        return self._whole.get_all_jobs()

    def get_all_schedules(self) -> Sequence[dg.ScheduleDefinition]:
        return self._whole.schedule_defs

    def get_all_sensors(self) -> Sequence[dg.SensorDefinition]:
        return self._whole.sensor_defs

    def get_source_assets_by_key(self) -> Mapping[dg.AssetKey, dg.SourceAsset]:
        return self._whole.source_assets_by_key

    def get_assets_defs_by_key(self) -> Mapping[dg.AssetKey, dg.AssetsDefinition]:
        return self._whole.assets_defs_by_key

    def get_asset_checks_defs_by_key(self) -> Mapping[dg.AssetCheckKey, dg.AssetChecksDefinition]:
        return self._whole.asset_checks_defs_by_key

    def get_top_level_resources(self) -> Mapping[str, dg.ResourceDefinition]:
        return self._whole.get_top_level_resources()

    def get_env_vars_by_top_level_resource(self) -> Mapping[str, Set[str]]:
        return self._whole.get_env_vars_by_top_level_resource()
