"""What Dagster shows of a connector, and what a materialization says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster import ConnectorDltTranslator, ConnectorTranslator, ResourceProps
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.orchestrate.build import build_definitions
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items, write

CURSOR = {"cursor_path": "at", "initial_value": "2024-01-01"}


def posts_and_comments(**cursor: Any) -> list[Any]:
    return [
        items("posts", incremental=CURSOR | cursor),
        items("comments", path="posts/{resources.posts.id}/comments"),
    ]


def serve_posts(api: Api, count: int = 3) -> None:
    api.routes["/posts"] = lambda _: {
        "data": [{"id": number, "at": f"2024-01-0{number + 1}"} for number in range(count)]
    }
    for number in range(count):
        api.routes[f"/posts/{number}/comments"] = lambda asked: {"data": [{"text": asked.path}]}


def materialize(
    assets: dg.AssetsDefinition, *selection: str, config: Any = None
) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [assets],
            instance=instance,
            selection=[dg.AssetKey(["acme", name]) for name in selection] or None,
            run_config={"ops": {"acme__load": {"config": config}}} if config else None,
            raise_on_error=False,
        )


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    return {
        event.asset_key.path[-1]: {
            label: value.value for label, value in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
    }


def reason(result: dg.ExecuteInProcessResult) -> str:
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    return failure.step_failure_data.user_failure_data.description


def test_keys_groups_kinds_and_links(settings: Settings) -> None:
    assets = build_connector_assets(
        connector(
            resources=posts_and_comments(start_param="since"),
            owners=["team:data"],
            tags={"domain": "web"},
        ),
        settings=settings,
    )
    posts, comments = dg.AssetKey(["acme", "posts"]), dg.AssetKey(["acme", "comments"])
    assert assets.keys == {posts, comments}
    assert assets.asset_deps == {posts: set(), comments: {posts}}
    spec = assets.get_asset_spec(posts)
    assert (spec.group_name, spec.kinds, spec.owners) == ("acme", {"dlt", "duckdb"}, ["team:data"])
    assert spec.tags["domain"] == "web"
    assert spec.description == (
        "`posts` of acme: what is new by `at`, appended. Read every 10 minutes from 10:03 UTC."
    )


def test_a_description_says_how_a_range_is_read(settings: Settings) -> None:
    cursor = CURSOR | {"start_param": "since", "end_param": "until"}
    reading = {"posts": {"window": {"size": "31 days"}}}
    acme = connector(resources=[items("posts", incremental=cursor)], reading=reading)
    (spec,) = build_connector_assets(acme, settings=settings).specs
    assert "what is new by `at` in windows of 31 days, appended" in str(spec.description)
    child = items("votes", path="posts/{resources.posts.id}/votes", incremental=cursor)
    reading = {"votes": {"window": {"size": "1 week"}}}
    acme = connector(resources=[items("posts"), child], reading=reading)
    (_, spec) = build_connector_assets(acme, settings=settings).specs
    assert "by `at` in windows of 1 week, for each of posts, appended" in str(spec.description)


def test_a_description_says_in_which_format_it_is_read(settings: Settings) -> None:
    export = {"name": "posts", "endpoint": {"path": "posts"}}
    acme = connector(resources=[export], reading={"posts": {"format": "csv"}})
    (spec,) = build_connector_assets(acme, settings=settings).specs
    assert "`posts` of acme: all of it as CSV, replacing the table" in str(spec.description)


def test_a_description_warns_of_what_concerns_its_rows(settings: Settings) -> None:
    appended = items("copies") | {"write_disposition": "append"}
    secret = {"auth": {"type": "bearer", "token": "m4rk3r"}}
    acme = connector(resources=[*posts_and_comments(), appended], client=secret)
    assert {found.code for found in lint(acme)} == {
        "cursor-not-sent",
        "append-without-cursor",
        "literal-secret",
    }
    assets = build_connector_assets(acme, settings=settings)
    told = {key.path[-1]: spec.description for key, spec in assets.specs_by_key.items()}
    assert told["copies"] == (
        "`copies` of acme: all of it, appended. Read every 10 minutes from 10:03 UTC.\n\n"
        "Warning `append-without-cursor`: every run reads all records and appends them again. "
        "Leave write_disposition out, or name a cursor or a primary_key and merge."
    )
    assert "\n\nWarning `cursor-not-sent`: the API is not told the cursor at, " in told["posts"]
    assert "Warning" not in told["comments"]
    assert "literal-secret" not in str(told)


@pytest.mark.parametrize("name", ["a/b", "a b", "é", "A-b", "list"])
def test_a_resource_keeps_the_name_that_the_person_wrote(
    api: Api, settings: Settings, name: str
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    resource = {"name": name, "endpoint": {"path": "items", "data_selector": "data"}}
    assets = build_connector_assets(connector("acme", api.url, [resource]), settings=settings)
    assert assets.keys == {dg.AssetKey(["acme", name])}
    result = materialize(assets)
    assert result.success
    assert metadata(result)[name]["rows_loaded"] == 1


def test_a_materialization_says_what_it_delivered(api: Api, settings: Settings) -> None:
    serve_posts(api)
    assets = build_connector_assets(
        connector("acme", api.url, posts_and_comments()), settings=settings
    )
    said = metadata(materialize(assets))
    posts = said["posts"]
    assert {label: posts[label] for label in posts if "seconds" not in label} == {
        "rows_loaded": 3,
        "rows_per_second": posts["rows_per_second"],
        "requests": 1,
        "pages": 1,
        "bytes_received": posts["bytes_received"],
        "dagster/table_name": "restsrc_acme.acme.posts",
        "dagster/row_count": 3,
        "dagster/column_schema": posts["dagster/column_schema"],
        "cursor_before": "none",
        "cursor_after": "2024-01-03",
        "restsrc/created_at": "2026-11-23T10:03:00Z",
    }
    columns = {column.name: column.type for column in posts["dagster/column_schema"].columns}
    assert columns["id"] == "bigint"
    assert {"at", "_dlt_id", "_dlt_load_id"} < set(columns)
    assert posts["seconds"] > 0
    assert said["comments"]["requests"] == 3

    again = metadata(materialize(assets))
    assert again["posts"]["rows_loaded"] == 0
    assert again["posts"]["dagster/row_count"] == 3
    assert again["posts"]["cursor_before"] == again["posts"]["cursor_after"] == "2024-01-03"
    assert again["posts"]["dagster/column_schema"] == posts["dagster/column_schema"]
    assert not {label for label in again["posts"] if "row_by_row" in label}


def test_a_materialization_says_why_pages_were_not_asked_for_ahead(
    api: Api, settings: Settings
) -> None:
    serve_posts(api)
    acme = connector("acme", api.url, posts_and_comments(), http={"max_concurrency": 1})
    said = metadata(materialize(build_connector_assets(acme, settings=settings)))
    assert said["comments"]["not_prefetched_because"] == "http.max_concurrency is 1"
    assert "not_prefetched_because" not in said["posts"], "it had one page"


def test_a_materialization_says_why_records_went_row_by_row(api: Api, settings: Settings) -> None:
    acme = connector("acme", api.url, [items()])
    assets = build_connector_assets(acme, settings=settings)
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in range(1200)]}
    materialize(assets)
    api.routes["/items"] = lambda _: {"data": [{"id": "x", "tag": 1} for _ in range(1200)]}
    said = metadata(materialize(assets))["items"]
    assert said["records_row_by_row"] == 1200
    assert said["row_by_row_because"] == (
        "column 'id': a text in a column of type bigint (1,199 records); "
        "column 'tag': it is new (1 record)"
    )


def test_what_hangs_on_the_same_cursor_is_materialized_too(api: Api, settings: Settings) -> None:
    serve_posts(api)
    assets = build_connector_assets(
        connector("acme", api.url, posts_and_comments()), settings=settings
    )
    result = materialize(assets, "comments")
    assert result.success
    assert {name: said["rows_loaded"] for name, said in metadata(result).items()} == {
        "posts": 3,
        "comments": 3,
    }


@pytest.mark.parametrize("full_refresh", [True, ["posts"]])
def test_full_refresh_from_the_launchpad(api: Api, settings: Settings, full_refresh: Any) -> None:
    serve_posts(api)
    assets = build_connector_assets(
        connector("acme", api.url, posts_and_comments()), settings=settings
    )
    materialize(assets)
    refreshed = metadata(materialize(assets, config={"full_refresh": full_refresh}))
    assert refreshed["posts"]["full_refresh"] is True
    assert (refreshed["posts"]["rows_loaded"], refreshed["posts"]["dagster/row_count"]) == (3, 3)
    serve_posts(api, 4)
    after = metadata(materialize(assets))
    assert (after["posts"]["rows_loaded"], after["posts"]["dagster/row_count"]) == (1, 4)


def test_a_range_from_the_launchpad(api: Api, settings: Settings) -> None:
    cursor = {"cursor_path": "at", "initial_value": "2000-01-01T00:00:00Z"}
    records = [{"id": day, "at": f"2026-01-{day:02}T12:00:00Z", "x": "old"} for day in range(1, 9)]
    api.routes["/items"] = lambda _: {"data": records}
    keyed = {**items(incremental=cursor), "primary_key": "id"}
    assets = build_connector_assets(connector("acme", api.url, [keyed]), settings=settings)
    before = metadata(materialize(assets))["items"]
    found = metadata(materialize(assets, config={"from": "2026-01-03", "to": "2026-01-05"}))[
        "items"
    ]
    assert (found["rows_loaded"], found["dagster/row_count"]) == (3, 8)
    assert (found["range_from"], found["range_to"]) == (
        "2026-01-03T00:00:00Z",
        "2026-01-06T00:00:00Z",
    )
    assert found["cursor_after"] == before["cursor_after"]
    instant = {"from": "2026-01-03T14:00:00+02:00"}
    assert metadata(materialize(assets, config=instant))["items"]["rows_loaded"] == 6


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"to": "2026-01-05"}, "to: needs a from"),
        ({"from": "2026-01-05", "full_refresh": True}, "from: and full_refresh exclude"),
        ({"from": "2026-01-05", "to": "2026-01-04"}, "from: 2026-01-05 is not before 2026-01-04"),
        ({"from": "2999-01-05"}, "from: 2999-01-05 is not before now"),
        ({"from": "last week"}, "from: 'last week' is neither a day, such as 2026-01-31, nor"),
        ({"from": "2026-01-05T10:00:00"}, "nor an instant with its zone"),
    ],
    ids=str,
)
def test_what_is_no_range_is_told(settings: Settings, config: dict[str, Any], why: str) -> None:
    assets = build_connector_assets(connector(), settings=settings)
    assert why in reason(materialize(assets, config=config))


def test_full_refresh_of_an_unknown_resource_names_the_known(settings: Settings) -> None:
    assets = build_connector_assets(connector(), settings=settings)
    result = materialize(assets, config={"full_refresh": ["custmers"]})
    assert reason(result) == ("full_refresh: custmers is not a resource of acme; known are items")


def test_a_failure_is_one_sentence(api: Api, settings: Settings) -> None:
    def broken(_: Asked) -> Answer:
        return Answer({"message": "no such thing"}, status=404)

    api.routes["/items"] = broken
    assets = build_connector_assets(connector("acme", api.url), settings=settings)
    result = materialize(assets)
    assert not result.success
    assert reason(result) == (
        f"items: {api.url}/items answered 404 Not Found: "
        """'{"message": "no such thing"}'"""
    )


def test_a_missing_variable_fails_its_run_only(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    client = {"auth": {"type": "bearer", "token": "${ACME_TOKEN}"}}
    assets = build_connector_assets(connector("acme", api.url, client=client), settings=settings)
    assert reason(materialize(assets)) == (
        "environment variable ACME_TOKEN is not set, but configuration.client.auth.token wants it"
    )
    assert api.asked == []


def test_on_a_deployment_that_loses_its_disk_the_default_is_refused(api: Api) -> None:
    settings = Settings.from_environment({"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assets = build_connector_assets(connector("acme", api.url), settings=settings)
    assert "set RESTSRC_DESTINATION" in reason(materialize(assets))
    assert api.asked == []


def test_what_is_committed_in_parts_is_one_materialization(api: Api, settings: Settings) -> None:
    cursor = {"cursor_path": "at", "start_param": "since", "initial_value": 0, "row_order": "asc"}

    def events(asked: Asked) -> Any:
        since = int(asked.params["since"])
        return {
            "data": [{"at": at} for at in range(since, since + 3) if at < 20],
            "next": (f"/events?since={since + 3}" if since + 3 < 20 else None),
        }

    api.routes["/events"] = events
    resource = items("events", incremental=cursor, paginator="json_link")
    parts = replace(settings, commit_after_records=5)
    assets = build_connector_assets(connector("acme", api.url, [resource]), settings=parts)
    result = materialize(assets)
    said = metadata(result)["events"]
    assert len(result.get_asset_materialization_events()) == 1
    assert (said["rows_loaded"], said["dagster/row_count"]) == (20, 20)
    assert said["requests"] == len(api.asked) > 7
    assert (said["cursor_before"], said["cursor_after"]) == ("none", 19)
    assert result.get_asset_check_evaluations()[0].passed


def test_a_translator_gives_assets_another_look(tmp_path: Path) -> None:
    class Elsewhere(ConnectorTranslator):
        def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
            spec = super().get_asset_spec(props)
            return spec.replace_attributes(
                key=spec.key.with_prefix("raw"), deps=[*spec.deps, dg.AssetKey("upstream")]
            )

    write(tmp_path, "acme")
    graph = build_definitions(tmp_path, translator=Elsewhere()).resolve_asset_graph()
    key = dg.AssetKey(["raw", "acme", "items"])
    assert key in graph.get_all_asset_keys()
    assert graph.get(key).parent_keys == {dg.AssetKey("upstream")}


def test_dagster_dlt_sees_the_same_assets(api: Api, settings: Settings) -> None:
    import dlt
    from dagster_dlt import dlt_assets

    from restsrc_dagster.extract.source import open_reading

    acme = connector("acme", api.url, posts_and_comments())

    @dlt_assets(
        dlt_source=open_reading(acme, {}).source,
        dlt_pipeline=dlt.pipeline("acme", destination="duckdb"),
        dagster_dlt_translator=ConnectorDltTranslator(acme),
    )
    def own_assets():  # type: ignore[no-untyped-def]
        """Only its definition is looked at."""

    ours = build_connector_assets(acme, settings=settings)
    assert own_assets.asset_deps == ours.asset_deps
    for key in ours.keys:
        assert own_assets.get_asset_spec(key).kinds == ours.get_asset_spec(key).kinds
        assert own_assets.get_asset_spec(key).group_name == "acme"


def test_a_child_may_stand_before_its_parent_in_the_file(api: Api, settings: Settings) -> None:
    serve_posts(api)
    assets = build_connector_assets(
        connector("acme", api.url, posts_and_comments()[::-1]), settings=settings
    )
    result = materialize(assets)
    assert result.success
    assert list(metadata(result)) == ["posts", "comments"]


def test_a_refresh_of_a_child_materializes_its_parent_first(api: Api, settings: Settings) -> None:
    serve_posts(api)
    posts = items("posts")
    assets = build_connector_assets(
        connector("acme", api.url, [posts, posts_and_comments()[1]]), settings=settings
    )
    result = materialize(assets, config={"full_refresh": ["comments"]})
    assert result.success
    assert list(metadata(result)) == ["posts", "comments"]


def checks(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str | None]]:
    return {
        one.asset_key.path[-1]: (one.passed, one.description)
        for one in result.get_asset_check_evaluations()
    }


def test_what_is_missing_is_warned_about_by_a_check_and_in_the_log(
    api: Api, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}], "total": 3}
    api.routes["/others"] = lambda _: {"data": [{"id": 1}], "total": 1}
    acme = connector("acme", api.url, [items(), items("others")])
    result = materialize(build_connector_assets(acme, settings=settings))
    assert result.success
    assert checks(result) == {
        "items": (False, "the API announces 3 records and gave 1"),
        "others": (True, None),
    }
    told = metadata(result)["items"]
    assert (told["records_announced"], told["records_missing"]) == (3, 2)
    assert "acme/items: the API announces 3 records and gave 1" in capfd.readouterr().err


def test_a_table_that_an_empty_list_empties_is_warned_about_once(
    api: Api, settings: Settings
) -> None:
    assets = build_connector_assets(connector("acme", api.url), settings=settings)
    told = []
    for records in ([{"id": 1}, {"id": 2}], [], []):
        api.routes["/items"] = lambda _, records=records: {"data": records}
        told.append(checks(materialize(assets))["items"])
    gone = "the list of the API is empty: the 2 rows that the table had are gone"
    assert told == [(True, None), (False, gone), (True, None)]


def test_columns_that_came_or_split_are_in_the_metadata(api: Api, settings: Settings) -> None:
    resource = items() | {"write_disposition": "append"}
    assets = build_connector_assets(connector("acme", api.url, [resource]), settings=settings)
    answers = iter([[{"v": 1}], [{"v": 1.5, "w": "new"}], [{"v": 2}]])
    api.routes["/items"] = lambda _: {"data": next(answers)}
    results = [materialize(assets) for _ in range(3)]
    told = [metadata(result)["items"] for result in results]
    new = [sorted(one.get("new_columns") or ()) for one in told]
    assert new == [[], ["v__v_double", "w"], []]
    assert [one.get("variant_columns") for one in told] == [None, *[["v__v_double"]] * 2]
    assert [checks(result)["items"][0] for result in results] == [True, False, False]


@pytest.mark.parametrize(("failures", "succeeds"), [(1, True), (2, True), (3, False)])
def test_what_may_go_well_later_is_tried_again(
    api: Api,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    failures: int,
    succeeds: bool,
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("restsrc_dagster.orchestrate.materialize.RETRY_AFTER", (0, 0))
    answers = iter([Answer({}, 502)] * failures + [Answer({"data": [{"id": 1}]})])
    api.routes["/items"] = lambda _: next(answers)
    result = materialize(build_connector_assets(connector("acme", api.url), settings=settings))
    assert result.success is succeeds
    assert len(api.asked) == min(failures + 1, 3)
    told = [
        event.step_retry_data.error.cause.message
        for event in result.all_events
        if event.event_type is dg.DagsterEventType.STEP_UP_FOR_RETRY
    ]
    assert len(told) == min(failures, 2)
    assert all("items answered 502 Bad Gateway" in message for message in told)
    if not succeeds:
        assert reason(result) == f"items: {api.url}/items answered 502 Bad Gateway: '{{}}'"


def test_what_fails_for_good_is_not_tried_again(api: Api, settings: Settings) -> None:
    api.routes["/items"] = lambda _: Answer({}, 404)
    assets = build_connector_assets(connector("acme", api.url), settings=settings)
    assert not materialize(assets).success
    assert len(api.asked) == 1
