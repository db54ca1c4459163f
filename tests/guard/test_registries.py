"""Where the engine is sent: who may send it at all, and to which hosts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from dockworthy.facts.host.root import Root
from dockworthy.guard.host_network import names_of_host, what_of_host
from dockworthy.guard.judges import judge
from dockworthy.guard.observing.drafting import draft
from dockworthy.guard.observing.state import AlikeObjects, ObservationState
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.guard.rights.roles import RIGHTS
from dockworthy.guard.routes import find_call
from dockworthy.model.guard_policy import GuardPolicy, Role
from dockworthy.readers.project_file import parse_project_file
from guard.worlds import EmptyWorld

OWN = (
    *(
        "127.0.0.1:9999",
        "127.0.0.1:80",
        "127.255.1.2:5000",
        "localhost",
        "localhost:5000",
        "LOCALHOST:5000",
        "Localhost",
    ),
    *("a.localhost:80", "localhost.localdomain:80", "0.0.0.0:5000", "169.254.169.254:80", "2130706433:80", "127.1:80"),
    *(
        "172.17.0.1:9999",
        "203.0.113.7",
        "2886795265:80",
        "0xac110001:80",
        "172.17.1:80",
        "172.17.0.1.:80",
        "172.17.0.2:80",
    ),
    *("0x7f.1:80", "0177.0.0.1:80", "shophost:5000", "SHOPHOST:5000", "localhost.:80", "127.0.0.1.:80"),
    *("ip6-localhost:80", "ip6-loopback:80"),
    *("100.100.100.200:80", "168.63.129.16:80", "metadata.google.internal:80", "Metadata.Google.Internal.:443"),
)
"""Hosts in whose place the host itself or its link answers, as they may stand in an image's name."""
BRACKETS = (
    "[::1]:5000",
    "[::ffff:127.0.0.1]:80",
    "[::]:80",
    "[fe80::1]:80",
    "[::ffff:7f00:1]:80",
    "[2001:db8::7]:5000",
    "[2001:DB8:0::7]:80",
    "[::ffff:172.17.0.1]:80",
    "[fd00:ec2::254]:80",
    "[FD00:0EC2:0::254]:80",
)
ELSEWHERE = ("registry.example.com", "registry.example.com:5000", "10.0.0.5:5000", "quay.io", "192.0.2.1", "docker.io")


async def refusal(line: str, policy: GuardPolicy | None = None, body: Any = None) -> str:
    method, _, target = line.partition(" ")
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"content-length": str(len(content))} | ({"content-type": "application/json"} if content else {})
    asked = GuardRequest(method=method, target=target, headers=headers, body=content)
    in_force = PolicyInForce() if policy is None else PolicyInForce(guard=policy)
    return (await judge(asked, EmptyWorld(), in_force)).message()


def calls(host: str) -> list[str]:
    image = quote(f"{host}/x", safe="")
    found = [f"POST /images/create?fromImage={image}&tag=1", f"GET /images/search?term={image}"]
    if not host.startswith("["):
        found += [f"GET /distribution/{host}/x/json", f"POST /v1.45/images/{host}/x/push?tag=1"]
    return found


@pytest.mark.parametrize("host", [*OWN, *BRACKETS])
async def test_the_engine_is_not_sent_to_the_host_itself(host: str) -> None:
    for line in calls(host):
        assert "guard/registries" in await refusal(line), line
    assert "guard/registries" in await refusal(f"GET /images/search?term={quote(f'a:b@{host}/x', safe='')}")
    for address in (host, f"http://{host}", f"https://{host}/v2/"):
        body = {"username": "u", "password": "p", "serveraddress": address}
        assert "guard/registries" in await refusal("POST /auth", body=body), address
    spec = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": f"{host}/x:1"}}}
    assert "guard/registries" in await refusal("POST /services/create", body=spec)
    assert not await refusal(calls(host)[0], GuardPolicy(registries=("docker.io", host)))


@pytest.mark.parametrize("address", ["http://a@127.0.0.1", "http://x/?q", "127.0.0.1+", " x", "x\n", "//x", "a b"])
async def test_a_login_names_a_registry_and_nothing_else(address: str) -> None:
    assert "guard/registries" in await refusal("POST /auth", body={"serveraddress": address})


@pytest.mark.parametrize("host", ELSEWHERE)
async def test_other_registries_are_used_as_ever(host: str) -> None:
    for line in calls(host):
        assert not await refusal(line), line
    for address in (host, f"https://{host}", "https://index.docker.io/v1/", ""):
        assert not await refusal("POST /auth", body={"username": "u", "serveraddress": address})
    assert not await refusal("POST /auth")


@pytest.mark.parametrize(
    "term", ["x.y?a/z", "x.y#a/z", "a@x.y/z", "x.y\\\\a/z", "x.y:a/z", "x.y /z", "x.y:/z", "::1:5000/x", "[x.y]/z"]
)
async def test_a_search_names_a_host_that_has_one_meaning(term: str) -> None:
    assert "guard/registries" in await refusal(f"GET /images/search?term={quote(term, safe='')}")


def test_a_registry_of_the_hosts_own_is_drafted_with_all_others() -> None:
    def seen(*images: str) -> ObservationState:
        return ObservationState(
            since=0, until=0, seen={each: AlikeObjects(kind="container", image=each, first="x") for each in images}
        )

    assert "registries" not in draft(seen("nginx", "quay.io/x:1"))
    drafted = draft(seen("nginx", "quay.io/x:1", "localhost:5000/shop", "sha256:" + "a" * 64))
    listed = parse_project_file(drafted, "x").guard.registries
    assert listed == ("docker.io", "localhost:5000", "quay.io")


async def test_a_list_of_registries_is_all_that_there_is() -> None:
    policy = GuardPolicy(registries=("registry.example.com", "*.example.org:5000"))
    for host in ("registry.example.com", "Registry.Example.Com", "a.example.org:5000"):
        assert not await refusal(f"POST /images/create?fromImage={host}/x&tag=1", policy), host
    for name in ("quay.io/x", "nginx", "team/nginx", "docker.io/nginx", "index.docker.io/x", "x.example.com/y"):
        assert "guard.registries" in await refusal(f"POST /images/create?fromImage={name}&tag=1", policy), name
    hub = GuardPolicy(registries=("docker.io",))
    for name in ("nginx", "team/nginx", "docker.io/nginx", "index.docker.io/x"):
        assert not await refusal(f"POST /images/create?fromImage={name}&tag=1", hub), name


@pytest.mark.parametrize(
    "line",
    ["POST /auth", "GET /images/search?term=x", "GET /distribution/x/json", "GET /plugins/privileges?remote=x",
     "POST /images/create?fromImage=x&tag=1", "POST /images/x/push?tag=1"],
)  # fmt: skip
def test_who_only_looks_sends_the_engine_nowhere(line: str) -> None:
    method, _, target = line.partition(" ")
    call = find_call(GuardRequest(method=method, target=target, headers={"content-length": "0"}))
    assert call.right not in RIGHTS[Role.VIEWER] | RIGHTS[Role.OPERATOR]


def test_names_of_the_host_are_those_of_its_own_table(tmp_path: Any) -> None:
    (tmp_path / "etc").mkdir()
    table = (
        "127.0.0.1 localhost\n127.0.1.1\tShop shop.example.com. # 127.0.0.1 no\n::1 ip6-localhost\n10.0.0.1 db\nodd\n"
    )
    table += "10.0.0.7 lan\n0.0.0.0 blocked\nfd00::7%eth0 six\n169.254.1.1 link\n"
    (tmp_path / "etc/hosts").write_text(table)
    (tmp_path / "etc/hostname").write_text("Till-1\n")
    own = {"10.0.0.7": "it", "fd00::7": "it"}
    found = names_of_host(Root(tmp_path), lambda address: own.get(address, ""))
    expected = {"localhost", "shop", "shop.example.com", "ip6-localhost", "lan", "blocked", "six", "link", "till-1"}
    assert found == expected
    assert names_of_host(Root(tmp_path / "etc"), lambda address: "") == frozenset()


ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t00020C0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


def test_addresses_of_the_host_are_those_that_its_kernel_sends_to_itself(tmp_path: Any) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(ROUTES)
    zero = "0" * 32
    six = f"fd5a{'0' * 28} 40 {zero} 00 {zero} 00000100 00000001 00000000 00000001 br-0123456789ab\n"
    (tmp_path / "proc/net/ipv6_route").write_text(six + f"fd6a{'0' * 28} 40 {zero} 00 {zero} 0 0 0 0 eth0\n")
    (tmp_path / "proc/sys/net/ipv4").mkdir(parents=True)
    (tmp_path / "proc/sys/net/ipv4/ip_nonlocal_bind").write_text("0\n")
    root = Root(tmp_path)
    root.byteorder = "little"
    for address in ("127.0.0.1", "127.9.8.7"):
        assert what_of_host(root, address) == "the host itself"
    for address in ("172.17.0.9", "fd5a::9"):
        assert what_of_host(root, address) == "an address of containers on this host"
    for address in ("10.12.2.9", "fd6a::9", "192.0.2.1"):
        assert what_of_host(root, address) == "", address
    assert what_of_host(Root(tmp_path / "none"), "192.0.2.1") == ""
