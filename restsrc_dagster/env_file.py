"""The `.env` file of the folder in which `restsrc` or `dagster dev` runs.

Dagster reads it when it loads definitions, and hands that on to the runs: a key that was revoked
and replaced there would count after a reload only, so each run reads it again.
"""

import os

from dotenv import dotenv_values

FILE = ".env"
OF_DAGSTER_DEV = "DAGSTER_IS_DEV_CLI"
"""Set by `dagster dev` in all of its processes."""
OF_PROJECTS = "DAGSTER_PROJECT_ENV_FILE_PATHS"
"""Set by `dg dev` where each project has a file of its own."""


def read_env_file() -> None:
    """Let this process have what the file says, over what is set; nothing where there is none."""
    os.environ.update({key: value for key, value in dotenv_values(FILE).items() if value})


def read_env_file_again() -> None:
    """Let this process, which is that of a run, have the values that the file has now.

    Elsewhere than below `dagster dev` nothing is done: there a deployment sets the variables, and
    a `.env` that lies about is none of its own.
    """
    if os.environ.get(OF_DAGSTER_DEV) and not os.environ.get(OF_PROJECTS):
        read_env_file()
