"""Worlds as hypothesis draws them: something plain, and a few features on top of it.

A feature is a function that changes the draft of a world. Each world gets a few, so that what meets
is found and what a fault needs stays small. `honest` takes out what no API can keep.
"""

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from restsrc_dagster_tests.worlds.drafts import Draw, plain, weighted
from restsrc_dagster_tests.worlds.features import FEATURES
from restsrc_dagster_tests.worlds.honest import mended
from restsrc_dagster_tests.worlds.world import World

FEATURES_EACH = (1, 3)


@st.composite
def worlds(draw: Draw) -> World:
    shape = draw(weighted({"one": 5, "two": 6, "three": 3}))
    draft = plain(draw, shape)
    fitting = [feature for feature, shapes in FEATURES if shape in shapes]
    names = draw(
        st.lists(
            st.sampled_from(fitting),
            min_size=FEATURES_EACH[0],
            max_size=FEATURES_EACH[1],
            unique=True,
        )
    )
    for feature in names:
        feature(draw, draft)
    return mended(World.from_json(draft))


def world_of_seed(number: int) -> World:
    """The world of a number, always the same one with the same code."""
    drawn: list[World] = []

    @seed(number)
    @settings(
        max_examples=2,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds())
    def draw(world: World) -> None:
        drawn.append(world)

    draw()
    return drawn[-1]  # the first one is the simplest there is
