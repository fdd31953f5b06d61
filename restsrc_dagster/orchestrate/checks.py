"""The checks of a connector's assets: which there are, and what a run says by them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.unverified import told_of_unverified
from restsrc_dagster.connector.visible import without_markup
from restsrc_dagster.errors import Problem, RestsrcError
from restsrc_dagster.orchestrate.names import CONNECTOR_FILE_CHECK, DELIVERY_CHECK, SCHEMA_CHECK

if TYPE_CHECKING:
    from restsrc_dagster.load.report import ResourceReport

DESCRIPTIONS = {
    DELIVERY_CHECK: "Warns where the API gave less than it announced, or nothing any more, and "
    "where records do not fit into the table as they are.",
    SCHEMA_CHECK: "Tells new columns, columns that get no value any more, and values of another "
    "type than the column has, since the load before.",
    CONNECTOR_FILE_CHECK: "Fails while the connector's file is not in order, and warns while it "
    "waits for a reload.",
}
FILE_IN_ORDER = "The file is in order."
_CHECKABLE = re.compile(r"[A-Za-z0-9_-]+")
"""Dagster makes the name of a check's output from the key; it is no name for `a/b` or `é`."""
_LOOKED_BACK = 25
TOLD_AGAIN = "told_again"
"""In the metadata of a result that is the one of a load before."""


def check_specs(
    connector: Connector, keys: Sequence[dg.AssetKey], *, broken: bool
) -> list[dg.AssetCheckSpec]:
    """Of each asset what its loads tell; of one what its file tells, of all if that is broken.

    Dagster shows no result of a check that is not defined: a file that is edited into error has
    its check from before.
    """
    checkable = [key for key in keys if _CHECKABLE.fullmatch("".join(key.path))]
    of_loads = [DELIVERY_CHECK]
    if connector.on_schema_change != "ignore":
        of_loads.append(SCHEMA_CHECK)
    wanted = [(name, key) for key in checkable for name in of_loads]
    wanted += [(CONNECTOR_FILE_CHECK, key) for key in (checkable if broken else checkable[:1])]
    return [
        dg.AssetCheckSpec(name, asset=key, description=DESCRIPTIONS[name]) for name, key in wanted
    ]


def problems_in_words(problems: Sequence[Problem]) -> str:
    """What assets, job and schedule of a broken connector say of it, as text and as Markdown."""
    lines = "\n".join(f"- {problem}" for problem in problems)
    file = Path(problems[0].file).name
    return f"{file} is not in order, and nothing is loaded until it is.\n\n{lines}"


def of_the_file(
    checks: Iterable[dg.AssetCheckKey], problems: Sequence[Problem]
) -> Iterator[dg.AssetCheckResult]:
    """What a run says of the connector's file, which it has just read."""
    for check in sorted(checks):
        if check.name == CONNECTOR_FILE_CHECK:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=CONNECTOR_FILE_CHECK,
                passed=not problems,
                description=problems_in_words(problems) if problems else FILE_IN_ORDER,
            )


def of_loads(checks: Iterable[dg.AssetCheckKey]) -> list[dg.AssetCheckKey]:
    """Those that a load gives a result for, and no look at the file."""
    return [check for check in checks if check.name != CONNECTOR_FILE_CHECK]


def of_a_load(
    connector: Connector, checks: Iterable[dg.AssetCheckKey], report: "ResourceReport"
) -> Iterator[dg.AssetCheckResult]:
    """What a run says of an asset that it has loaded; `checks` are those of the asset."""
    severity = dg.AssetCheckSeverity
    for check in sorted(checks):
        if check.name == DELIVERY_CHECK:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=DELIVERY_CHECK,
                passed=not report.warnings,
                severity=severity.WARN,
                description=_of_the_delivery(connector, report),
                metadata={"records": report.read.records, "missing": report.missing},
            )
        elif check.name == SCHEMA_CHECK:
            lines = report.changes.lines
            fails = connector.on_schema_change == "fail"
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=SCHEMA_CHECK,
                passed=not lines,
                severity=severity.ERROR if fails else severity.WARN,
                description="\n\n".join(map(without_markup, lines))
                or "No column is new, gone, without values or of another type.",
            )


def _of_the_delivery(connector: Connector, report: "ResourceReport") -> str | None:
    """Its warnings; and what nobody can tell of it, which is none."""
    lines = list(report.warnings)
    lines += (
        told_of_unverified(connector.resources[name], pages)
        for name, pages in report.read.unverified.items()
    )
    return "\n".join(map(without_markup, lines)) or None


def loaded_too(
    connector: Connector, key: dg.AssetKey, report: "ResourceReport"
) -> Iterator[dg.AssetCheckEvaluation]:
    """What a run says of an asset that it has loaded though it was not selected."""
    names = {check.name for check in check_specs(connector, [key], broken=False)}
    for result in of_a_load(connector, [dg.AssetCheckKey(key, name) for name in names], report):
        yield dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=str(result.check_name),
            passed=result.passed,
            severity=result.severity,
            description=result.description,
            metadata=result.metadata,
        )


class ColumnsChanged(RestsrcError):
    """Those of a table, where the file says that a run fails then. Its rows are loaded."""

    def __init__(self, resource: str, lines: Iterable[str]) -> None:
        super().__init__(
            f"{resource}: its columns have changed, and on_schema_change is fail. "
            f"{'; '.join(lines)}. The rows are loaded: look whether they are what is wanted; the "
            "next run does not fail for the same change"
        )


def refused_changes(
    connector: Connector, reports: Iterable["ResourceReport"]
) -> Iterator[ColumnsChanged]:
    """For each resource whose columns have changed, if the file says that a run fails then."""
    if connector.on_schema_change != "fail":
        return
    for report in reports:
        if lines := report.changes.lines:
            yield ColumnsChanged(report.resource, lines)


def refused_before(
    instance: dg.DagsterInstance, run_id: str, connector: Connector
) -> Iterator[ColumnsChanged]:
    """The same, of what a run had loaded before it tried again: no load tells a change twice."""
    if connector.on_schema_change != "fail":
        return
    evaluated = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    for record in instance.get_records_for_run(run_id, of_type=evaluated).records:
        event = record.event_log_entry.dagster_event
        found = event.asset_check_evaluation_data if event is not None else None
        if found is not None and found.check_name == SCHEMA_CHECK and not found.passed:
            lines = (found.description or "").split("\n\n")
            yield ColumnsChanged(found.asset_key.path[-1], lines)


def told_again(
    instance: dg.DagsterInstance, checks: Iterable[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """The last result of each check, for a run that is to evaluate it and loads nothing for it.

    Dagster takes a check without a result for one that was skipped.
    """
    for check in sorted(checks):
        # Only the storage itself tells what came before the run that is going.
        records = instance.event_log_storage.get_asset_check_execution_history(
            check, limit=_LOOKED_BACK
        )
        evaluations = (
            record.evaluation
            for record in records
            if isinstance(record.evaluation, dg.AssetCheckEvaluation)
        )
        last = next(evaluations, None)
        if last is not None:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=last.passed,
                severity=last.severity,
                description=last.description,
                metadata={**last.metadata, TOLD_AGAIN: True},
            )
