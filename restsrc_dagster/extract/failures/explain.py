"""From a chain of exceptions to one sentence for the person, without secrets."""

import errno
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import requests
from dlt.common.destination.exceptions import DestinationTransientException
from dlt.common.schema.exceptions import DataValidationError
from dlt.extract.exceptions import PipeException
from dlt.pipeline.exceptions import PipelineStepFailed

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster.connector.visible import visible
from restsrc_dagster.errors import (
    AccessDenied,
    ApiUnavailable,
    DestinationUnavailable,
    MissingVariable,
    RateLimited,
    ReadError,
    RestsrcError,
    causes,
)
from restsrc_dagster.extract.failures.contracts import contract_in_words
from restsrc_dagster.extract.failures.silence import why_silent
from restsrc_dagster.extract.http.transient import (
    PERMANENT_ERRORS,
    THROTTLING_STATUSES,
    TRANSIENT_STATUSES,
    is_certificate_error,
)
from restsrc_dagster.extract.response.body import NO_LENGTH, beginning
from restsrc_dagster.extract.response.url_redaction import redacted_url

LONGEST_MESSAGE = 600
BEGINNING = 60
LONGEST_REFUSAL = 400
"""Of what an API says to a request that it refuses: many say at the end what was wrong."""
_QUERY_VALUE = re.compile(
    r"(?P<key>(?<=[?&])(?:[^=&\s]*(?:token|sig|secret|ticket|session|key|auth|code)[^=&\s]*))=[^&\s;]+"
    r"|(?P<other>(?<=[?&])[^=&\s]+)=[^&\s;]{33,}",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(r"certificate verify failed: (?P<reason>[^()]+?)[.,]? *(\(|$)")
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PAYLOAD = re.compile(
    r",? (?:but )?got:? `?[\[{].*|\s*DETAIL: .*|\s*\[SQL: .*|\s*\[parameters: .*", re.DOTALL
)
_ROW = re.compile(r"DETAIL: [^\n]*|\[parameters: [^\n]*")
"""PostgreSQL shows the whole row that it refuses, and SQLAlchemy all that it was given."""
_NO_HTTP = re.compile(
    r"BadStatusLine|UnknownProtocol|LineTooLong|got more than \d+ headers|InvalidChunkLength"
    r"|failed to decode it|content encodings in the chain|Content-Length contained"
    rf"|Response chunk size line|{NO_LENGTH}"
)
"""Of errors: somebody has answered, and not well."""
OF_ROWS = (ValueError, TypeError)
"""What libraries raise that write files of tables."""
REDACTED_LOGGERS = ("dlt", "urllib3", "requests", "restsrc_dagster")


@contextmanager
def explaining_failures(connector: Connector, environment: Mapping[str, str]) -> Iterator[Redactor]:
    """Turn whatever is raised inside into a RestsrcError that hides its causes.

    The causes hold URLs, headers and whole answers of the API; Dagster would store all of them.
    What the libraries log on the way is redacted too. Yields what redacts: who learns of a further
    secret tells it.
    """
    try:
        configuration = resolve(connector.configuration, environment, "configuration")
        redact = Redactor.of(connector, configuration, environment)
    except MissingVariable:
        redact = Redactor()
    with _redacted_logs(redact):
        try:
            yield redact
        except Exception as error:
            raise explain(error, redact) from None


def telling(tell: Callable[[str], None], redact: Redactor) -> Callable[[str], None]:
    """As `tell`, of lines of which an API may have written parts."""
    return lambda line: tell(_told(redact, line))


def is_silence(error: Exception) -> bool:
    """Whether nobody answered: a refused connection, a time-out, a name that is not known.

    Who answers what is no HTTP may answer another request well.
    """
    return any(
        isinstance(cause, (requests.ConnectionError, requests.Timeout))
        and not is_certificate_error(cause)
        and not _NO_HTTP.search(str(cause))
        for cause in causes(error)
    )


def answers_nobody(error: Exception) -> bool:
    """Whether it is the API that gives no more for now, to whatever request."""
    return is_silence(error) or any(
        isinstance(cause, RateLimited)
        or (
            isinstance(cause, requests.HTTPError)
            and cause.response is not None
            and cause.response.status_code in THROTTLING_STATUSES
        )
        for cause in causes(error)
    )


def is_destination_away(error: Exception) -> bool:
    """Locked by another process, or unreachable: nothing that the connector's file says.

    To dlt, most of what it does not know may pass: also what no try will ever change.
    """
    chain = list(causes(error))
    of_rows = isinstance(chain[-1], OF_ROWS) or any(map(_is_of_rows, chain))
    return any(map(_is_away, chain)) and not of_rows and not is_full(error)


def is_full(error: Exception) -> bool:
    """Whether there was no room for a file."""
    return any(map(_is_full, causes(error)))


def _is_away(cause: BaseException) -> bool:
    # PostgreSQL's own lock is asked for without dlt.
    name = f"{type(cause).__module__}.{type(cause).__name__}"
    return isinstance(cause, DestinationTransientException) or name == "psycopg2.OperationalError"


def _is_of_rows(cause: BaseException) -> bool:
    """A database behind SQLAlchemy refuses a value."""
    return f"{type(cause).__module__}.{type(cause).__name__}" == "sqlalchemy.exc.DataError"


def _is_full(cause: BaseException) -> bool:
    if isinstance(cause, OSError):
        return cause.errno in NO_SPACE
    # DuckDB writes its own files, and says only what the system said.
    return _is_away(cause) and any(os.strerror(number) in str(cause) for number in NO_SPACE)


def explain(
    error: Exception,
    redact: Redactor,
    resource: str | None = None,
    *,
    parent: str | None = None,
) -> RestsrcError:
    """What went wrong, at which resource, and what to do where that is known.

    `parent` is whose records the resource is read for, if it is for some.
    """
    chain = list(causes(error))
    resource = resource or next(
        (cause.pipe_name for cause in chain if isinstance(cause, PipeException)), None
    )
    where = f"{resource}: " if resource else ""
    for cause in chain:
        if isinstance(cause, RestsrcError):
            return type(cause)(_told(redact, f"{where}{cause}"))
    for cause in chain:
        if isinstance(cause, requests.HTTPError) and cause.response is not None:
            return _refused(where, cause.response, redact, parent)
        if isinstance(cause, DataValidationError):
            return ReadError(_told(redact, contract_in_words(cause)))
    # The end of an iteration is no cause of what goes wrong behind it.
    root = next((one for one in reversed(chain) if not isinstance(one, StopIteration)), error)
    for cause in chain:
        if isinstance(cause, requests.JSONDecodeError):
            return ReadError(_short(redact, f"{where}{_not_json(cause.doc)}"))
    for cause in chain:
        if isinstance(cause, requests.RequestException):
            return _unanswered(where, cause, redact)
    if is_full(error):
        files = f"the run's own in {tempfile.gettempdir()}, or the destination's"
        return DestinationUnavailable(
            _short(redact, f"no room is left for files ({files}): {root}")
        )
    if is_destination_away(error):
        return DestinationUnavailable(_short(redact, f"the destination is not to be had: {root}"))
    if isinstance(root, KeyError):
        return ReadError(_short(redact, f"{where}a record has no field {root}, which a key names"))
    step = next((cause.step for cause in chain if isinstance(cause, PipelineStepFailed)), None)
    at = f" (while dlt's step {step!r})" if step else ""
    return ReadError(_short(redact, f"{where}{type(root).__name__}{at}: {root}"))


def _told(redact: Redactor, text: str) -> str:
    """What is said to the person, of which an API may have written parts: no message leaves here
    otherwise."""
    return visible(redact(text))


def _not_json(text: str) -> str:
    begins = " ".join(text.split())[:BEGINNING]
    return f"the answer is not JSON; it begins with {begins!r}" if begins else "the answer is empty"


def _unanswered(where: str, cause: requests.RequestException, redact: Redactor) -> RestsrcError:
    if _NO_HTTP.search(str(cause)):
        return ApiUnavailable(_short(redact, f"{where}the API's answer cannot be read: {cause}"))
    if isinstance(cause, requests.TooManyRedirects):
        return ReadError(_short(redact, f"{where}the API redirects without end: {cause}"))
    if isinstance(cause, PERMANENT_ERRORS):
        return ReadError(_short(redact, f"{where}no request can be made: {cause}"))
    if is_certificate_error(cause):
        return ReadError(_short(redact, f"{where}{_distrusted(cause)}"))
    if isinstance(cause, requests.exceptions.SSLError):
        cure = "; if it wants a certificate of the client, name it in http.client_certificate"
        return ApiUnavailable(_short(redact, f"{where}the API did not answer: {cause}") + cure)
    return ApiUnavailable(_short(redact, f"{where}the API did not answer: {why_silent(cause)}"))


def _distrusted(cause: BaseException) -> str:
    """`https://…: its certificate is not trusted (self-signed certificate)`, and what to do."""
    url, _, text = str(cause).partition(": ")
    found = _CERTIFICATE.search(text)
    reason = found["reason"] if found else "it cannot be verified"
    if "mismatch" in reason or "not valid for" in reason:
        cure = "write the name that it is for in configuration.client.base_url"
    elif "expired" in reason or "not yet valid" in reason:
        cure = "the API's own people have to renew it"
    else:
        cure = (
            "name a file with the certificates of those who issued it in http.ca_bundle, or in the "
            "environment variable REQUESTS_CA_BUNDLE for all connectors"
        )
    return f"{url}: its certificate is not trusted ({reason}); {cure}"


def _refused(
    where: str, response: requests.Response, redact: Redactor, parent: str | None
) -> RestsrcError:
    status = response.status_code
    told = _without_tokens(beginning(response, redact, LONGEST_REFUSAL))
    body = f": {told!r}" if response.content.strip() else ""
    answer = f"{redacted_url(response.url)} answered {status} {response.reason or ''}".rstrip()
    message = _told(redact, f"{where}{answer}{body}")
    if status in (401, 403):
        return AccessDenied(
            f"{message}; check the credentials (configuration.client.auth) and what they may read"
        )
    if parent is not None and status in (404, 410):
        message += (
            f"; the children of the other records of {parent} are held back as well. If some have "
            'none, say so in the endpoint: "response_actions": [{"status_code": '
            f'{status}, "action": "ignore"}}]'
        )
    return (ApiUnavailable if status in TRANSIENT_STATUSES else ReadError)(message)


def _without_tokens(text: str) -> str:
    """Next links of some APIs carry tokens of their own making, under names that nobody knows."""
    return _QUERY_VALUE.sub(lambda found: f"{found['key'] or found['other']}=…", text)


def _short(redact: Redactor, text: str) -> str:
    """Some of dlt's errors carry a whole answer of the API: megabytes of somebody's data."""
    line = " ".join(_PAYLOAD.sub("", redact(text)).split())
    return visible(line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}…")


class _RedactingFilter(logging.Filter):
    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        lines = _ROW.sub("", self._redact(record.getMessage())).split("\n")
        # What dlt says in several lines; none of the API's own begins where a line of the log does.
        record.msg = "\n    ".join(map(visible, lines))
        record.args = None
        if record.exc_info:
            record.exc_info = None
        return True


@contextmanager
def _redacted_logs(redact: Redactor) -> Iterator[None]:
    """Filters of a logger see what is logged there only, so its children get them as well."""
    redacting = _RedactingFilter(redact)
    known = logging.Logger.manager.loggerDict
    loggers = [
        logging.getLogger(name)
        for name in {*REDACTED_LOGGERS, *known}
        if name.split(".")[0] in REDACTED_LOGGERS
    ]
    for logger in loggers:
        logger.addFilter(redacting)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(redacting)
