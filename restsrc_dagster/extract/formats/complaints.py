"""What is wrong with an answer, as a person reads it."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.extract.formats.broken import Broken, NoJson, TooLarge
from restsrc_dagster.extract.formats.kinds import cure_of
from restsrc_dagster.extract.formats.packed import compression_of
from restsrc_dagster.extract.response.body import (
    LOOKED_AT,
    beginning,
    described,
    is_several,
    refuse,
)
from restsrc_dagster.extract.response.decode import TooManyDigits
from restsrc_dagster.extract.response.limits import too_large
from restsrc_dagster.extract.response.url_redaction import redacted_url


class Complaints:
    """Says which answer it is that cannot be read, why, and how it begins.

    Args:
        redact: takes secrets out of what is shown.
    """

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact

    @contextmanager
    def raised(self, response: requests.Response) -> Iterator[None]:
        """Say of which answer it is that something breaks off while it is handed on."""
        try:
            yield
        except Broken as broken:
            kind = ApiUnavailable if broken.is_cut else ReadError
            raise kind(self.in_words(response, broken)) from None
        except TooLarge as large:
            raise too_large(large.most, large.what) from None
        except RecursionError:
            raise ReadError(
                self.in_words(response, Broken("is JSON that is nested too deeply to be read"))
            ) from None
        except TooManyDigits as error:
            raise ReadError(self.in_words(response, Broken(str(error)))) from None

    def refuse(self, response: requests.Response, broken: Broken, resource: str) -> None:
        """Let `response.json()` say what is wrong with an answer."""
        kind = ApiUnavailable if broken.is_cut else ReadError
        text = self.in_words(response, broken)
        if isinstance(broken, NoJson):
            several = is_several(response.content)
            kind = ReadError if several else ApiUnavailable
            url, what = redacted_url(response.url), described(response, self._redact)
            content_type = response.headers.get("Content-Type", "")
            cure = cure_of(content_type, response.content[:LOOKED_AT], several)
            place = f' (in "reading": {{"{resource}": …}})'
            text = f"{self._redact(url)} {what}{f'; {cure}{place}' if cure else ''}"
        refuse(response, kind(text))

    def in_words(self, response: requests.Response, broken: Broken) -> str:
        """What is wrong, of which answer, and how that begins."""
        url = self._redact(redacted_url(response.url))
        kind = response.headers.get("Content-Type", "") or "no Content-Type"
        packed = compression_of(response.content)
        begins = f"it begins with {beginning(response, self._redact)!r}"
        return (
            f"{url} answered {response.status_code}, and the answer {self._redact(str(broken))} "
            f"({kind}; {begins if packed == 'none' else f'packed as {packed}'})"
        )
