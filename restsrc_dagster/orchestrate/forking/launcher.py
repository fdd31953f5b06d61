"""The run launcher for `dagster.yaml`: forked runs where that is possible, else Dagster's own."""

import logging
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DefaultRunLauncher
from typing_extensions import Self

from restsrc_dagster.orchestrate.dagster_private import (
    HIDDEN_TAG_PREFIX,
    CheckRunHealthResult,
    ConfigurableClassData,
    GrpcServerCodeLocation,
    LaunchRunContext,
    ResumeRunContext,
    WorkerStatus,
    serialize_value,
)
from restsrc_dagster.orchestrate.forking.client import AVOIDED_FOR, Gone, NotForked, Servers
from restsrc_dagster.orchestrate.forking.place import Place
from restsrc_dagster.orchestrate.forking.surroundings import (
    NotHere,
    Surroundings,
    surroundings_of,
)

FORKED_TAG = f"{HIDDEN_TAG_PREFIX}restsrc_forked"
"""Of a run that a server was asked for: the name of the launch, empty if that failed."""

log = logging.getLogger("dagster.restsrc")


class ForkingRunLauncher(DefaultRunLauncher):
    """Forks runs from a process that has imported what they need.

    It does so on Linux, for code locations whose server Dagster has started on this machine, as
    `dagster dev`, the webserver and the daemon do, with this Python. All other runs are launched
    as `DefaultRunLauncher` does.

    Args:
        runs: after how many runs a server is replaced.
        idle_minutes: after how many minutes without a run it goes.
    """

    def __init__(
        self,
        inst_data: ConfigurableClassData | None = None,
        *,
        runs: int = 1000,
        idle_minutes: float = 30,
    ) -> None:
        super().__init__(inst_data=inst_data)
        self._runs = runs
        self._idle_seconds = idle_minutes * 60
        self._known_servers: Servers | None = None
        self._told: set[str] = set()
        self._avoided: dict[str, float] = {}

    @classmethod
    def config_type(cls) -> Any:
        return {
            "runs": dg.Field(dg.IntSource, default_value=1000),
            "idle_minutes": dg.Field(float, default_value=30.0),
        }

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        try:
            self._fork(context, resume=False)
        except NotForked as why:
            self._tell_once(str(why))
            super().launch_run(context)

    @property
    def supports_resume_run(self) -> bool:
        return True

    def resume_run(self, context: ResumeRunContext) -> None:
        try:
            self._fork(context, resume=True)
        except NotForked as why:
            raise dg.DagsterInvariantViolationError(f"the run is not resumed: {why}") from why

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id) if self.has_instance else None
        if run is None or run.is_finished or not run.tags.get(FORKED_TAG):
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        return self._servers().terminate(run_id, run.tags[FORKED_TAG])

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Of a run that was not forked nobody knows; Dagster's own launcher does not tell, too."""
        if not (launch := run.tags.get(FORKED_TAG)):
            return CheckRunHealthResult(WorkerStatus.RUNNING, "is not looked after")
        if self._servers().is_there(run.run_id, launch):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "its process is not there any more")

    def dispose(self) -> None:
        if self._known_servers is not None:
            self._known_servers.close()
        super().dispose()

    def _fork(self, context: LaunchRunContext | ResumeRunContext, *, resume: bool) -> None:
        """Raises NotForked if that is impossible."""
        run_id = context.dagster_run.run_id
        surroundings = self._surroundings(context)
        if time.monotonic() < self._avoided.get(surroundings.key, 0.0):
            raise NotForked("its server could not be started a while ago")
        try:
            try:
                self._ask_for(run_id, surroundings, resume)
            except Gone:
                self._ask_for(run_id, surroundings, resume)
        except NotForked:
            self._avoided[surroundings.key] = time.monotonic() + AVOIDED_FOR
            self._instance.add_run_tags(run_id, {FORKED_TAG: ""})
            raise
        self._run_ids.add(run_id)

    def _ask_for(self, run_id: str, surroundings: Surroundings, resume: bool) -> None:
        launch = f"{run_id}.{uuid.uuid4().hex[:8]}"
        self._instance.add_run_tags(run_id, {FORKED_TAG: launch})
        order = {
            "run": run_id,
            "launch": launch,
            "instance": serialize_value(self._instance.get_ref()),
            "resume": resume,
        }
        self._servers().launch(surroundings, order)

    def _surroundings(self, context: LaunchRunContext | ResumeRunContext) -> Surroundings:
        """Of the run's code location; raises NotForked as `_fork` does."""
        run = context.dagster_run
        if not sys.platform.startswith("linux"):
            raise NotForked("runs are forked on Linux only")
        if run.job_code_origin is None or run.remote_job_origin is None or not context.workspace:
            raise NotForked("nothing says where its code is")
        if run.job_code_origin.repository_origin.executable_path != sys.executable:
            raise NotForked("its code location has another Python")
        name = run.remote_job_origin.repository_origin.code_location_origin.location_name
        location = context.workspace.get_code_location(name)
        path = location.client.socket if isinstance(location, GrpcServerCodeLocation) else None
        if not path:
            raise NotForked(f"the code server of {name} is not one that Dagster has started here")
        try:
            return surroundings_of(path)
        except NotHere as why:
            raise NotForked(str(why)) from why

    def _servers(self) -> Servers:
        if self._known_servers is None:
            place = Place(Path(self._instance.storage_directory()))
            parts = self._instance.get_ref()
            modules = {it.module_name for it in parts if isinstance(it, ConfigurableClassData)}
            self._known_servers = Servers(
                place,
                runs=self._runs,
                idle_seconds=self._idle_seconds,
                modules=sorted(modules),
            )
        return self._known_servers

    def _tell_once(self, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            log.warning("Runs are launched by Dagster's own launcher: %s", why)
