"""A sensor that is red while a connector file is broken, and says when files have changed."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import dagster as dg

from restsrc_dagster.connector.files.watch import FolderWatch, Trouble
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.orchestrate.checks import FILE_IN_ORDER
from restsrc_dagster.orchestrate.names import CONNECTOR_FILE_CHECK, CONNECTOR_FILES_SENSOR
from restsrc_dagster.settings import Settings

AT_ONCE = 500
"""Checks of which the storage is asked in one query: one by one, the first look at 500 connectors
takes seconds."""


def build_connector_files_sensor(
    watch: FolderWatch, checked: Mapping[str, Sequence[dg.AssetKey]], *, settings: Settings
) -> dg.SensorDefinition:
    """Watch the files of a folder.

    Args:
        watch: knows what was loaded.
        checked: by connector, the assets that have the check `connector_file`.
        settings: on a branch deployment, the sensor is off at first.
    """
    status = dg.DefaultSensorStatus
    changes = _Told(watch, checked)

    @dg.sensor(
        name=CONNECTOR_FILES_SENSOR,
        minimum_interval_seconds=30,
        default_status=status.STOPPED if settings.branch_deployment else status.RUNNING,
        description="Fails while a connector file is broken, naming each problem.",
    )
    def connector_files_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        in_all = len(watch.look().signature)
        changes.tell(context.instance)
        changed = ", ".join(watch.changed())
        waiting = (
            f"changed since this code location was loaded: {changed}; reload the location to use "
            "them"
        )
        if problems := watch.problems():
            raise ConnectorError([*problems, *([Problem("", "", waiting)] if changed else [])])
        return dg.SkipReason(
            waiting if changed else f"all connector files are in order ({in_all} in all)"
        )

    return connector_files_sensor


class _Told:
    """Keeps the checks `connector_file` on what the files are like."""

    def __init__(self, watch: FolderWatch, checked: Mapping[str, Sequence[dg.AssetKey]]) -> None:
        self._watch = watch
        self._checked = checked
        self._red: set[str] | None = None  # the connectors that were red at the last look

    def tell(self, instance: dg.DagsterInstance) -> None:
        """Record what the checks do not say yet of the files as they were at the last look.

        A file that is in order is told by the runs that read it, and here after it was not.
        """
        troubles = {name: self._watch.trouble_at_last_look(name) for name in self._checked}
        red = {name for name, trouble in troubles.items() if trouble}
        # What an earlier process has told is not known: all are looked at once.
        names = set(troubles) if self._red is None else red | self._red
        said = _said(instance, (key for name in names for key in self._checked[name]))
        for name in sorted(names):
            for key in self._checked[name]:
                evaluation = _evaluation(key, troubles[name])
                before = said.get(key)
                if evaluation.passed if before is None else not _differs(before, evaluation):
                    continue
                instance.report_runless_asset_event(evaluation)
        self._red = red


def _evaluation(key: dg.AssetKey, trouble: Trouble | None) -> dg.AssetCheckEvaluation:
    severity = dg.AssetCheckSeverity
    waits = trouble is not None and not trouble.problems
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=CONNECTOR_FILE_CHECK,
        passed=trouble is None,
        severity=severity.WARN if waits else severity.ERROR,
        description=trouble.says if trouble else FILE_IN_ORDER,
    )


def _differs(before: dg.AssetCheckEvaluation, now: dg.AssetCheckEvaluation) -> bool:
    if before.passed and now.passed:
        return False
    return (before.passed, before.description) != (now.passed, now.description)


def _said(
    instance: dg.DagsterInstance, keys: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, dg.AssetCheckEvaluation]:
    """The last result of each check; none while a run is still to give it."""
    found = {}
    checks = (dg.AssetCheckKey(key, CONNECTOR_FILE_CHECK) for key in keys)
    while some := list(islice(checks, AT_ONCE)):
        records = instance.event_log_storage.get_latest_asset_check_execution_by_key(some)
        for check, record in records.items():
            if isinstance(record.evaluation, dg.AssetCheckEvaluation):
                found[check.asset_key] = record.evaluation
    return found
