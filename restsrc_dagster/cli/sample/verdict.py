"""Whether a sample is as it should be, and who has to do something if it is not."""

from restsrc_dagster.cli.sample.records import absent_keys
from restsrc_dagster.errors import AccessDenied, MissingVariable, SettingsError
from restsrc_dagster.extract.sample.sample import Sample

OK, CONFIGURATION, ACCESS, API = 0, 1, 3, 4
"""Exit codes: 2 is the command's own, for words that it does not know."""


def exit_code(samples: list[Sample]) -> int:
    """The gravest: a person fixes the access before anything else can be seen."""
    errors = [sample.error for sample in samples if sample.error]
    if any(isinstance(error, AccessDenied) for error in errors):
        return ACCESS
    wrong = any(isinstance(error, (MissingVariable, SettingsError)) for error in errors)
    if wrong or any(sample.records and absent_keys(sample) for sample in samples):
        return CONFIGURATION
    if any(sample.left_out for sample in samples):
        return CONFIGURATION
    return API if errors or any(map(verdict_of, samples)) else OK


def verdict_of(sample: Sample) -> str | None:
    """What a person should look at although every answer was good."""
    if sample.left_out:
        path = sample.resource.cursor_path
        return (
            f"the API leaves records out that have no {path} when it is sent a start: without one, "
            f"{sample.left_out} of the first have none. Leave initial_value away, and set "
            "on_cursor_value_missing to include"
        )
    if sample.error or sample.records:
        return None
    selector, parent = sample.resource.endpoint.get("data_selector"), sample.resource.parent
    if sample.seen:
        return f"the processing_steps leave none of the {sample.seen} records seen"
    if parent is not None and not sample.pages:
        return f"nothing was asked: no record of {parent!r} was found that it could be read for"
    if sample.requests and not sample.requests[-1].size:
        return "the answer is empty"
    if sample.newest_windows and (sample.has_list or not selector):
        return (
            f"the newest {sample.newest_windows} windows hold no records: to look at older ones, "
            f'give reading.{sample.resource.name}.window an "end" for a while'
        )
    if selector and sample.has_list:
        return f"the list at data_selector {selector!r} is empty"
    if selector:
        return (
            f"nothing is at data_selector {selector!r}: either the list is empty, or it stands "
            "elsewhere in the answer"
        )
    return "the answer holds no records"
