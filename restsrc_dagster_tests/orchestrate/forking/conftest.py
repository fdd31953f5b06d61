"""One deployment for the tests of a module: it takes seconds to start."""

from collections.abc import Iterator

import pytest

from restsrc_dagster_tests.orchestrate.forking.deployment import Deployment, deployed


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder, home = (tmp_path_factory.mktemp(name) for name in ("location", "home"))
    with deployed(folder, home) as running:
        yield running
