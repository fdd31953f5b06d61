"""`restsrc add`: from a configuration and a schedule to a connector file that Dagster runs."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from restsrc_dagster.cli.common import (
    connectors_dir_option,
    dlt_problems,
    fail_on,
    files_of,
    warn,
)
from restsrc_dagster.cli.given import Given
from restsrc_dagster.cli.into import add_into, read_a_little, to_be_added
from restsrc_dagster.cli.stamp import created_now
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.files.lines import with_lines
from restsrc_dagster.connector.files.parse import parse_text
from restsrc_dagster.connector.schedule.schedule import WORDS_EXAMPLES, Schedule, parse_schedule
from restsrc_dagster.connector.syntax.references import found_references
from restsrc_dagster.errors import ConnectorError, Problem
from restsrc_dagster.scaffold.configuration import FirstConfiguration


@click.command()
@click.argument("name")
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="JSON or YAML file with a dlt rest_api configuration; - reads standard input.",
)
@click.option(
    "--from-curl",
    "curl",
    help="A curl command instead: its secrets become ${…} references; - reads standard input.",
)
@click.option(
    "--from-openapi",
    "document",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="An OpenAPI or Swagger document instead, JSON or YAML; - reads standard input.",
)
@click.option(
    "--from-postman",
    "postman",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="A Postman collection (v2.1) instead; - reads standard input.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    help="A path of that document, for each resource; without any, those that answer lists "
    "are told, and all lists of a collection are taken.",
)
@click.option("--base-url", help="The API's address, instead of the document's.")
@click.option("--recipe", help="A known API instead: restsrc recipes lists them.")
@click.option("--resources", help="Of a recipe only these, with commas between them.")
@click.option(
    "--schedule",
    "words",
    help=f'For example {WORDS_EXAMPLES}; or JSON: {{"mode": "days", "offset": 30}}.',
)
@click.option("--description", help="What the connector brings, for the UI.")
@click.option("--http", help='The request budget: {"requests_per_second": 4}.')
@click.option("--destination", help='Where rows go: {"type": "postgres", "dataset": "acme"}.')
@click.option(
    "--into", is_flag=True, help="Add the resources to the connector NAME, which is there."
)
@click.option(
    "--paused",
    is_flag=True,
    help="Write _NAME.json, which nothing runs until it is renamed to NAME.json.",
)
@click.option("--test", "test_first", is_flag=True, help="Read a little first.")
@click.option(
    "--dagster-url",
    envvar="RESTSRC_DAGSTER_URL",
    default="http://127.0.0.1:3000",
    show_default=True,
    help="A running Dagster webserver, which then loads the connector at once.",
)
@connectors_dir_option
def add(
    name: str,
    config_file: Path | None,
    curl: str | None,
    document: Path | None,
    postman: Path | None,
    paths: tuple[str, ...],
    base_url: str | None,
    recipe: str | None,
    resources: str | None,
    words: str | None,
    description: str | None,
    http: str | None,
    destination: str | None,
    into: bool,
    paused: bool,
    test_first: bool,
    dagster_url: str,
    connectors_dir: Path,
) -> None:
    """Write the connector file NAME, checked and stamped with its creation time.

    With --into, write further resources into it.
    """
    from restsrc_dagster.cli.reload import reload_locations

    target = connectors_dir / f"{'_' if paused else ''}{name}.json"
    taken = files_of(connectors_dir, name)
    given = Given(config_file, curl, document, postman, recipe, paths, base_url, resources)
    if into:
        beside = (words, description, http, destination, paused or None)
        add_into(name, taken, given, any(beside), test_first, connectors_dir, dagster_url)
        return
    if taken and not given.may_be_added:
        raise click.ClickException(f"{taken[0]} exists already; nothing was written")
    given.check(words)
    if taken:
        raise click.ClickException(to_be_added(name, taken[0], given))
    first = given.first(name, target)
    for variable in first.variables:
        click.echo(f"set the environment variable {variable}: the file only refers to it")
    for note in first.notes:
        click.echo(note)
    description = description or first.description
    schedule = _schedule(str(words or first.schedule))
    content = {
        **({"description": description} if description else {}),
        "created_at": created_now(),
        "schedule": schedule.model_dump(
            exclude_none=True, exclude=None if schedule.offset else {"offset"}
        ),
        "configuration": first.configuration,
        **first.beside,
        **_objects(first.beside, http=http, destination=destination),
    }
    source = None if config_file is None or str(config_file) == "-" else config_file
    try:
        connector = check_content(name, content, file=str(target))
    except ConnectorError as error:
        raise ConnectorError(_where_written(error.problems, source)) from None
    fail_on(_where_written(dlt_problems(connector, str(target)), source))
    warn(connector, str(target))
    if test_first:
        read_a_little(connector, list(connector.resources))
    connectors_dir.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    click.echo(f"wrote {target}: {connector.schedule.describe(connector.created_at)}")
    _tell_variables(first)
    if paused:
        started = connectors_dir / f"{name}.json"
        click.echo(f"nothing runs it until it is renamed: mv {target} {started}")
        return
    named = (found for _, found in found_references(content) if found["given"] is None)
    if unset := sorted({found["name"] for found in named} - os.environ.keys()):
        click.echo(
            f"set {', '.join(unset)}, in .env for example, and then reload the definitions in "
            "Dagster: the first run is made once, and would fail now"
        )
        if first.told:
            click.echo(f"then: restsrc test {name}")
    else:
        click.echo(reload_locations(dagster_url, name))


def _tell_variables(first: FirstConfiguration) -> None:
    for variable, told in first.told.items():
        click.echo(f"  {variable}: {told}")


def _where_written(problems: Sequence[Problem], source: Path | None) -> list[Problem]:
    """The problems of a configuration where the person wrote it, and not where it would go."""
    if source is None:
        return list(problems)
    prefix = "configuration."
    moved = [
        replace(problem, file=str(source), path=problem.path.removeprefix(prefix))
        for problem in problems
        if problem.path.startswith(prefix)
    ]
    others = [problem for problem in problems if not problem.path.startswith(prefix)]
    return [*others, *with_lines(moved, source)]


def _schedule(words: str) -> Schedule:
    try:
        if words.lstrip().startswith("{"):
            return Schedule.model_validate(parse_text(words, is_json=True))
        return parse_schedule(words)
    except ValueError as error:
        details = getattr(error, "errors", None)
        message = details()[0]["msg"].removeprefix("Value error, ") if details else str(error)
        raise click.ClickException(f"--schedule: {message}") from None


def _objects(beside: Mapping[str, Any], **given: str | None) -> dict[str, Any]:
    """What the options `--http` and `--destination` say, over what a recipe has there."""
    found = {}
    for key, text in given.items():
        if text is None:
            continue
        try:
            found[key] = {**beside.get(key, {}), **parse_text(text, is_json=True)}
        except ValueError as error:
            raise click.ClickException(f"--{key}: {error}") from None
    return found
