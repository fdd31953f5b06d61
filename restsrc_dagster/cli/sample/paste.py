"""All that was found out of a list and is not in the file yet, as it is pasted into a resource."""

from typing import Any

from restsrc_dagster.cli.sample.paging import paginator_to_write
from restsrc_dagster.cli.sample.records import key_to_write
from restsrc_dagster.cli.sample.shape import envelope_of
from restsrc_dagster.extract.sample.sample import Sample


def to_paste(sample: Sample) -> dict[str, Any]:
    """Keys of the resource; empty if nothing is to be written."""
    found: dict[str, Any] = {}
    if not sample.records:
        return found
    if key := key_to_write(sample):
        found["primary_key"] = key
    endpoint: dict[str, Any] = {}
    if not sample.resource.endpoint.get("data_selector") and (where := sample.list_path):
        endpoint["data_selector"] = where
    if paginator := paginator_to_write(sample):
        endpoint["paginator"] = dict(paginator)
    if endpoint:
        found["endpoint"] = endpoint
    if envelope := envelope_of(sample):
        found["processing_steps"] = list(envelope.steps)
    return found
