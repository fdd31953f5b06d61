"""One seed of the soak, on each destination; the command runs ten."""

from pathlib import Path

import duckdb
import pytest

from restsrc_dagster_tests.load.shop_model import ShopModel
from restsrc_dagster_tests.soak.kills import POINTS, Soak, Target
from restsrc_dagster_tests.soak.targets import duckdb_target, postgres_target
from restsrc_dagster_tests.support.api import Api

SEED = 1
MOMENTS = 1


def nothing_is_lost_or_doubled(api: Api, target: Target) -> None:
    counts = dict(Soak(SEED, ShopModel(api), target).run(MOMENTS))
    assert list(counts) == POINTS
    assert all(count.kills for count in counts.values())
    assert {point: (count.lost, count.doubled) for point, count in counts.items()} == dict.fromkeys(
        POINTS, (0, 0)
    )


@pytest.mark.timeout(600)
def test_killed_anywhere_on_duckdb(api: Api, tmp_path: Path) -> None:
    nothing_is_lost_or_doubled(api, duckdb_target(tmp_path, SEED))


@pytest.mark.timeout(600)
def test_killed_anywhere_on_postgres(api: Api, postgres: str) -> None:
    nothing_is_lost_or_doubled(api, postgres_target(postgres, SEED))


def test_what_is_lost_or_doubled_is_counted(api: Api, tmp_path: Path) -> None:
    """A soak that sees nothing proves nothing."""
    target = duckdb_target(tmp_path, SEED)
    soak = Soak(SEED, ShopModel(api), target)
    quiet = soak.quiet_run()
    assert (quiet.lost, quiet.doubled) == (0, 0)
    with duckdb.connect(tmp_path / "1" / "restsrc_acme.duckdb") as database:
        database.execute("DELETE FROM soak_1.log WHERE id = 0")
        database.execute("INSERT INTO soak_1.orders SELECT * FROM soak_1.orders WHERE id < 2")
    after = soak.quiet_run()
    assert (after.lost, after.doubled) == (1, 2)
