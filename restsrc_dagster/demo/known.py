"""A recipe at work: its API, as the documentation describes it, runs on loopback."""

from contextlib import ExitStack
from datetime import datetime

from restsrc_dagster.demo.apis import mock_of
from restsrc_dagster.demo.apis.server import Api
from restsrc_dagster.demo.data import timestamp
from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.shown import Shown
from restsrc_dagster.recipes.recipe import read_recipe


def show_recipe(
    name: str, place: DemoFolder, stack: ExitStack, *, now: datetime, dagster_yaml: str
) -> Shown:
    """Starts the stand-in of a recipe and writes the folder's files; raises UnknownRecipe.

    Its data are made up anew at each start; tables merge them by their keys.
    """
    recipe = read_recipe(name)
    mock = mock_of(name)()
    _, last_port = place.recall(now=now)
    try:
        api = stack.enter_context(Api(port=last_port))
    except OSError:
        api = stack.enter_context(Api())
    api.other = mock
    place.remember(opened_at=now, api_port=api.port)
    place.write_dagster_files(dagster_yaml)
    place.write_env_file(mock.environment)
    place.write_content(
        {
            **mock.connector(api.url),
            "created_at": place.created_at or timestamp(now),
            "schedule": {"mode": "minutes", "interval": 1},
        }
    )
    return Shown(
        title=f"{recipe.title}, as its documentation describes it, and the recipe {name}",
        connector=name,
        asset=recipe.resources[0],
        api=f"{api.url}   (stands in for https://{mock.host}, with made-up data)",
        query=f"select * from {name}.{recipe.resources[0]} limit 5",
        environment=mock.environment,
        later=mock.later,
    )
