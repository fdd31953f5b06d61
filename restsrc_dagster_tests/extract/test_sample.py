"""Reading a sample changes nothing for others in the process."""

import logging
from typing import Any

import pytest

from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items


def test_dlt_is_silent_meanwhile_and_speaks_afterwards(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    acme = connector("acme", api.url, [items(paginator="auto")])
    assert list(read_samples(acme, {}, resources=["items"], limit=1))  # dlt sets its logger up
    caplog.clear()
    logger = logging.getLogger("dlt")
    monkeypatch.setattr(logger, "propagate", True)
    before: Any = logger.level, list(logger.filters)
    for sample in read_samples(acme, {}, resources=["items"], limit=1):
        assert sample.error is None
        assert "paginator" not in caplog.text
        logger.warning("of somebody else")
    assert "of somebody else" in caplog.text
    assert (logger.level, list(logger.filters)) == before
