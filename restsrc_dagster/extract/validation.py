"""Building a source without an environment and without a request: would dlt take it?"""

import re
from collections import defaultdict
from collections.abc import Mapping

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.references import found_references, is_expression
from restsrc_dagster.extract.source import open_reading

LONGEST_MESSAGE = 600
STAND_IN = "http://reference.invalid"

# dlt's validation tells every alternative that did not fit, and in most of them the whole value,
# secrets and all (`validate_dict`). The alternative that came deepest is the one that was meant.
_ALTERNATIVE = re.compile(r"Path `\.?/?(?P<path>[^`\n]*)`: (?P<told>[^\n]+)")
_VALUE = re.compile(r"(?<=[\w\]])=[\[{].*[\]}](?=`)| with value `.*`(?= has invalid type)")
_NOT_MEANT = re.compile(r"expects (class|`callable`|the following types)")


def validate_with_dlt(connector: Connector) -> str | None:
    """Why dlt refuses the configuration, in its own words, shortened; None if it takes it.

    References stand for themselves: no environment variable is read, so none can be shown.
    """
    try:
        open_reading(connector, _stand_ins(connector))
    except Exception as error:
        redact = Redactor.of(connector, connector.configuration, {})
        text = redact(_what_was_meant(error))
        return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
    return None


def _stand_ins(connector: Connector) -> Mapping[str, str]:
    made = defaultdict(lambda: STAND_IN)
    for place, found in found_references(connector.configuration, "configuration"):
        if found["kind"] in ("number", "boolean") or is_expression(place):
            made[found["name"]] = "1"
    return made


def _what_was_meant(error: Exception) -> str:
    complaints = [
        (alternative["path"], _in_words(alternative["path"], alternative["told"]))
        for alternative in _ALTERNATIVE.finditer(str(error))
        if not _NOT_MEANT.search(alternative["told"])
    ]
    if not complaints:
        return f"{type(error).__name__}: {error}"
    deepest = max(len(_parts(path)) for path, _ in complaints)
    meant = [what for path, what in complaints if len(_parts(path)) == deepest]
    choices = [what for what in meant if "is not one of" in what]
    return "; ".join(dict.fromkeys(choices or meant))


def _parts(path: str) -> list[str]:
    return path.split("/") if path else []


def _in_words(path: str, complaints: str) -> str:
    return ": ".join(part for part in (".".join(_parts(path)), _VALUE.sub("", complaints)) if part)
