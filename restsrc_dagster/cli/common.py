"""What several commands share: options, finding a connector, telling problems."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from restsrc_dagster.connector.files import connector_paths, read_connector
from restsrc_dagster.connector.lines import with_lines
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.settings import Settings

connectors_dir_option = click.option(
    "--connectors-dir",
    type=click.Path(path_type=Path),
    default=lambda: Settings.from_environment().connectors_dir,
    show_default="RESTSRC_CONNECTORS_DIR, else connectors",
    help="The folder of connector files.",
)


def named_connector(name: str, connectors_dir: Path) -> Connector:
    by_stem = {path.stem: path for path in connector_paths(connectors_dir)}
    if name not in by_stem:
        known = ", ".join(by_stem) or "none"
        raise click.ClickException(f"{connectors_dir} has no connector {name!r}; it has {known}")
    return read_connector(by_stem[name])


def dlt_problems(connector: Connector, file: str) -> list[Problem]:
    """What dlt does not take, though the models do: the configuration, or the destination."""
    from restsrc_dagster.extract.dry import dlt_refusal
    from restsrc_dagster.load.destination import unknown_destination

    problems = []
    if refusal := dlt_refusal(connector):
        problems.append(Problem(file, "configuration", f"dlt refuses it: {refusal}"))
    if unknown := unknown_destination(connector, Settings.from_environment()):
        problems.append(Problem(file, *unknown))
    return with_lines(problems, Path(file))


def warn(connector: Connector, file: str) -> int:
    """Print what is valid and will hurt later; how many there are.

    What the destination lacks here is printed, too, but not counted: a run has another environment.
    """
    warnings = [Problem(file, lint.path, str(lint)) for lint in connector.lints]
    lack = _lack(connector)
    told = [*warnings, Problem(file, "destination", lack)] if lack else warnings
    for warning in with_lines(told, Path(file)):
        click.echo(f"warning: {warning}", err=True)
    return len(warnings)


def _lack(connector: Connector) -> str | None:
    from restsrc_dagster.load.unready import unready

    return unready(connector, Settings.from_environment(), os.environ)


def fail_on(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConnectorError(problems)
