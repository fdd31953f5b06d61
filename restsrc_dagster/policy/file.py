"""The policy file of a deployment, RESTSRC_POLICY, read as definitions load and as runs begin."""

from pathlib import Path

from pydantic import ValidationError

from restsrc_dagster.connector.configuration.problems import in_words
from restsrc_dagster.connector.files.parse import SUFFIXES, parse
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.policy.model import Policy


def read_policy(file: Path) -> Policy:
    """The policy in a file.

    Raises:
        SettingsError: there is none that can be read, or it is wrong; every problem is told. Who
            asks goes no further: without its policy a deployment allows nothing.
    """
    try:
        if file.suffix not in SUFFIXES:
            raise ValueError(f"is no policy file: its name must end in {', '.join(SUFFIXES)}")
        content = parse(file)
        content.pop("$schema", None)
        return Policy.model_validate(content).read_from(file)
    except ValidationError as error:
        told = [f"{place}: {message}" for place, message, _ in in_words(error, Policy)]
    except ValueError as error:
        told = [str(error)]
    raise SettingsError("\n".join(f"RESTSRC_POLICY {file}: {one}" for one in told))


def again(policy: Policy | None) -> Policy | None:
    """The policy as its file is now; one that was not read from a file as it is.

    Raises:
        SettingsError: as `read_policy`.
    """
    return policy if policy is None or policy.file is None else read_policy(policy.file)
