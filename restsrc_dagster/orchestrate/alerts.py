"""What went wrong, told to a webhook: once for each cause, and once more when it is well again."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

import dagster as dg
from typing_extensions import Self

from restsrc_dagster.connector.files.watch import FolderWatch, not_in_order
from restsrc_dagster.connector.model import AlertKind, Connector
from restsrc_dagster.orchestrate.checks import TOLD_AGAIN
from restsrc_dagster.orchestrate.names import (
    ALERTS_SENSOR,
    CONNECTOR_FILE_CHECK,
    SCHEMA_CHECK,
    connector_of_job,
    connector_of_op,
)
from restsrc_dagster.orchestrate.runs import ENDED
from restsrc_dagster.settings import Settings

INTERVAL_SECONDS = 30
RUNS_AT_ONCE = 200
RUNS_REMEMBERED = 500
LONGEST_TEXT = 1500
TIMEOUT_SECONDS = 10
OVERDUE = ("WARN", "FAIL")
_VARYING = re.compile(r"\b(?:[0-9a-f]{8,}|\d+)\b")
"""Numbers and ids, not those in names: the same reason has others of them each time."""


@dataclass(frozen=True)
class Watched:
    """A connector of the location: what it wants to be told of, and its assets."""

    kinds: frozenset[AlertKind]
    keys: frozenset[dg.AssetKey]

    @classmethod
    def of(cls, connector: Connector, keys: Sequence[dg.AssetKey]) -> Self:
        return cls(frozenset(connector.alerts.on), frozenset(keys))


@dataclass(frozen=True)
class News:
    """Of a connector, what is wrong with it now, or is no more (`says` is None).

    `cause` names it for as long as it lasts. What only happens, and does not last, has none.
    """

    connector: str
    kind: AlertKind
    cause: str | None
    says: str | None
    well: str = ""


@dataclass
class Memory:
    """What was told, from tick to tick.

    `after` is when the last run that was looked at had changed, `open` the causes that last, with
    a digest of what was told, by connector; `seen` are the last runs that were looked at.
    """

    after: float
    open: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, cursor: str | None, now: datetime) -> Self:
        """Without a cursor nothing of the past is told."""
        try:
            content = json.loads(cursor or "{}")
            return cls(float(content["after"]), dict(content["open"]), list(content["seen"]))
        except (ValueError, TypeError, KeyError):
            return cls(now.timestamp())

    def dump(self) -> str:
        return json.dumps(vars(self))

    def lines(self, news: News) -> Iterator[str]:
        """What there is to say of it: nothing of what was told already, and lasts."""
        if news.cause is None:
            if news.says:
                yield news.says
            return
        known = self.open.setdefault(news.connector, {})
        if news.says is None:
            if known.pop(news.cause, None) is not None:
                yield news.well
        elif known.get(news.cause) != (digest := _fingerprint(news.says)):
            known[news.cause] = digest
            yield news.says
        if not known:
            del self.open[news.connector]


def build_alerts_sensor(
    watches: Sequence[FolderWatch],
    connectors: Mapping[str, Watched],
    *,
    url: str,
    settings: Settings,
) -> dg.SensorDefinition:
    """The sensor that tells the webhook at `url`, which takes `{"text": …}` as Slack's do.

    Args:
        watches: look at the files of connectors.
        connectors: by name.
        url: a secret.
        settings: on a branch deployment, the sensor is off at first.
    """
    status = dg.DefaultSensorStatus
    teller = _Teller(url)

    @dg.sensor(
        name=ALERTS_SENSOR,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=status.STOPPED if settings.branch_deployment else status.RUNNING,
        description="Tells the webhook of RESTSRC_ALERT_URL what went wrong, once for each cause, "
        "and when it is well again.",
    )
    def alerts_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        memory = Memory.parse(context.cursor, datetime.now(timezone.utc))
        lines: dict[str, list[str]] = {}
        news = [
            *_of_runs(context.instance, connectors, memory),
            *(one for watch in watches for one in _of_files(watch, memory)),
            *_of_freshness(context.instance, connectors, memory),
        ]
        for one in news:
            watched = connectors.get(one.connector)
            if watched is None or one.kind in watched.kinds:
                lines.setdefault(one.connector, []).extend(memory.lines(one))
        alerted = teller.tell(lines)
        return dg.SensorResult(
            skip_reason=f"told of {', '.join(alerted)}" if alerted else None,
            cursor=memory.dump(),
        )

    return alerts_sensor


class _Teller:
    """Sends a message for each connector; after one that failed, none of them twice."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sent: set[str] = set()

    def tell(self, lines: Mapping[str, Sequence[str]]) -> list[str]:
        """The connectors that there was something to say of.

        Raises:
            dagster.Failure: the webhook does not take a message; all is told by the next tick.
        """
        alerted = [name for name in sorted(lines) if lines[name]]
        for name in alerted:
            text = "\n".join(lines[name])
            if (digest := f"{name} {_fingerprint(text)}") not in self._sent:
                self._send(text)
                self._sent.add(digest)
        self._sent.clear()
        return alerted

    def _send(self, text: str) -> None:
        import requests

        try:
            answer = requests.post(
                self._url, json={"text": text}, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:  # whose text has the address, a secret
            raise dg.Failure(
                f"the webhook of RESTSRC_ALERT_URL cannot be reached: {type(error).__name__}"
            ) from None
        if not answer.ok or answer.is_redirect:
            raise dg.Failure(f"the webhook of RESTSRC_ALERT_URL answers {answer.status_code}")


def _of_runs(
    instance: dg.DagsterInstance, connectors: Mapping[str, Watched], memory: Memory
) -> Iterator[News]:
    """Of the runs that have ended since the last tick, and of the checks that they evaluated."""
    after = datetime.fromtimestamp(memory.after, timezone.utc)
    records = instance.get_run_records(
        dg.RunsFilter(statuses=list(ENDED), updated_after=after),
        limit=RUNS_AT_ONCE,
        order_by="update_timestamp",
        ascending=True,
    )
    owners = {key: name for name, watched in connectors.items() for key in watched.keys}
    for record in records:
        run = record.dagster_run
        memory.after = record.update_timestamp.replace(tzinfo=timezone.utc).timestamp()
        names = _connectors_of(run, owners) & connectors.keys()
        if not names or run.run_id in memory.seen:
            continue
        memory.seen = [*memory.seen, run.run_id][-RUNS_REMEMBERED:]
        if run.status is not dg.DagsterRunStatus.CANCELED and not _comes_again(run):
            yield from _of_steps(instance, run, names, connectors)
        yield from _of_checks(instance, run, owners)


def _comes_again(run: dg.DagsterRun) -> bool:
    """Whether Dagster will run it once more by itself: it has not failed for good."""
    return run.tags.get("dagster/will_retry") == "true"


def _connectors_of(run: dg.DagsterRun, owners: Mapping[dg.AssetKey, str]) -> set[str]:
    names = {owners[key] for key in run.asset_selection or () if key in owners}
    of_job = connector_of_job(run.job_name)
    return names | ({of_job} if of_job else set())


def _of_steps(
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    names: set[str],
    connectors: Mapping[str, Watched],
) -> Iterator[News]:
    """Which of a run's connectors have failed, and which have come to their end.

    A run of some assets that goes well says nothing of the others.
    """
    kinds = dg.DagsterEventType
    ends = {kinds.STEP_FAILURE, kinds.STEP_SUCCESS}
    reasons: dict[str, str | None] = {}
    for entry in instance.get_records_for_run(run.run_id, of_type=ends).records:
        event = entry.event_log_entry.dagster_event
        name = connector_of_op(event.step_key or "") if event else None
        if event is not None and name in names:
            failed = event.event_type is kinds.STEP_FAILURE
            reasons[name] = _reason(event) if failed else None
    if run.status is dg.DagsterRunStatus.FAILURE:
        for name in names - reasons.keys():
            reasons[name] = "its worker stopped"
    for name, reason in sorted(reasons.items()):
        if reason is None and connectors[name].keys - (
            run.asset_selection or connectors[name].keys
        ):
            continue
        says = None if reason is None else f"{name} failed (run {run.run_id[:8]}): {reason}"
        yield News(name, "failure", "failure", says, f"{name}: runs go well again")


def _reason(event: Any) -> str:
    data = event.step_failure_data
    described = data.user_failure_data.description if data.user_failure_data else None
    return _short(described or (data.error.message if data.error else "no reason is known"))


def _of_checks(
    instance: dg.DagsterInstance, run: dg.DagsterRun, owners: Mapping[dg.AssetKey, str]
) -> Iterator[News]:
    records = instance.get_records_for_run(
        run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    for record in records:
        event = record.event_log_entry.dagster_event
        found = event.event_specific_data if event else None
        if not isinstance(found, dg.AssetCheckEvaluation) or found.asset_key not in owners:
            continue
        if found.check_name == CONNECTOR_FILE_CHECK or TOLD_AGAIN in found.metadata:
            continue
        asset, name = "/".join(found.asset_key.path), owners[found.asset_key]
        says = None
        if not found.passed:
            says = f"{asset}, check {found.check_name}: {_short(found.description or 'failed')}"
        if found.check_name == SCHEMA_CHECK:  # a change happens once
            yield News(name, "schema", None, says)
        else:
            well = f"{asset}, check {found.check_name}: passes again"
            yield News(name, "check", f"{found.check_name} {asset}", says, well)


def _of_files(watch: FolderWatch, memory: Memory) -> Iterator[News]:
    folder = watch.look()
    problems = watch.problems_by_name()
    told_of = {name for name, causes in memory.open.items() if "file" in causes}
    for name in sorted(problems.keys() | told_of):
        file, found = watch.file(name), problems.get(name)
        says = _short(not_in_order(file, found).says) if found else None
        is_there = name in folder.connectors
        well = f"{file} is in order again" if is_there else f"{name} has no file any more"
        yield News(name, "file", "file", says, well)


def _of_freshness(
    instance: dg.DagsterInstance, connectors: Mapping[str, Watched], memory: Memory
) -> Iterator[News]:
    """Of connectors that are overdue though none of their runs has failed."""
    keys = [key for watched in connectors.values() for key in watched.keys]
    records = instance.get_freshness_state_records(keys)
    for name, watched in sorted(connectors.items()):
        late = sorted(
            key.path[-1]
            for key in watched.keys & records.keys()
            if records[key].freshness_state.value in OVERDUE
        )
        if late and memory.open.get(name, {}).keys() & {"failure", "file"}:
            continue  # which is why
        says = f"{name} is overdue: {', '.join(late)} had no load in time" if late else None
        yield News(name, "freshness", "freshness", says, f"{name} is in time again")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"


def _fingerprint(text: str) -> str:
    return sha256(_VARYING.sub("#", text).encode()).hexdigest()[:12]
