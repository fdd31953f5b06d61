"""What `restsrc add` makes a connector of: one of several, and what belongs to it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from restsrc_dagster.cli.recipes import from_recipe
from restsrc_dagster.connector.files.parse import parse, parse_text
from restsrc_dagster.permitted import own_variable
from restsrc_dagster.scaffold.configuration import FirstConfiguration
from restsrc_dagster.scaffold.from_curl import from_curl
from restsrc_dagster.settings import Settings

Reader = Callable[..., FirstConfiguration]


@dataclass(frozen=True)
class Given:
    """The options of the command that say what a connector is made of."""

    config_file: Path | None
    curl: str | None
    document: Path | None
    postman: Path | None
    recipe: str | None
    paths: Sequence[str]
    base_url: str | None
    resources: str | None

    @property
    def may_be_added(self) -> bool:
        """Whether resources of it can be told for a connector that exists already."""
        return any(one is not None for one in (self.curl, self.document, self.postman))

    def check(self, words: str | None) -> None:
        """Raises UsageError for options that do not go together; `words` is the schedule."""
        sources = [self.config_file, self.curl, self.document, self.postman, self.recipe]
        if sources.count(None) != len(sources) - 1:
            raise click.UsageError(
                "give one of --config, --from-curl, --from-openapi, --from-postman and --recipe"
            )
        if self.recipe is None and self.resources is not None:
            raise click.UsageError("--resources goes with --recipe")
        document = self.document or self.postman
        if document is None and (self.paths or self.base_url is not None):
            raise click.UsageError("--path and --base-url go with --from-openapi or --from-postman")
        lists_paths = self.document is not None and not self.paths
        if words is None and self.recipe is None and not lists_paths:
            raise click.UsageError("Missing option '--schedule'.")

    def first(self, name: str, target: Path) -> FirstConfiguration:
        """What is to be written, with variables that the connector may read."""
        made = self._made(name, target)
        settings = replace(Settings.from_environment(), connectors_dir=target.parent)
        if settings.policy is None or self.config_file is not None:
            return made
        return made.renamed(partial(own_variable, settings, name))

    def _made(self, name: str, target: Path) -> FirstConfiguration:
        if self.curl is not None:
            command = sys.stdin.read() if self.curl == "-" else self.curl
            return _from_curl(command, name)
        if self.document is not None:
            from restsrc_dagster.scaffold.openapi import from_openapi

            return self._from_document(self.document, from_openapi, name)
        if self.postman is not None:
            from restsrc_dagster.scaffold.postman import from_postman

            return self._from_document(self.postman, from_postman, name)
        if self.recipe is not None:
            return from_recipe(self.recipe, name, self.resources)
        return FirstConfiguration(_from_file(cast("Path", self.config_file), target))

    def _from_document(self, file: Path, read: Reader, name: str) -> FirstConfiguration:
        piped = str(file) == "-"
        try:
            text = sys.stdin.read() if piped else file.read_text(encoding="utf-8-sig")
            return read(text, name, self.paths, base_url=self.base_url)
        except UnicodeDecodeError:
            problem = "is not UTF-8 text"
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
        except ValueError as error:
            problem = str(error)
        raise click.ClickException(f"{'standard input' if piped else file}: {problem}")


def _from_curl(command: str, name: str) -> FirstConfiguration:
    try:
        return from_curl(command, name)
    except ValueError as error:
        raise click.ClickException(f"--from-curl: {error}") from None


def _from_file(file: Path, target: Path) -> dict[str, Any]:
    piped = str(file) == "-"
    name = "standard input" if piped else str(file)
    try:
        configuration = parse_text(sys.stdin.read(), is_json=False) if piped else parse(file)
    except UnicodeDecodeError:
        raise click.ClickException(f"{name}: is not UTF-8 text") from None
    except ValueError as error:
        raise click.ClickException(f"{name}: {error}") from None
    if "configuration" in configuration:
        raise click.ClickException(
            f"{name} is a whole connector file; copy it to {target} and run "
            f"`restsrc stamp {target}`"
        )
    return configuration
