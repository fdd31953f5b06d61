"""The files of `deploy/`, `build.yaml` and `container_context.yaml`, held against who reads them.

Dagster's Helm chart is in no package registry: what it reads stands here as facts, from its values
schema and its templates (dagster-io/dagster, `helm/dagster`, release 1.13). What it renders of
them is the instance's settings, which Dagster itself checks.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config_schema

from restsrc_dagster.connector.files.folder import read_folder
from restsrc_dagster.policy.file import read_policy
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.settings import default_dagster_yaml
from restsrc_dagster_tests.support.connectors import write

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
HELM: dict[str, Any] = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text(encoding="utf-8"))


class Optional(str):
    """A key that may be left out."""


NUMBERS = {"skipped": int, "success": int, "failure": int, "started": int}
MAP: type = dict
RESOURCES = {"containerConfig": MAP, Optional("jobSpecConfig"): MAP}
CHART: dict[str, tuple[str, Any]] = {
    # Where: (what the schema says there, as far as these values use it).
    "dagster-user-deployments.deployments": (
        "charts/dagster-user-deployments/templates/deployment-user.yaml: `codeServerArgs` are those"
        " of `dagster code-server start`, `dagsterApiGrpcArgs` go before them; "
        "templates/helpers/_helpers.tpl: environment, secrets, volumes and labels go to the runs",
        [
            {
                "name": str,
                "image": {"repository": str, "tag": str, "pullPolicy": str},
                "port": int,
                Optional("codeServerArgs"): [str],
                Optional("includeConfigInLaunchedRuns"): {"enabled": bool},
                Optional("env"): MAP,
                Optional("envSecrets"): [{"name": str}],
                Optional("volumes"): [MAP],
                Optional("volumeMounts"): [MAP],
                Optional("resources"): MAP,
            }
        ],
    ),
    "concurrency": (
        "schema/charts/dagster/subschema/concurrency.py: `enabled: bool = False`; "
        "templates/configmap-instance.yaml: {{- if .Values.concurrency.enabled }}",
        {
            Optional("enabled"): bool,
            Optional("pools"): {Optional("defaultLimit"): int, Optional("granularity"): str},
            Optional("runs"): {Optional("maxConcurrentRuns"): int},
        },
    ),
    "runLauncher": (
        "schema/charts/dagster/subschema/run_launcher.py: `RunK8sConfig`",
        {"type": str, "config": {"k8sRunLauncher": {Optional("runK8sConfig"): RESOURCES}}},
    ),
    "computeLogManager": (
        "schema/charts/dagster/subschema/compute_log_manager.py: `S3ComputeLogManager`",
        {
            "type": str,
            "config": {
                "s3ComputeLogManager": {
                    "bucket": str,
                    Optional("prefix"): str,
                    Optional("uploadInterval"): int,
                }
            },
        },
    ),
    "dagsterDaemon": (
        "schema/charts/dagster/subschema/daemon.py; templates/configmap-instance.yaml",
        {
            "runMonitoring": {
                "enabled": bool,
                "startTimeoutSeconds": int,
                "cancelTimeoutSeconds": int,
                "pollIntervalSeconds": int,
                "freeSlotsAfterRunEndSeconds": int,
            },
            "runRetries": {
                "enabled": bool,
                Optional("maxRetries"): int,
                Optional("retryOnAssetOrOpFailure"): bool,
            },
            "schedules": {"useThreads": bool, Optional("numWorkers"): int},
            "sensors": {"useThreads": bool, Optional("numWorkers"): int},
        },
    ),
    "retention": (
        "schema/charts/dagster/subschema/retention.py: `TickRetentionByType` has no defaults",
        {
            "enabled": bool,
            "schedule": {"purgeAfterDays": NUMBERS},
            "sensor": {"purgeAfterDays": NUMBERS},
        },
    ),
    "additionalInstanceConfig": (
        "templates/configmap-instance.yaml: {{- .Values.additionalInstanceConfig | toYaml }}",
        MAP,
    ),
    "telemetry": ("schema/charts/dagster/subschema/telemetry.py", {"enabled": bool}),
}


def problems(value: Any, fact: Any, place: str) -> Iterator[str]:
    """What a value has that the chart does not know, or lacks that it wants."""
    if isinstance(fact, type):
        if type(value) is not fact:
            yield f"{place} is no {fact.__name__}: {value!r}"
    elif isinstance(fact, list):
        for number, one in enumerate(value):
            yield from problems(one, fact[0], f"{place}.{number}")
    else:
        known = {str(key): one for key, one in fact.items()}
        yield from (f"{place}.{key} is unknown" for key in value.keys() - known.keys())
        required = {key for key in fact if not isinstance(key, Optional)}
        yield from (f"{place}.{key} is missing" for key in required - value.keys())
        for key in known.keys() & value.keys():
            yield from problems(value[key], known[key], f"{place}.{key}")


def chart_problems(values: Mapping[str, Any]) -> list[str]:
    flat = {
        f"{key}.{below}" if key == "dagster-user-deployments" else key: one
        for key, value in values.items()
        for below, one in (value.items() if key == "dagster-user-deployments" else [("", value)])
    }
    unknown = [f"{key} is unknown" for key in flat.keys() - CHART.keys()]
    return unknown + [
        problem
        for key in flat.keys() & CHART.keys()
        for problem in problems(flat[key], CHART[key][1], key)
    ]


def snake(value: Any) -> Any:
    """As the chart's templates write a value into `dagster.yaml`."""
    if isinstance(value, dict):
        return {re.sub("([A-Z])", r"_\1", key).lower(): snake(one) for key, one in value.items()}
    return value


def rendered(values: Mapping[str, Any]) -> dict[str, Any]:
    """The instance's settings, as the chart writes them of these values."""
    daemon = values["dagsterDaemon"]
    instance = {
        "run_monitoring": daemon["runMonitoring"],
        "run_retries": daemon["runRetries"],
        "schedules": daemon["schedules"],
        "sensors": daemon["sensors"],
    }
    if values["retention"]["enabled"]:
        instance["retention"] = {key: values["retention"][key] for key in ("schedule", "sensor")}
    if values["concurrency"].get("enabled", False):
        instance["concurrency"] = {
            key: one for key, one in values["concurrency"].items() if key != "enabled"
        }
    return {**snake(instance), **values["additionalInstanceConfig"]}


def test_the_chart_knows_each_value() -> None:
    assert not chart_problems(HELM)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"concurrency": {"pools": {"limit": 1}}}, "concurrency.pools.limit is unknown"),
        ({"concurency": {}}, "concurency is unknown"),
        (
            {"retention": {"enabled": True, "schedule": {"purgeAfterDays": {"skipped": 2}}}},
            "retention.schedule.purgeAfterDays.started is missing",
        ),
        ({"telemetry": {"enabled": "no"}}, "telemetry.enabled is no bool: 'no'"),
    ],
)
def test_what_the_chart_would_refuse_is_seen(values: dict[str, Any], problem: str) -> None:
    assert problem in chart_problems(values)


@pytest.mark.parametrize("source", ["helm", "docker", "laptop"])
def test_dagster_takes_the_instance(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql://127.0.0.1/dagster")
    settings = {
        "helm": lambda: rendered(HELM),
        "docker": lambda: yaml.safe_load((DEPLOY / "docker" / "dagster.yaml").read_text("utf-8")),
        "laptop": lambda: yaml.safe_load(default_dagster_yaml()),
    }[source]()
    checked = process_config(dagster_instance_config_schema(), settings)
    assert checked.success, checked.errors
    assert settings["freshness"] == {"enabled": True}
    pools = settings["concurrency"]["pools"]
    assert pools == {"granularity": "run", "default_limit": 1}
    assert settings["concurrency"]["runs"]["max_concurrent_runs"] >= 10
    assert settings["run_monitoring"]["free_slots_after_run_end_seconds"] == 30
    assert settings["run_retries"]["retry_on_asset_or_op_failure"] is False
    assert settings["retention"]["schedule"]["purge_after_days"]["skipped"] == 2


def test_a_reload_on_kubernetes_reads_the_files_anew() -> None:
    (deployment,) = HELM["dagster-user-deployments"]["deployments"]
    assert deployment["codeServerArgs"] == ["-m", "restsrc_dagster.definitions"]
    assert "dagsterApiGrpcArgs" not in deployment, "the chart would take these instead"
    mounted = {mount["mountPath"] for mount in deployment["volumeMounts"]}
    assert deployment["env"]["RESTSRC_CONNECTORS_DIR"] in mounted


def test_a_config_map_is_a_folder_of_connectors(tmp_path: Path) -> None:
    """Kubernetes mounts it as links into a folder whose name changes with its content."""
    content = tmp_path / "..2026_11_29_10_00_00.1"
    write(content, "acme", "http://127.0.0.1:9")
    (tmp_path / "..data").symlink_to(content.name)
    (tmp_path / "acme.json").symlink_to("..data/acme.json")
    read = read_folder(tmp_path)
    assert list(read.connectors) == ["acme"]
    assert not read.problems


def test_dagster_plus_names_the_same_secrets_as_the_chart() -> None:
    context = yaml.safe_load((ROOT / "container_context.yaml").read_text(encoding="utf-8"))["k8s"]
    (deployment,) = HELM["dagster-user-deployments"]["deployments"]
    assert context["env_secrets"] == [secret["name"] for secret in deployment["envSecrets"]]
    assert dict(one.split("=") for one in context["env_vars"]).items() <= deployment["env"].items()
    build = yaml.safe_load((ROOT / "build.yaml").read_text(encoding="utf-8"))
    assert build == {"registry": "registry.example.com/restsrc", "directory": "."}
    assert (ROOT / build["directory"] / "Dockerfile").is_file(), "dg looks for it there"


def test_each_image_has_what_it_needs() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = {
        "cloud": {"dagster-cloud", "dlt[postgres]", "botocore", "requests-oauthlib"},
        "docker": {"dagster-postgres", "dlt[postgres]"},
        "kubernetes": {"dagster-k8s", "dagster-aws", "dagster-postgres", "dlt[postgres]"},
    }
    for extra, names in needed.items():
        assert {re.split("[<>=]", one)[0] for one in _resolved(extras, extra)} >= names
    (default,) = re.findall("ARG EXTRA=(.*)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert default == "cloud", "dg plus deploy gives no build arguments"


def _resolved(extras: Mapping[str, list[str]], extra: str) -> Iterator[str]:
    for one in extras[extra]:
        if own := re.fullmatch(r"restsrc-dagster\[([\w,]+)\]", one):
            for name in own[1].split(","):
                yield from _resolved(extras, name)
        else:
            yield one


def test_every_deployment_begins_with_the_strict_policy() -> None:
    file = "/opt/restsrc/policy.yaml"
    assert read_policy(DEPLOY / "policy.yaml").model_dump() == Policy().model_dump(), (
        "what stands there is what holds anyway"
    )
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"COPY deploy/policy.yaml ./policy.yaml\nENV RESTSRC_POLICY={file}\n" in image
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["connectors"]
    assert service["environment"]["RESTSRC_POLICY"] == file
    assert f"../policy.yaml:{file}:ro" in service["volumes"]
    (deployment,) = HELM["dagster-user-deployments"]["deployments"]
    assert deployment["env"]["RESTSRC_POLICY"] == file
