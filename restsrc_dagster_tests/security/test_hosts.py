"""Where requests go: no address is dialled that was not allowed, whoever names it.

Names are looked up in a table of the test, and nothing is dialled but loopback: whatever else is
tried is noted, and fails.
"""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from restsrc_dagster.errors import HostRefused
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.policy import hosts
from restsrc_dagster.policy.hosts import HostRules
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.ruled import told, under
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import connector, items

METADATA = (
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "169.16689662",
    "169.254.43518",
    "169.254.169.254.",
    "::ffff:169.254.169.254",
    "[::ffff:a9fe:a9fe]",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "metadata.google.internal",
    "METADATA.google.internal.",
)
PRIVATE = (
    *("127.0.0.1", "127.1", "0.0.0.0", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("::1", "::", "fc00::1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2130706433"),
    *("224.0.0.1", "ff02::1", "255.255.255.255", "fec0::1", "198.18.0.1"),
)
PUBLIC = ("93.184.215.14", "2606:2800:220:1::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")


def rules(**said: Any) -> HostRules:
    return HostRules(Policy.model_validate({"hosts": said}))


@pytest.mark.parametrize("host", METADATA)
def test_nobody_reaches_metadata(host: str) -> None:
    names = ["*.internal", "metadata.google.internal"]
    everything = rules(private=True, allowed=["0.0.0.0/0", "::/0", *names])
    for rule in (HostRules(), everything):
        with pytest.raises(HostRefused, match="no connector may reach it"):
            rule.check_name(host)


@pytest.mark.parametrize("host", PRIVATE)
def test_a_policy_keeps_connectors_out_of_private_networks(host: str) -> None:
    HostRules().check_name(host)
    rules(private=True).check_name(host)
    with pytest.raises(HostRefused, match=r"hosts\.private"):
        rules().check_name(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_the_internet_is_open_unless_it_is_closed(host: str) -> None:
    rules().check_name(host)
    with pytest.raises(HostRefused, match=r"hosts\.public"):
        rules(public=False).check_name(host)


def test_what_a_policy_allows() -> None:
    table = {"erp.acme.internal": "10.1.2.3", "x.partner.com": "93.184.215.14"}
    said = {"public": False, "allowed": ["erp.acme.internal", "*.partner.com", "10.9.0.0/16"]}
    rule = HostRules(Policy.model_validate({"hosts": said}), lambda host, _: found(table[host]))
    assert rule.addresses("erp.acme.internal", 443) == ["10.1.2.3"]
    assert rule.addresses("x.partner.com", 443) == ["93.184.215.14"]
    rule.check_name("10.9.1.1")
    with pytest.raises(HostRefused):
        rule.check_name("10.8.1.1")


def found(*addresses: str) -> list[Any]:
    return [(0, 0, 0, "", (address, 0)) for address in addresses]


class Net:
    """A table of names, and what was dialled."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.dialled: list[str] = []

    def look_up(self, host: str, port: int) -> list[Any]:
        """The addresses of a name; those of a further look-up, where there are any."""
        answers = self.names.get(host, [[host]])
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    net, connect = Net(), socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        net.dialled.append(str(address[0]))
        if address[0] not in ("127.0.0.1", "::1"):
            raise OSError(f"{address[0]} was dialled")
        connect(self, address)

    def no_name(host: str, *args: Any, **keys: Any) -> Any:
        assert host.startswith("127.") or host == "::1", f"{host} was looked up by somebody else"
        return getaddrinfo(host, *args, **keys)

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", only_loopback)
    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    monkeypatch.setattr(HostRules.__init__, "__defaults__", (None, net.look_up))
    monkeypatch.setattr(hosts, "look_up", net.look_up)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    yield net
    assert set(net.dialled) <= {"127.0.0.1"}, "nothing left the machine"


def refusal(settings: Settings, *args: Any, **keys: Any) -> str:
    """What a run says of the only resource."""
    report = run(settings, *args, **keys)
    return str(report.failed.get("items", ""))


def run(settings: Settings, *args: Any, **keys: Any) -> Any:
    acme = connector("acme", *args, **keys)
    order = LoadRequest(selection=frozenset(acme.resources))
    return load(acme, order, settings=settings, environment={})


WAYS: dict[str, Any] = {
    "a redirect": lambda bad: Answer(status=302, headers={"Location": f"{bad}/x"}),
    "a next link": lambda bad: {"data": [{"id": 1}], "next": f"{bad}/x"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["allowed_hosts", "anonymous_hosts"])
def test_wherever_the_api_leads(api: Api, net: Net, settings: Settings, way: str, who: str) -> None:
    """Even to hosts that the file itself names: their names lead elsewhere."""
    net.names["files.acme.test"] = [["169.254.169.254"]]
    api.routes["/items"] = lambda _: WAYS[way]("http://files.acme.test")
    paginator = {"type": "json_link", "next_url_path": "next"}
    said = refusal(
        settings, api.url, client={"paginator": paginator}, http={who: ["files.acme.test"]}
    )
    assert "files.acme.test (169.254.169.254) is link-local, where clouds keep" in said
    assert set(net.dialled) == {"127.0.0.1"}, "the API itself, the control"


def test_where_children_and_the_api_itself_are(api: Api, net: Net, settings: Settings) -> None:
    net.names["acme.test"] = [["10.0.0.1"]]
    assert "acme.test (10.0.0.1) is of a private network" in refusal(
        under(settings, {}), "http://acme.test"
    )
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": "http://[fd00:ec2::254]/x"}]}
    child = items("child", path="{resources.items.at}")
    found = run(settings, api.url, [items(), child], http={"allowed_hosts": ["[fd00:ec2::254]"]})
    assert "fd00:ec2::254 is where AWS keeps" in str(found.failed["child"])


def test_where_tokens_are(api: Api, net: Net, settings: Settings) -> None:
    net.names["login.test"] = [["169.254.169.254"]]
    port = api.url.rpartition(":")[2]
    auth = {
        "type": "oauth2_client_credentials",
        "access_token_url": f"http://login.test:{port}/token",
        "client_id": "a",
        "client_secret": "b",
    }
    with pytest.raises(HostRefused, match=r"login\.test \(169\.254\.169\.254\)"):
        run(settings, api.url, client={"auth": auth})
    assert net.dialled == []


def test_the_address_that_was_checked_is_dialled(api: Api, net: Net, settings: Settings) -> None:
    """A name that is looked up a second time leads elsewhere (DNS rebinding)."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    net.names["acme.test"] = [["127.0.0.1"], ["169.254.169.254"]]
    port = api.url.rpartition(":")[2]
    assert refusal(settings, f"http://acme.test:{port}") == ""
    assert (net.dialled, api.asked[0].headers["Host"]) == (["127.0.0.1"], f"acme.test:{port}")
    assert "169.254.169.254" in refusal(settings, f"http://acme.test:{port}"), "the next run"


def test_of_several_addresses_those_are_dialled_that_may_be(
    api: Api, net: Net, settings: Settings
) -> None:
    """As `localhost` has on a Mac. A proxy may take any: one is enough there."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    net.names["acme.test"] = [["fe80::1%lo0", "169.254.169.254", "127.0.0.1"]]
    port = api.url.rpartition(":")[2]
    assert refusal(settings, f"http://acme.test:{port}") == ""
    assert net.dialled == ["127.0.0.1"]
    proxied = {"http": {"proxy": api.url}}
    assert "acme.test (fe80::1) is link-local" in refusal(settings, "http://acme.test", **proxied)


def test_the_next_address_is_tried(api: Api, net: Net, settings: Settings) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    net.names["acme.test"] = [["127.0.0.9", "127.0.0.1"]]
    port = api.url.rpartition(":")[2]
    assert refusal(settings, f"http://acme.test:{port}") == ""
    assert net.dialled[0] == "127.0.0.9"
    del net.dialled[0]


def test_behind_a_proxy(api: Api, net: Net, settings: Settings) -> None:
    """A proxy looks names up: what can be told of them here is told, and its own address is held to
    the same rule if the file names it."""
    net.names["acme.test"] = [["169.254.169.254"]]
    own = {"http": {"proxy": api.url}}
    assert "acme.test (169.254.169.254)" in refusal(settings, "http://acme.test", **own)
    assert net.dialled == []
    net.names["acme.test"] = [["93.184.215.14"]]
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    assert refusal(settings, "http://acme.test", **own) == "", "the control"
    net.names["proxy.test"] = [["169.254.169.254"]]
    other = {"http": {"proxy": "http://proxy.test:3128"}}
    assert "proxy.test (169.254.169.254)" in refusal(settings, "http://acme.test", **other)
    assert (
        "127.0.0.1 is of a private network"
        in told(under(settings, {}), "http://acme.test", **own)[0]
    )


def test_a_proxy_of_the_deployment_is_its_own_matter(
    api: Api, net: Net, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", api.url)
    net.names["acme.test"] = [["93.184.215.14"]]
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    assert refusal(under(settings, {}), "http://acme.test") == ""
    net.names["acme.test"] = [["10.0.0.1"]]
    assert "10.0.0.1" in refusal(under(settings, {}), "http://acme.test")


def test_files_tell_it_before_a_run(settings: Settings) -> None:
    assert told(settings, "http://169.254.169.254/latest") == [
        "configuration.client.base_url: 169.254.169.254 is link-local, where clouds keep the "
        "credentials of a machine; no connector may reach it"
    ]
    assert told(settings, "http://10.0.0.1") == []
    assert "hosts.private" in told(under(settings, {}), "http://10.0.0.1")[0]
