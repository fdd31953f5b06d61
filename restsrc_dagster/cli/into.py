"""`restsrc add --into`: further resources for a connector that is there."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from restsrc_dagster.cli.common import dlt_problems, fail_on, warn
from restsrc_dagster.cli.given import Given
from restsrc_dagster.connector.files.folder import check_content, read_connector
from restsrc_dagster.connector.files.parse import parse, parse_text
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster.scaffold.configuration import FirstConfiguration
from restsrc_dagster.scaffold.insertion import with_resources
from restsrc_dagster.scaffold.into import rebased


def add_into(
    name: str,
    taken: Sequence[Path],
    given: Given,
    has_more: bool,
    test_first: bool,
    connectors_dir: Path,
    dagster_url: str,
) -> None:
    """Write what is given into the file of a connector.

    Args:
        has_more: whether there are options that say more than resources.
    """
    from restsrc_dagster.cli.reload import reload_locations

    if has_more or not given.may_be_added:
        raise click.UsageError(
            "--into adds the resources of --from-curl, --from-openapi or --from-postman, and "
            "nothing else: edit the file for more"
        )
    if not taken:
        raise click.ClickException(f"{connectors_dir} has no connector {name!r} to add to")
    given.check("")
    target, first = taken[0], _first(name, taken[0], given)
    text = target.read_text(encoding="utf-8-sig")
    is_json = target.suffix == ".json"
    resources = first.configuration["resources"]
    try:
        written = with_resources(text, resources, is_json=is_json)
    except ValueError as error:
        raise click.ClickException(f"{target}: {error}; {_by_hand(resources)}") from None
    try:
        connector = check_content(name, parse_text(written, is_json=is_json), file=str(target))
    except ConnectorError as error:
        raise click.ClickException(f"{error}\nnothing was written; {_by_hand(resources)}") from None
    fail_on(dlt_problems(connector, str(target)))
    _tell(first)
    names = [one["name"] for one in resources]
    if test_first:
        read_a_little(connector, names)
    beside = target.with_name(f".{target.name}.new")
    beside.write_text(written, encoding="utf-8")
    beside.replace(target)
    warn(connector, str(target))
    click.echo(f"wrote {', '.join(names)} into {target}")
    if not target.name.startswith("_"):
        click.echo(reload_locations(dagster_url, name, is_new=False))


def to_be_added(name: str, target: Path, given: Given) -> str:
    """That a connector exists already, and how these resources come into it."""
    first = _first(name, target, given)
    _tell(first)
    return (
        f"{target} exists already; nothing was written. With --into the resources are written into "
        f"it; {_by_hand(first.configuration['resources'])}"
    )


def _first(name: str, target: Path, given: Given) -> FirstConfiguration:
    """As they are in the file `target`."""
    paused = target.name.startswith("_")
    try:
        content = parse(target)
    except ValueError as error:
        raise click.ClickException(f"{target}: {error}") from None
    connector = check_content(name, content, file=str(target)) if paused else read_connector(target)
    first = given.first(name, target)
    try:
        return rebased(first, content["configuration"], connector.resources)
    except ValueError as error:
        raise click.ClickException(
            f"{target} exists already, and {error}; nothing was written"
        ) from None


def _by_hand(resources: Sequence[object]) -> str:
    listed = json.dumps(resources, indent=2, ensure_ascii=False)
    return f"by hand, add to its resources what is in this list:\n{listed}"


def _tell(first: FirstConfiguration) -> None:
    for variable in first.variables:
        click.echo(f"set the environment variable {variable}: the file only refers to it")
    for note in first.notes:
        click.echo(note)


def read_a_little(connector: Connector, names: list[str]) -> None:
    """Read some records of these resources, and end the command where that fails."""
    from restsrc_dagster.cli.sample.read import samples_of
    from restsrc_dagster.cli.sample.report import as_text
    from restsrc_dagster.cli.sample.verdict import exit_code

    samples = []
    for sample in samples_of(connector, names):
        samples.append(sample)
        click.echo("\n".join(as_text(sample)) + "\n")
    if code := exit_code(samples):
        click.echo("nothing was written", err=True)
        sys.exit(code)
