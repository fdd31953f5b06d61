"""What the records of a sample are: their shape, and what tells them apart."""

from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.flattening import flattening
from restsrc_dagster.extract.records.infer import cursor_candidates, infer_columns, key_candidates
from restsrc_dagster.extract.records.remedies import key_of_child
from restsrc_dagster.extract.sample import Sample


def steps_of(sample: Sample) -> str:
    if not sample.resource.steps:
        return ""
    return f"; after the processing_steps {len(sample.records)}, shown as they would be loaded"


def shape_of(sample: Sample) -> str | None:
    """How the fields of a record come out of an envelope, where no step does so."""
    found = None if sample.resource.steps else flattening(sample.records)
    if found is None:
        return None
    cursors = [one for one in cursor_candidates(sample.records) if one.startswith(found.above)]
    names = ", ".join(one.removeprefix(found.above) for one in cursors)
    cursor = f"; the cursor is named as it is then: {names}" if names else ""
    return f"{found.shape}: so that each field is a column, write {found.steps}{cursor}"


def key_of(sample: Sample) -> str | None:
    if not sample.records:
        return None
    if absent := absent_keys(sample):
        return f"primary_key {', '.join(absent)}: no record seen has it"
    if sample.resource.has_primary_key:
        return f"primary_key {', '.join(_named_key(sample))}{_repeated(sample)}"
    found = key_candidates(sample.records)
    if not found:
        return "no primary_key set; no field that is named as keys are is different in every record"
    return f"no primary_key set; {', '.join(found)} could be one"


def _named_key(sample: Sample) -> list[str]:
    return named_by(sample.resource.hints, "primary_key")


def _repeated(sample: Sample) -> str:
    """Records that come twice in a list that moves, or a key that does not tell them apart."""
    fields = [FieldReader(name) for name in _named_key(sample)]
    keys = {repr([field.get(record) for field in fields]) for record in sample.records}
    again = len(sample.records) - len(keys)
    if not again:
        return ""
    child = sample.resource.parent is not None
    cure = f": {key_of_child(sample.resource)}" if child else ""
    return f"; {again} of {len(sample.records)} records have that of another one{cure}"


def absent_keys(sample: Sample) -> list[str]:
    there = {column.name for column in infer_columns(sample.records)}
    return [name for name in _named_key(sample) if name not in there and "." not in name]
