"""`restsrc`: write, check and look at connectors, and see the product run."""

import json
import os
import sys
from dataclasses import replace
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

import click

from restsrc_dagster.cli.add import add
from restsrc_dagster.cli.common import (
    connectors_dir_option,
    dlt_problems,
    fail_on,
    named_connector,
    warn,
)
from restsrc_dagster.cli.recipes import recipes
from restsrc_dagster.cli.stamp import created_now, stamp_text
from restsrc_dagster.connector.files.conflicts import conflicts
from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.files.folder import connector_paths, read_connector
from restsrc_dagster.connector.files.lines import with_lines
from restsrc_dagster.connector.files.parse import parse
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.schema import connector_schema
from restsrc_dagster.env_file import read_env_file
from restsrc_dagster.errors import ConnectorError, MissingVariable, Problem, RestsrcError
from restsrc_dagster.permitted import refused
from restsrc_dagster.policy.model import policy_schema
from restsrc_dagster.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="restsrc-dagster")
def cli() -> None:
    """Any REST API in Dagster, from a declarative configuration and a schedule."""


@cli.command()
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI.")
@click.option("--once", is_flag=True, help="Stop after the first run instead of on Ctrl-C.")
@click.option("--recipe", help="Show a recipe and a stand-in for its API: restsrc recipes.")
def demo(port: int, once: bool, recipe: str | None) -> None:
    """Run the whole product against a local API, in .restsrc-demo/."""
    from restsrc_dagster.demo.run import run_demo

    sys.exit(run_demo(port=port, recipe=recipe, exit_after_first_run=once, echo=click.echo))


cli.add_command(add)
cli.add_command(recipes)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def stamp(files: tuple[Path, ...]) -> None:
    """Write the created_at that FILES made by hand lack; touch nothing else."""
    for file in files:
        try:
            content = parse(file)
            if "created_at" in content:
                click.echo(f"{file}: has its created_at already, {content['created_at']}")
                continue
            text = file.read_bytes().decode("utf-8")
            stamped = stamp_text(text, created_now(), is_json=file.suffix == ".json")
        except ValueError as error:
            raise click.ClickException(f"{file}: {error}") from None
        file.write_bytes(stamped.encode("utf-8"))
        click.echo(f"{file}: stamped")


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Let no warning pass: exit 1.")
@connectors_dir_option
def validate(files: tuple[Path, ...], strict: bool, connectors_dir: Path) -> None:
    """Print every problem of every file (by default, of the folder) and exit 1 if there is one.

    Where a file says ${NAME} for a number, a list or a time, and the variable is set here, its
    value is checked, too.
    """
    paths = list(files) or connector_paths(connectors_dir)
    if not paths:
        click.echo(f"no connector files in {connectors_dir}")
        return
    settings = replace(Settings.from_environment(), connectors_dir=connectors_dir)
    problems: list[Problem] = []
    warnings = 0
    stems: dict[Path, Path] = {}
    connectors: dict[str, Connector] = {}
    paths_of: dict[str, str] = {}
    for path in paths:
        if (other := stems.setdefault(path.with_suffix(""), path)) is not path:
            problems.append(
                Problem(str(path), "", f"{other.name} names the same connector, {path.stem}")
            )
        try:
            connector = read_connector(path)
        except ConnectorError as error:
            problems += error.problems
            continue
        if found := refused(connector, settings, str(path)):
            problems += with_lines(found, path)
            connectors[connector.name] = connector
            paths_of[connector.name] = str(path)
            continue
        try:
            connector = in_environment(connector, os.environ, as_far_as_set=True)
        except MissingVariable as error:
            problems.append(Problem(str(path), "", str(error)))
            continue
        problems += dlt_problems(connector, str(path))
        warnings += warn(connector, str(path))
        connectors[connector.name] = connector
        paths_of[connector.name] = str(path)
    for name, place, message in conflicts(
        connectors, settings.destination, default_file=settings.file_of
    ):
        problems.append(Problem(paths_of[name], place, message))
    fail_on(problems)
    if warnings and strict:
        raise click.ClickException(f"{_counted(warnings, 'warning')}, and --strict lets none pass")
    warned = f" ({_counted(warnings, 'warning')})" if warnings else ""
    under = f", by the policy {settings.policy.file}" if settings.policy else ""
    click.echo(f"{_counted(len(paths), 'connector file')}, all in order{under}{warned}")


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


@cli.command("next")
@click.argument("name")
@click.option("-n", "count", default=5, show_default=True, type=click.IntRange(1, 10_000))
@connectors_dir_option
def next_slots(name: str, count: int, connectors_dir: Path) -> None:
    """Print the next slots of the connector NAME, in UTC."""
    connector = named_connector(name, connectors_dir)
    click.echo(connector.schedule.describe(connector.created_at), err=True)
    for slot in islice(connector.slots.upcoming(datetime.now(timezone.utc)), count):
        click.echo(slot.strftime("%Y-%m-%dT%H:%M:%SZ"))


@cli.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the schema to this file instead of printing it.",
)
@click.option("--policy", is_flag=True, help="That of a policy file, RESTSRC_POLICY, instead.")
def schema(output: Path | None, policy: bool) -> None:
    """Print the JSON Schema of a connector file, by which editors complete and explain."""
    made = policy_schema() if policy else connector_schema()
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"wrote {output}")


@cli.command("test")
@click.argument("name")
@click.option("--resource", "names", multiple=True, help="Only this resource; may be repeated.")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1), help="Records of a resource."
)
@click.option(
    "--destination", "looks", is_flag=True, help="Connect to the destination, too; write nothing."
)
@click.option("--json", "for_machines", is_flag=True, help="Print JSON instead of text.")
@connectors_dir_option
def test_read(
    name: str,
    names: tuple[str, ...],
    limit: int,
    looks: bool,
    for_machines: bool,
    connectors_dir: Path,
) -> None:
    """Read a little of the connector NAME without loading it, and tell what the API answers.

    Exit codes: 0, all is well; 1, change the configuration; 3, the API refuses the access;
    4, the API answered something else, or nothing; 5, the destination cannot be reached.
    """
    from restsrc_dagster.cli.sample.destination import DestinationTold
    from restsrc_dagster.cli.sample.read import samples_of
    from restsrc_dagster.cli.sample.report import as_json, as_text
    from restsrc_dagster.cli.sample.verdict import exit_code

    connector = named_connector(name, connectors_dir)
    _refuse_unknown(connector, names)
    samples = []
    for sample in samples_of(
        connector,
        list(names or connector.resources),
        limit=limit,
        progress=lambda text: click.echo(text, err=True),
    ):
        samples.append(sample)
        if not for_machines:
            click.echo("\n".join(as_text(sample)) + "\n")
    destination = DestinationTold(connector) if looks else None
    if for_machines:
        beside = {"destination": destination.facts} if destination else {}
        click.echo(as_json(connector, samples, **beside))
    elif destination:
        click.echo("\n".join(destination.lines()))
    sys.exit(exit_code(samples) or (destination.exit_code if destination else 0))


@cli.command("plan")
@click.argument("name")
@click.option(
    "--full-refresh", is_flag=True, help="As if the run were to read everything into empty tables."
)
@click.option("--resource", "names", multiple=True, help="Only this resource; may be repeated.")
@click.option("--json", "for_machines", is_flag=True, help="Print JSON instead of text.")
@connectors_dir_option
def plan_next(
    name: str,
    full_refresh: bool,
    names: tuple[str, ...],
    for_machines: bool,
    connectors_dir: Path,
) -> None:
    """Print what the next run of the connector NAME would do, and why; nothing is requested.

    It looks into the destination, and writes nothing there. Exit codes: 0, all would be read;
    1, a resource would not be, or the destination cannot be looked into.
    """
    from restsrc_dagster.cli.plan import as_json, as_text, exit_code
    from restsrc_dagster.load.planning import plan_load

    connector = named_connector(name, connectors_dir)
    _refuse_unknown(connector, names)
    chosen = frozenset(names or connector.resources)
    plan = plan_load(
        connector,
        selection=chosen,
        refresh=chosen if full_refresh else frozenset(),
        settings=Settings.from_environment(),
    )
    click.echo(as_json(connector, plan) if for_machines else "\n".join(as_text(connector, plan)))
    sys.exit(exit_code(plan))


def _refuse_unknown(connector: Connector, names: tuple[str, ...]) -> None:
    if unknown := [item for item in names if item not in [*connector.resources]]:
        known = ", ".join(connector.resources)
        raise click.ClickException(
            f"{connector.name} has no resource {unknown[0]!r}; it has {known}"
        )


def main() -> None:
    """The entry point: what the package raises on purpose is a message, not a traceback.

    A file `.env` in the working folder counts as it does for `dagster dev`, which lets it win.
    """
    read_env_file()
    try:
        cli()
    except RestsrcError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
