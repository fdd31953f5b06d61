"""Deployments with a policy, and the command in them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.permitted import refused
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.connectors import connector

FILE = Path("/etc/policy.json")


def under(settings: Settings, policy: Mapping[str, Any]) -> Settings:
    """The settings with a policy, which is not read again."""
    return replace(settings, policy=Policy.model_validate(policy))


def told(
    settings: Settings, url: str = "https://api.example.com", *, name: str = "acme", **keys: Any
) -> list[str]:
    """What is refused of a connector's file by itself."""
    return [str(one) for one in refused(connector(name, url, **keys), settings, "")]


def restsrc(*arguments: str) -> tuple[int, str]:
    """The status of the command, and all that it said."""
    ended = CliRunner().invoke(cli, list(arguments))
    return ended.exit_code, f"{ended.output}{ended.exception or ''}"
