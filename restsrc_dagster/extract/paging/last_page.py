"""Where a list ends, by the person's own rule."""

import requests

from restsrc_dagster.extract.records.expressions import predicate
from restsrc_dagster.json_types import Json


class LastPage:
    """Whether a page is the last of its list, by an expression.

    Args:
        expression: JMESPath over `{body, headers, records, url, page}`.
        resource: whose lists end by it.
    """

    def __init__(self, expression: str, resource: str) -> None:
        self._holds = predicate(expression, f"reading.{resource}.last_page")

    def __call__(self, response: requests.Response, records: list[Json], number: int) -> bool:
        """Look at the answer with a page; its `number` is 1 for the first of the list.

        Raises:
            ReadError: the expression fails with this answer.
        """
        return self._holds(
            {
                "body": response.json(),
                "headers": {name.lower(): value for name, value in response.headers.items()},
                "records": records,
                "url": response.url,
                "page": number,
            }
        )
