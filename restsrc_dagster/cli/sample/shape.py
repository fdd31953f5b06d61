"""The envelope of the records of a sample, where no step takes it off yet, and what is below it."""

from restsrc_dagster.extract.records.infer import cursor_candidates
from restsrc_dagster.extract.records.steps import ProcessingSteps
from restsrc_dagster.extract.sample.sample import Sample
from restsrc_dagster.json_types import Json
from restsrc_dagster.scaffold.flattening import Flattening, flattening


def envelope_of(sample: Sample) -> Flattening | None:
    """What takes it off; None if there is none, or steps are there."""
    return None if sample.resource.steps else flattening(sample.records)


def flat_records(sample: Sample) -> list[Json]:
    """The records as they are without it: keys and cursors are named as they are there."""
    found = envelope_of(sample)
    if found is None:
        return sample.records
    rows = [record for record in sample.records if isinstance(record, dict)]
    return list(ProcessingSteps(found.steps)(rows))


def shape_of(sample: Sample) -> str | None:
    found = envelope_of(sample)
    if found is None:
        return None
    cursors = cursor_candidates(flat_records(sample))
    is_moved = cursors and cursors != cursor_candidates(sample.records)
    cursor = f"; the cursor is named as it is then: {', '.join(cursors)}" if is_moved else ""
    return f"{found.shape}: so that each field is a column, write {found.written}{cursor}"
