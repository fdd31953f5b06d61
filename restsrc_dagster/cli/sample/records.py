"""What tells the records of a sample apart."""

from restsrc_dagster.cli.sample.shape import envelope_of, flat_records
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.infer import infer_columns, key_candidates, names_a_key
from restsrc_dagster.extract.records.remedies import key_of_child
from restsrc_dagster.extract.sample.sample import Sample
from restsrc_dagster.scaffold.openapi.records import subject
from restsrc_dagster.scaffold.words import plain, singular


def steps_of(sample: Sample) -> str:
    if not sample.resource.steps:
        return ""
    return f"; after the processing_steps {len(sample.records)}, shown as they would be loaded"


def key_of(sample: Sample) -> str | None:
    if not sample.records:
        return None
    if absent := absent_keys(sample):
        return f"primary_key {', '.join(absent)}: no record seen has it"
    if sample.resource.has_primary_key:
        return f"primary_key {', '.join(_named_key(sample))}{_repeated(sample)}"
    envelope = envelope_of(sample)
    if envelope is not None and envelope.key:
        return f"no primary_key set; by {envelope.shape}, it is {' and '.join(envelope.key)}"
    found = keys_by_name(sample)
    if not found:
        return "no primary_key set; no field that is named as keys are is different in every record"
    return f"no primary_key set; {', '.join(found)} could be one"


def keys_by_name(sample: Sample) -> list[str]:
    """Fields that could be the key, that of the list's own name first: `accountid` of accounts."""
    own = _own_id(sample)
    return sorted(key_candidates(flat_records(sample)), key=lambda name: plain(name) != own)


def _own_id(sample: Sample) -> str:
    """The plain name of a key that is called as the list is: `accountid` of accounts."""
    return f"{singular(plain(subject(str(sample.resource.endpoint.get('path', '')))))}id"


def key_to_write(sample: Sample) -> str | list[str] | None:
    """The key that a person can write without a look at the documentation: by a standard, or by its
    name. None of a child, whose key may tell its records apart only within a parent."""
    if sample.resource.has_primary_key or sample.resource.parent is not None:
        return None
    envelope, names = envelope_of(sample), keys_by_name(sample)
    if envelope is not None and envelope.key:
        return envelope.key[0] if len(envelope.key) == 1 else list(envelope.key)
    first = next(iter(names), None)
    is_sure = first is not None and (plain(first) == _own_id(sample) or names_a_key(first))
    return first if is_sure else None


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
