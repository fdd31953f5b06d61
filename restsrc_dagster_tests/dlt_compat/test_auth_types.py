"""What dlt takes for an auth can be added to, and dlt makes the registered class of it."""

import subprocess
import sys
from typing import get_args

import pytest
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.config_setup import AUTH_MAP, create_auth
from dlt.sources.rest_api.typing import AuthType

from restsrc_dagster.connector.configuration.auth import OURS
from restsrc_dagster.dlt_compat.auth_types import HOLDERS
from restsrc_dagster.extract.auth.kinds import CLASSES, register
from restsrc_dagster_tests.connector.configuration.tables import VALID

BY_KIND = {
    one["client"]["auth"]["type"]: one["client"]["auth"]
    for one in VALID.values()
    if isinstance(one["client"].get("auth"), dict) and "type" in one["client"]["auth"]
}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where `restsrc_dagster` is imported behind dlt."""
    for holder in HOLDERS:
        known = holder.__annotations__["auth"]
        monkeypatch.setitem(holder.__annotations__, "auth", known)
    for kind in OURS:
        monkeypatch.setitem(AUTH_MAP, kind.name, None)
    monkeypatch.setattr(AuthType, "__args__", get_args(AuthType))
    register()


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("kind", [kind.name for kind in OURS])
def test_dlt_alone_takes_a_configuration_with_one_of_our_kinds(kind: str) -> None:
    auth = BY_KIND[kind]
    of_endpoint = {"name": "items", "endpoint": {"path": "items", "auth": auth}}
    client = {"base_url": "https://api.acme.com", "auth": auth}
    assert rest_api_source({"client": client, "resources": [of_endpoint]}).resources.keys()
    made = create_auth(auth)
    assert type(made) is CLASSES[kind]
    assert made.is_resolved()
    for option, value in auth.items():
        assert option == "type" or getattr(made, option) == value


@pytest.mark.usefixtures("registered")
def test_dlt_refuses_what_was_not_added() -> None:
    """Else the door would be open for whatever is mistyped."""
    for auth in ({"type": "jwt", "kye": "k"}, {"type": "other", "key": "k"}):
        client = {"base_url": "https://api.acme.com", "auth": auth}
        with pytest.raises(Exception, match="auth"):
            rest_api_source({"client": client, "resources": ["items"]})


def test_it_is_registered_where_the_package_is_imported_behind_dlt() -> None:
    code = (
        "from dlt.sources.rest_api import rest_api_source; import restsrc_dagster; "
        "auth = {'type': 'jwt', 'key': 'k'}; client = {'base_url': 'https://a', 'auth': auth}; "
        "rest_api_source({'client': client, 'resources': ['items']})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_who_has_an_auth() -> None:
    assert [holder.__name__ for holder in HOLDERS] == ["ClientConfig", "Endpoint"]
    assert all("auth" in holder.__annotations__ for holder in HOLDERS)
