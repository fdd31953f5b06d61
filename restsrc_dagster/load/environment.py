"""Settings of dlt that hold while a load goes on, and no longer.

dlt reads them from the environment, which belongs to the process: it may do other things.
"""

import os
from collections.abc import Mapping

from restsrc_dagster.process_wide import ProcessWide


def environment_defaults(values: Mapping[str, str]) -> ProcessWide:
    """Variables that are set meanwhile, as far as nobody else has set them."""
    own: dict[str, str] = {}

    def put_in() -> None:
        own.update({name: value for name, value in values.items() if name not in os.environ})
        os.environ.update(own)

    def take_out() -> None:
        for name, value in own.items():
            if os.environ.get(name) == value:
                del os.environ[name]
        own.clear()

    return ProcessWide(put_in, take_out)
