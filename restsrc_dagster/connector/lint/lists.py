"""Lists of values that are not what was meant."""

import json

from restsrc_dagster.connector.lint.rule import LintFinding, rule_of_connector
from restsrc_dagster.connector.model import Connector


@rule_of_connector("unused-list")
def unused_list(connector: Connector) -> LintFinding:
    """No request takes a field of the list: it has no effect."""
    resources = connector.resources
    used = {source for resource in resources.values() for source, _ in resource.links}
    for name in resources.values_by_name:
        if name not in used:
            yield (
                f"values.{name}",
                f"no request takes it, as {{resources.{name}.<field>}}. Write it in one, or remove "
                "the list",
            )


@rule_of_connector("repeated-value")
def repeated_value(connector: Connector) -> LintFinding:
    """The value is asked for once: another one was probably meant."""
    for one in connector.resources.values_by_name.values():
        seen: dict[str, int] = {}
        for position, item in enumerate(one.items if isinstance(one.items, list) else ()):
            first = seen.setdefault(json.dumps(item, sort_keys=True), position)
            if first != position:
                yield (
                    f"{one.place}[{position}]",
                    f"is [{first}] again, and is asked for once. Write the one that was meant, or "
                    "remove it",
                )
