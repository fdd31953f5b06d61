"""What several commands share: options, finding a connector, telling problems."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from restsrc_dagster.connector.files.folder import connector_paths, read_connector
from restsrc_dagster.connector.files.lines import with_lines
from restsrc_dagster.connector.files.parse import SUFFIXES
from restsrc_dagster.connector.fitted import Fitted, fitted
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError, MissingPackage, Problem
from restsrc_dagster.permitted import refused
from restsrc_dagster.settings import Settings

connectors_dir_option = click.option(
    "--connectors-dir",
    type=click.Path(path_type=Path),
    default=lambda: Settings.from_environment().connectors_dir,
    show_default="RESTSRC_CONNECTORS_DIR, else connectors",
    help="The folder of connector files.",
)


def files_of(connectors_dir: Path, name: str) -> list[Path]:
    """The files of a connector, and that of one which is paused."""
    names = [f"{paused}{name}{suffix}" for paused in ("", "_") for suffix in SUFFIXES]
    return [path for one in names if (path := connectors_dir / one).exists()]


def named_connector(name: str, connectors_dir: Path) -> Connector:
    """The connector of a folder, or the one that is paused there."""
    by_stem = {path.stem: path for path in connector_paths(connectors_dir)}
    if name not in by_stem:
        if paused := files_of(connectors_dir, name):
            return read_connector(paused[0], name=name)
        known = ", ".join(by_stem) or "none"
        raise click.ClickException(f"{connectors_dir} has no connector {name!r}; it has {known}")
    return read_connector(by_stem[name])


def dlt_problems(connector: Connector, file: str) -> list[Problem]:
    """What the models take and nothing else does: what no file may do here; else the configuration,
    or the destination, or what that is to do."""
    from restsrc_dagster.extract.validation import validate_with_dlt
    from restsrc_dagster.load.destinations.destination import unknown_destination

    settings = Settings.from_environment()
    if problems := refused(connector, settings, file):
        return with_lines(problems, Path(file))
    if refusal := validate_with_dlt(connector):
        problems.append(Problem(file, "configuration", f"dlt refuses it: {refusal}"))
    if unknown := unknown_destination(connector, settings):
        problems.append(Problem(file, *unknown))
    cannot = _fitted(connector).refused
    problems += [Problem(file, refusal.path, refusal.message) for refusal in cannot]
    return with_lines(problems, Path(file))


def warn(connector: Connector, file: str) -> int:
    """Print the warnings of a connector, one a line, each with `file`.

    Returns:
        How many make `restsrc validate --strict` fail.

    Not counted is what somebody has chosen (what cannot be merged is written in another way), and
    credentials that are not here: a run has another environment. Packages are in an image as they
    are on a laptop: one that is missing counts.
    """
    from restsrc_dagster.load.destinations.readiness import unready

    warnings = [Problem(file, found.path, str(found)) for found in lint(connector)]
    lack = unready(connector, Settings.from_environment(), os.environ)
    lacks = [Problem(file, "destination", str(lack))] if lack else []
    instead = _fitted(connector).instead
    hints = [
        Problem(file, f"configuration.resources[{position}]", instead[name])
        for position, name in enumerate(connector.resources)
        if name in instead
    ]
    for warning in with_lines([*warnings, *hints, *lacks], Path(file)):
        click.echo(f"warning: {warning}", err=True)
    return len(warnings) + isinstance(lack, MissingPackage)


def _fitted(connector: Connector) -> Fitted:
    """As its destination can load it, by what is known without one."""
    from restsrc_dagster.load.destinations.abilities import abilities_by_name

    settings = Settings.from_environment()
    kind = connector.destination_type(settings.destination)
    return fitted(connector, abilities_by_name(kind), settings)


def fail_on(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConnectorError(problems)
