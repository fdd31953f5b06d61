"""`restsrc`: write, check and look at connectors, and see the product run."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from restsrc_dagster.cli.stamp import created_now, stamp_text
from restsrc_dagster.connector.files import check_content, connector_paths, read_connector
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.parse import SUFFIXES, parse
from restsrc_dagster.connector.schedule import WORDS_EXAMPLES, parse_schedule
from restsrc_dagster.connector.secrets import literal_secrets
from restsrc_dagster.errors import ConnectorError, Problem, RestsrcError
from restsrc_dagster.settings import Settings

connectors_dir_option = click.option(
    "--connectors-dir",
    type=click.Path(path_type=Path),
    default=lambda: Settings.from_environment().connectors_dir,
    show_default="RESTSRC_CONNECTORS_DIR, else connectors",
    help="The folder of connector files.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="restsrc-dagster")
def cli() -> None:
    """Any REST API in Dagster, from a declarative configuration and a schedule."""


@cli.command()
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI.")
@click.option("--once", is_flag=True, help="Stop after the first run instead of on Ctrl-C.")
def demo(port: int, once: bool) -> None:
    """Run the whole product against a local API, in .restsrc-demo/."""
    from restsrc_dagster.demo.run import run_demo

    sys.exit(run_demo(port=port, exit_after_first_run=once, echo=click.echo))


@cli.command()
@click.argument("name")
@click.option(
    "--config",
    "config_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON or YAML file with a dlt rest_api configuration.",
)
@click.option("--schedule", "words", required=True, help=f"For example {WORDS_EXAMPLES}.")
@click.option("--description", help="What the connector brings, for the UI.")
@connectors_dir_option
def add(
    name: str, config_file: Path, words: str, description: str | None, connectors_dir: Path
) -> None:
    """Write the connector file NAME, checked and stamped with its creation time."""
    target = connectors_dir / f"{name}.json"
    for suffix in SUFFIXES:
        if (taken := target.with_suffix(suffix)).exists():
            raise click.ClickException(f"{taken} exists already; nothing was written")
    try:
        configuration = parse(config_file)
    except ValueError as error:
        raise click.ClickException(f"{config_file}: {error}") from None
    if "configuration" in configuration:
        raise click.ClickException(
            f"{config_file} is a whole connector file; copy it to {target} and run "
            f"`restsrc stamp {target}`"
        )
    try:
        schedule = parse_schedule(words)
    except ValueError as error:
        raise click.ClickException(f"--schedule: {_first_line(error)}") from None
    content = {
        **({"description": description} if description else {}),
        "created_at": created_now(),
        "schedule": schedule.model_dump(exclude_defaults=False, exclude={"offset"})
        | ({"offset": schedule.offset} if schedule.offset else {}),
        "configuration": configuration,
    }
    connector = check_content(name, content, file=str(target))
    _fail_on(_dlt_problems(connector, str(target)))
    connectors_dir.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    _warn(connector, str(target))
    click.echo(f"wrote {target}: {connector.schedule.describe(connector.created_at)}")
    click.echo("Dagster starts its first run as soon as the code location is reloaded")


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
@connectors_dir_option
def validate(files: tuple[Path, ...], connectors_dir: Path) -> None:
    """Print every problem of every file (by default, of the folder) and exit 1 if there is one."""
    paths = list(files) or connector_paths(connectors_dir)
    problems: list[Problem] = []
    stems: dict[Path, Path] = {}
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
        problems += _dlt_problems(connector, str(path))
        _warn(connector, str(path))
    _fail_on(problems)
    click.echo(f"{len(paths)} connector {'file' if len(paths) == 1 else 'files'}, all in order")


@cli.command("next")
@click.argument("name")
@click.option("-n", "count", default=5, show_default=True, type=click.IntRange(1, 10_000))
@connectors_dir_option
def next_slots(name: str, count: int, connectors_dir: Path) -> None:
    """Print the next slots of the connector NAME, in UTC."""
    connector = _named_connector(name, connectors_dir)
    click.echo(connector.schedule.describe(connector.created_at), err=True)
    for slot in islice(connector.slots.upcoming(datetime.now(UTC)), count):
        click.echo(slot.strftime("%Y-%m-%dT%H:%M:%SZ"))


@cli.command("test")
@click.argument("name")
@click.option("--resource", "names", multiple=True, help="Only this resource; may be repeated.")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1), help="Records of a resource."
)
@click.option("--json", "for_machines", is_flag=True, help="Print JSON instead of text.")
@connectors_dir_option
def test_read(
    name: str, names: tuple[str, ...], limit: int, for_machines: bool, connectors_dir: Path
) -> None:
    """Read a little of the connector NAME without loading it, and tell what the API answers.

    Exit codes: 0, all is well; 1, change the configuration; 3, the API refuses the access;
    4, the API answered something else, or nothing.
    """
    from restsrc_dagster.cli.sample import as_json, as_text, exit_code
    from restsrc_dagster.extract.sample import read_samples

    connector = _named_connector(name, connectors_dir)
    if unknown := [item for item in names if item not in connector.resources]:
        known = ", ".join(connector.resources)
        raise click.ClickException(f"{name} has no resource {unknown[0]!r}; it has {known}")
    samples = []
    for sample in read_samples(
        connector,
        os.environ,
        resources=list(names or connector.resources),
        limit=limit,
        progress=lambda text: click.echo(text, err=True),
    ):
        samples.append(sample)
        if not for_machines:
            click.echo("\n".join(as_text(sample)) + "\n")
    if for_machines:
        click.echo(as_json(connector, samples))
    sys.exit(exit_code(samples))


def _named_connector(name: str, connectors_dir: Path) -> Connector:
    by_stem = {path.stem: path for path in connector_paths(connectors_dir)}
    if name not in by_stem:
        known = ", ".join(by_stem) or "none"
        raise click.ClickException(f"{connectors_dir} has no connector {name!r}; it has {known}")
    return read_connector(by_stem[name])


def _dlt_problems(connector: Connector, file: str) -> list[Problem]:
    from restsrc_dagster.extract.dry import dlt_refusal

    refusal = dlt_refusal(connector)
    return [Problem(file, "configuration", f"dlt refuses it: {refusal}")] if refusal else []


def _warn(connector: Connector, file: str) -> None:
    for place in literal_secrets(connector):
        message = "a secret in plain text; write ${NAME} and set the environment variable NAME"
        click.echo(f"warning: {Problem(file, place, message)}", err=True)


def _fail_on(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConnectorError(problems)


def _first_line(error: ValueError) -> str:
    details = getattr(error, "errors", None)
    return str(details()[0]["msg"]).removeprefix("Value error, ") if details else str(error)


def main() -> None:
    """The entry point: what the package raises on purpose is a message, not a traceback."""
    try:
        cli()
    except RestsrcError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
