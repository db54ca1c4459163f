"""What the judge makes of a policy, of what is there, and of what differs between clients; without an engine."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import structs

from dockworthy.controls.workload.build_grants import control
from dockworthy.guard.decision import MOST_CHARACTERS, MOST_IN_ALL, Decision, refused
from dockworthy.guard.floor.mounts import NumbersOf
from dockworthy.guard.judges import judge
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.model.guard_policy import Binding, GuardPolicy, Role
from dockworthy.model.policy import Policy, PolicyException
from guard.worlds import EmptyWorld

AGENT = {
    "Id": "a" * 64,
    "Name": "/agent",
    "Config": {"Image": "agent"},
    "HostConfig": {"Privileged": True, "SecurityOpt": [], "MaskedPaths": None, "ReadonlyPaths": None},
    "Mounts": [{"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/s", "RW": True}],
    "State": {"Status": "running", "Running": True},
}
SHOP = {
    "Id": "b" * 64,
    "Name": "/shop",
    "Config": {"Image": "shop"},
    "HostConfig": {"Privileged": False, "PidMode": "container:agent", "MaskedPaths": ["/proc/kcore"] * 9,
                   "ReadonlyPaths": ["/proc/bus"] * 9},
    "Mounts": [],
    "State": {"Status": "running", "Running": True},
}  # fmt: skip


class World(EmptyWorld):
    def __init__(self, **found: Mapping[str, Any]) -> None:
        self.found = found

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return self.found.get(reference)

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        return self.found.get(f"network_{reference}")

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        return self.found.get(f"image_{reference}") or await super().image(reference)

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        return self.found.get(f"service_{reference}")

    async def secret(self, reference: str) -> Mapping[str, Any] | None:
        return self.found.get(f"secret_{reference}")

    async def config(self, reference: str) -> Mapping[str, Any] | None:
        return self.found.get(f"config_{reference}")

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        ids = (str(found.get("ID", "")) for key, found in self.found.items() if key.startswith(f"{kind}_"))
        return tuple(dict.fromkeys(id for id in ids if id.startswith(beginning)))


class Swappable(World):
    def who_may_write(self, path: str) -> str:
        return f"{path} belongs to user 1000"


async def ask(
    line: str, body: Any = None, *, world: EmptyWorld | None = None, policy: PolicyInForce | None = None,
    headers: Mapping[str, str] | None = None,
) -> Decision:  # fmt: skip
    method, _, target = line.partition(" ")
    content = b"" if body is None else json.dumps(body).encode()
    sent = {"content-type": "application/json"} if body is not None else {"content-length": "0"}
    asked = GuardRequest(method=method, target=target, headers={**sent, **(headers or {})}, body=content)
    return await judge(asked, world or EmptyWorld(), policy or PolicyInForce())


def excepting(name: str) -> PolicyInForce:
    exceptions = tuple(
        PolicyException(control=control, subject=f"container/{name}", reason="it watches", owner="o", expires=LATER)
        for control in ALL_OF_AGENT
    )
    return PolicyInForce(policy=Policy(exceptions=exceptions))


LATER = datetime.date.max
ALL_OF_AGENT = (
    "workload/privileged", "workload/capabilities", "workload/engine-socket", "workload/proc-mount", "workload/seccomp",
    "workload/host-mounts", "workload/apparmor", "workload/selinux", "workload/cgroup-namespace",
)  # fmt: skip
AGENTS_WORLD = World(agent=AGENT, shop=SHOP)


async def test_an_exception_lets_a_container_start() -> None:
    assert not (await ask("POST /containers/agent/start", world=AGENTS_WORLD)).allowed
    decision = await ask("POST /containers/agent/start", world=AGENTS_WORLD, policy=excepting("agent"))
    assert decision.allowed, decision.message()


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /containers/agent/exec", {"Cmd": ["sh"]}),
        ("POST /containers/agent/attach?stdin=1&stream=1", None),
        ("GET /containers/agent/archive?path=/", None),
        ("GET /containers/agent/export", None),
        ("POST /containers/agent/rename?name=x", None),
        ("POST /containers/create", {"Image": "x", "HostConfig": {"PidMode": "container:agent"}}),
        ("POST /containers/create", {"Image": "x", "HostConfig": {"VolumesFrom": ["agent"]}}),
        ("POST /containers/shop/exec", {"Cmd": ["sh"]}),
    ],
)
async def test_an_exception_gives_its_powers_to_nobody_else(line: str, body: Any) -> None:
    decision = await ask(line, body, world=AGENTS_WORLD, policy=excepting("agent"))
    assert not decision.allowed and "agent" in decision.message()


async def test_the_name_of_an_exception_is_not_taken_over() -> None:
    tame = World(tame=structs_of(SHOP, PidMode=""))
    decision = await ask("POST /containers/tame/rename?name=agent", world=tame, policy=excepting("agent"))
    assert "guard/names" in decision.message()
    assert (await ask("POST /containers/tame/rename?name=other", world=tame, policy=excepting("agent"))).allowed


def structs_of(container: dict[str, Any], **host: Any) -> dict[str, Any]:
    return {**container, "HostConfig": {**container["HostConfig"], **host}}


OWNED = PolicyInForce(
    guard=GuardPolicy(
        images=("registry.example.com/shop/*", "db", "trusted/web:prod", "docker.io/library/official"),
        roles=(
            Binding(who="user:x", role=Role.DEPLOYER, images=("registry.example.com/ship/*", "*")),
            Binding(who="user:y", role=Role.DEPLOYER, images=("registry.example.com:5000/shop",)),
        ),
    )
)


@pytest.mark.parametrize(
    "line",
    [
        "POST /images/x/tag?repo=registry.example.com/shop/web&tag=1",
        "POST /images/x/tag?repo=db",
        "POST /images/x/tag?repo=docker.io/library/db&tag=1",
        "POST /images/x/tag?repo=index.docker.io/library/db&tag=1",
        "POST /images/create?fromSrc=-&repo=db",
        "POST /images/create?fromSrc=-&repo=db%3A1",
        "POST /images/create?repo=db&tag=1",
        "POST /images/create?fromSrc=-&repo=trusted%2Fweb&tag=prod",
        "POST /images/create?fromSrc=-&repo=docker.io%2Ftrusted%2Fweb%3Aprod",
        "POST /images/x/tag?repo=trusted/web&tag=prod",
        "POST /images/x/tag?repo=trusted/web%3Aprod",
        "POST /images/x/tag?repo=index.docker.io/trusted/web&tag=prod",
        "POST /images/x/tag?repo=official",
        "POST /images/x/tag?repo=docker.io/official&tag=latest",
        "POST /images/x/tag?repo=REGISTRY.example.com/shop/web",
        "POST /images/x/tag?repo=registry.example.com/ship/web",
        "POST /images/x/tag?repo=registry.example.com%3A5000/shop",
        "POST /build?t=trusted/web:prod",
        "POST /images/load",
        "POST /build?t=other&t=db%3A1",
        "POST /build?t=registry.example.com/shop/web",
        "POST /session",
    ],
)
async def test_names_of_images_that_the_policy_owns(line: str) -> None:
    assert not (await ask(line, policy=OWNED)).allowed
    if "session" not in line:
        assert (await ask(line)).allowed


@pytest.mark.parametrize(
    "line",
    [
        "POST /images/x/tag?repo=trusted/web&tag=test",
        "POST /images/x/tag?repo=mine&tag=1",
        "POST /images/create?fromSrc=-&repo=mine",
        "POST /images/create?fromImage=registry.example.com/shop/web&tag=1",
        "POST /images/create?fromSrc=-",
        "POST /build?t=registry.example.com/other/web",
    ],
)
async def test_other_names_are_anybodys(line: str) -> None:
    decision = await ask(line, policy=OWNED)
    assert decision.allowed, decision.message()


async def test_binds_below_a_listed_folder() -> None:
    listed = PolicyInForce(guard=GuardPolicy(binds=("/srv/shop",)))
    body = {"Image": "x", "HostConfig": {"Binds": ["/srv/shop/data:/data"]}}
    assert (await ask("POST /containers/create", body, policy=listed)).allowed
    swappable = await ask("POST /containers/create", body, policy=listed, world=Swappable())
    assert "belongs to user 1000" in swappable.message()
    for beside in ("/srv/shopping:/x", "/srv/shop/../x:/x", "/srv:/x", "/srv/shop/data:/x:rshared", "//srv/shop:/x"):
        body = {"Image": "x", "HostConfig": {"Binds": [beside]}}
        assert not (await ask("POST /containers/create", body, policy=listed)).allowed, beside


@pytest.mark.parametrize("path", ["/srv/shop/data", "/srv/shop"])
async def test_a_volume_may_bind_what_is_listed(path: str) -> None:
    body = {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": path}}
    assert not (await ask("POST /volumes/create", body)).allowed
    listed = PolicyInForce(guard=GuardPolicy(binds=("/srv/shop",)))
    assert (await ask("POST /volumes/create", body, policy=listed)).allowed


async def test_a_rollback_brings_back_what_the_guard_never_saw() -> None:
    tame = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "x"}}}
    wild = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "x", "CapabilityAdd": ["ALL"]}}}
    world = World(service_s={"ID": "s", "Version": {"Index": 1}, "Spec": tame, "PreviousSpec": wild})
    assert (await ask("POST /services/s/update?version=1", tame, world=world)).allowed
    assert not (await ask("POST /services/s/update?version=1&rollback=previous", tame, world=world)).allowed
    world = World(service_s={"ID": "s", "Version": {"Index": 1}, "Spec": tame, "PreviousSpec": tame})
    assert (await ask("POST /services/s/update?version=1&rollback=previous", tame, world=world)).allowed


async def test_settings_of_another_network() -> None:
    body = {"Name": "n", "ConfigFrom": {"Network": "settings"}}
    for settings, allowed in (
        ({"ConfigOnly": True, "Options": {}}, True),
        ({"ConfigOnly": True, "Options": {"parent": "eth0"}}, False),
        ({"ConfigOnly": False, "Options": {}}, False),
    ):
        world = World(network_settings=settings)
        assert (await ask("POST /networks/create", body, world=world)).allowed is allowed, settings


@pytest.mark.parametrize("volume", ["/dev", "/proc", "/sys/firmware", "//dev/", "/x/../proc/sys"])
@pytest.mark.parametrize("line", ["POST /services/create", "POST /containers/create"])
async def test_a_volume_of_the_image_takes_no_place_of_the_kernels(line: str, volume: str) -> None:
    """A task of a swarm starts without one more question."""
    for target, allowed in ((volume, False), ("/data", True), ("/development", True)):
        image = {"Id": f"sha256:{'9' * 64}", "Config": {"Volumes": {target: {}}}}
        world = World(**{f"image_{image['Id']}": image})
        run = {"Image": image["Id"]}
        body = {"Name": "s", "TaskTemplate": {"ContainerSpec": run}} if "services" in line else run
        decision = await ask(line, body, world=world)
        assert decision.allowed is allowed, (target, decision.message())
        assert allowed or "workload/mount-targets" in decision.message()


_GATEWAYS = {"Id": "9a" * 32, "Name": "docker_gwbridge", "Driver": "bridge"}
_BY_ANOTHER_NAME = {"Id": "8" * 25, "Name": "way-in", "Driver": "overlay", "Ingress": True}
SWARMS_OWN: dict[str, tuple[str, Any]] = {
    "made before the swarm": ("POST /networks/create", {"Name": "docker_gwbridge", "Options": {}}),
    "made in its place": ("POST /networks/create", {"Name": "Ingress", "Driver": "overlay"}),
    "joined": ("POST /networks/docker_gwbridge/connect", {"Container": "shop"}),
    "joined by its id": (f"POST /networks/{'9a' * 32}/connect", {"Container": "shop"}),
    "joined by what its id begins with": ("POST /networks/9a9a/connect", {"Container": "shop"}),
    "joined from the start": ("POST /containers/create", {"Image": "x", "HostConfig": {"NetworkMode": "9a9a"}}),
    "joined before it is there": ("POST /containers/create", {"Image": "x", "HostConfig": {"NetworkMode": "ingress"}}),
    "left by the swarm's own": ("POST /networks/docker_gwbridge/disconnect", {"Container": "gateway_ingress-sbox"}),
    "removed": ("DELETE /networks/ingress", None),
    "removed under another name": ("DELETE /networks/way-in", None),
    "removed by its id": (f"DELETE /networks/{'9a' * 32}", None),
}


class OfSwarm(World):
    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        return tuple(id for id in (_GATEWAYS["Id"],) if kind == "network" and id.startswith(beginning))


@pytest.mark.parametrize("how", SWARMS_OWN)
async def test_the_swarms_own_networks_stay_as_the_swarm_made_them(how: str) -> None:
    line, body = SWARMS_OWN[how]
    world = OfSwarm(**{f"network_{name}": _GATEWAYS for name in ("docker_gwbridge", _GATEWAYS["Id"])})
    world.found = {**world.found, "network_way-in": _BY_ANOTHER_NAME, "shop": SHOP}
    assert "is the swarm's: the tasks of all services are on it" in (await ask(line, body, world=world)).message()


@pytest.mark.parametrize(
    "line",
    ["POST /networks/shop_net/connect", "POST /networks/shop_net/disconnect", "DELETE /networks/shop_net"],
)
async def test_other_networks_are_joined_left_and_removed(line: str) -> None:
    world = OfSwarm(network_shop_net={"Id": "7" * 64, "Name": "shop_net", "Driver": "overlay", "Ingress": False})
    body = None if line.startswith("DELETE") else {"Container": "later"}
    assert (await ask(line, body, world=world)).allowed


@pytest.mark.parametrize(
    ("mtu", "allowed"),
    [("1450", True), ("68", True), ("65535", True), ("0", True), ("", True), ("67", False), ("65536", False),
     ("9999999", False), ("-1", False), ("1e3", False), ("١٤٥٠", False), ("9" * 5000, False)],
)  # fmt: skip
async def test_a_network_has_packets_that_the_kernel_takes(mtu: str, allowed: bool) -> None:
    """Else the engine leaves the bridge that it has made by then."""
    body = {"Name": "n", "Options": {"com.docker.network.driver.mtu": mtu}}
    assert (await ask("POST /networks/create", body)).allowed is allowed


@pytest.mark.parametrize(
    ("subnet", "allowed"),
    [("10.1.0.0/16", True), ("fd00::/64", True), ("172.16.0.0/11", False), ("8.8.8.0/24", False), ("x", False),
     ("::/0", False), ("169.254.169.254/32", False)],
)  # fmt: skip
async def test_addresses_of_networks(subnet: str, allowed: bool) -> None:
    decision = await ask("POST /networks/create", {"Name": "n", "IPAM": {"Config": [{"Subnet": subnet}]}})
    assert decision.allowed is allowed, decision.message()


async def test_what_differs_between_clients() -> None:
    repeated = {"signal": "SIGHUP"}
    assert (await ask("POST /containers/x/kill?signal=SIGHUP", repeated)).allowed
    assert not (await ask("POST /containers/x/kill?signal=SIGHUP", {"signal": "SIGHUP", "more": 1})).allowed
    assert (await ask("GET /containers/json?frob=1")).allowed
    assert not (await ask("POST /containers/x/start?checkpoint=c")).allowed
    assert not (await ask("POST /build?frob=1")).allowed
    assert (await ask("POST /containers/create?name=x&Image=y", {"Image": "y"})).allowed
    assert not (await ask("POST /containers/create?name=x&name=y", {"Image": "y"})).allowed


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({"Image": "x", "VolumesFrom": [], "Privileged": False}, True),
        ({"Image": "x", "Privileged": None}, True),
        ({"Image": "x", "Privileged": True}, False),
        ({"Image": "x", "MaskedPaths": []}, False),
        ({"Image": "x", "maskedpaths": []}, False),
    ],
)
async def test_settings_beside_hostconfig(body: dict[str, Any], allowed: bool) -> None:
    """Engines obey them where HostConfig is absent; clients send empty ones."""
    assert (await ask("POST /containers/create", body)).allowed is allowed


async def test_a_body_that_was_not_shown() -> None:
    """Of two headers of one name a plugin sees the last; the engine reads the first, and a form in the body with it."""
    unseen = {"content-type": "text/plain", "content-length": "9"}
    for line in ("POST /images/x/tag?repo=y", "POST /containers/x/kill?signal=HUP", "POST /images/create?fromImage=x"):
        assert "not shown" in (await ask(line, headers=unseen)).message(), line
    chunked = {"content-type": "text/plain"}
    method, target = "POST", f"/images/x/tag?repo={quote('y')}"
    asked = GuardRequest(method=method, target=target, headers=chunked)
    assert "must say that it has no body" in (await judge(asked, EmptyWorld(), PolicyInForce())).message()
    for target in ("/v1.45/images/create?fromImage=x&tag=1", "/containers/x/kill?signal=HUP", "/images/x/push?tag=1"):
        asked = GuardRequest(method="POST", target=target, headers=chunked)
        assert "must say that it has no body" in (await judge(asked, EmptyWorld(), PolicyInForce())).message(), target
        asked = GuardRequest(method="POST", target=target)
        assert (await judge(asked, EmptyWorld(), PolicyInForce())).allowed, "as curl asks"


async def test_where_nothing_is_built_nothing_is_imported() -> None:
    """A form in the place of the archive could name an address, or another image."""
    policy = PolicyInForce(guard=GuardPolicy(builds=False))
    for target in ("/images/create?fromSrc=-&repo=x", "/images/create?fromSrc=-", "/images/create?repo=x"):
        asked = GuardRequest(method="POST", target=target, headers={"content-type": "application/x-tar"})
        assert (await judge(asked, EmptyWorld(), PolicyInForce())).allowed, target
        assert "guard/builds" in (await judge(asked, EmptyWorld(), policy)).message(), target
    pull = GuardRequest(method="POST", target="/images/create?fromImage=x&tag=1", headers={"content-length": "0"})
    assert (await judge(pull, EmptyWorld(), policy)).allowed


async def test_an_error_of_the_guards_own_is_a_no() -> None:
    class Broken(EmptyWorld):
        async def container(self, reference: str) -> Mapping[str, Any] | None:
            raise ZeroDivisionError

    decision = await ask("POST /containers/x/start", world=Broken())
    assert not decision.allowed and "guard/error" in decision.message()
    assert structs.asdict(decision)["action"] == "containers/start"


class Confined(EmptyWorld):
    async def builds_are_confined(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/v1.45/images/create?fromImage=moby%2Fbuildkit&tag=buildx-stable-1", None),
        ("/v1.45/images/create?fromImage=docker.io%2Fmoby%2Fbuildkit&tag=buildx-stable-1-rootless", None),
        ("/v1.45/images/create?fromImage=moby%2Fbuildkit:buildx-stable-1", None),
        ("/v1.45/containers/create?name=buildx_buildkit_default", {"Image": "moby/buildkit:buildx-stable-1"}),
    ],
)
async def test_the_builder_of_docker_build_is_refused_with_the_reason_for_which_buildkit_was(
    target: str, body: dict[str, Any] | None
) -> None:
    """Buildx shows what these requests get, and nothing of what BuildKit's own got."""
    refused = await ask(f"POST {target}", body)
    assert refused.refusals[0].rule == "guard/builds", refused
    assert "--confine-builds" in refused.message() and len(refused.refusals[0].in_words()) < MOST_CHARACTERS
    assert "guard/builds" not in {each.rule for each in (await ask(f"POST {target}", body, world=Confined())).refusals}
    other = body and {"Image": "moby/buildkit:v0.13"}
    answer = await ask(f"POST {target.replace('buildx-', 'v0.13-')}", other)
    assert answer.allowed, "another image of that name is somebody's own matter"


async def test_a_refusal_tells_every_reason_and_every_field() -> None:
    host = {
        "CapAdd": ["SYS_ADMIN", "NET_ADMIN"],
        "Binds": ["/etc:/a", "/root:/b"],
        "Devices": [{"PathOnHost": "/dev/vda"}, {"PathOnHost": "/dev/kvm"}],
        "PidMode": "host",
        "Sysctls": {"kernel.x": "1", "kernel.y": "1"},
        "SecurityOpt": ["seccomp=unconfined"],
        "CgroupParent": "/x",
    }
    decision = await ask("POST /containers/create", {"Image": "x", "HostConfig": host})
    message = decision.message()
    rules = {refusal.rule for refusal in decision.refusals}
    assert {"workload/capabilities", "guard/binds", "guard/devices", "guard/cgroup-parent"} <= rules and len(rules) > 8
    for rule in rules:
        assert rule in message, rule
    for field in ("/etc", "/root", "/dev/vda", "/dev/kvm", "kernel.x", "kernel.y", "SYS_ADMIN", "NET_ADMIN"):
        assert field in message, field
    assert message.startswith(f"{len(message.splitlines()) - 1} rules forbid it:")
    one = await ask("POST /containers/create", {"Image": "x", "HostConfig": {"CgroupParent": "/x"}})
    assert len(one.message().splitlines()) == 1


def test_what_has_no_room_in_an_answer_is_named() -> None:
    refusals = tuple(refused(f"guard/{each}", "T" * 80, "s" * 900, "remedy") for each in range(40))
    message = Decision(action="x", refusals=refusals).message()
    assert len(message) < MOST_IN_ALL + 1000 and all(f"guard/{each}" in message for each in range(40))
    assert all(line.endswith("Instead: remedy.") for line in message.splitlines()[1:3])
    same = tuple(refused("guard/binds", "Title", f"/{each} is not listed") for each in range(600))
    assert len(Decision(action="x", refusals=same).message()) <= MOST_CHARACTERS + 1


async def test_what_fails_midway_takes_no_reason_away() -> None:
    class Broken(EmptyWorld):
        async def network(self, reference: str) -> Mapping[str, Any] | None:
            raise ZeroDivisionError

    body = {"Image": "x", "HostConfig": {"CgroupParent": "/x", "NetworkMode": "y"}}
    rules = [refusal.rule for refusal in (await ask("POST /containers/create", body, world=Broken())).refusals]
    assert rules == ["guard/cgroup-parent", "guard/error"]


class WithDevices(EmptyWorld):
    async def device_numbers(self, paths: Iterable[str]) -> NumbersOf:
        found = {
            "/dev/ttyUSB0": [("c", 188, 0)],
            "/dev/snd": [("c", 116, 2), ("c", 116, 3)],
            "/dev/fake": [("b", 188, 1)],
        }
        return lambda path: frozenset(found.get(path, ()))


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("c 188:0 rwm", True), ("c 188:00 r", True), ("c 116:3 rw", True), ("c 189:* rwm", True), ("c 189:7 rwm", True),
        ("c 1:3 rwm", True), ("c 136:4 rw", True), ("c 10:229 rwm", True), ("c *:* m", True),
        ("c 188:* rwm", False), ("c 188:1 rwm", False), ("b 188:0 r", False), ("c 116:* rw", False), ("c *:0 r", False),
        ("c 10:* rwm", False), ("c 10:232 rw", False), ("c 21:* r", False), ("c 202:0 w", False), ("a *:* rwm", False),
        ("a 188:0 r", False), ("c 511:0 r", False), ("c 188:0", True), ("c 188:0 x", False), ("188:0 r", False),
    ],
)  # fmt: skip
async def test_a_device_rule_opens_what_is_listed(rule: str, allowed: bool) -> None:
    listed = PolicyInForce(guard=GuardPolicy(devices=("/dev/ttyUSB0", "/dev/snd", "/dev/fake", "c 189:*")))
    body = {"Image": "x", "HostConfig": {"DeviceCgroupRules": [rule]}}
    decision = await ask("POST /containers/create", body, policy=listed, world=WithDevices())
    assert decision.allowed is allowed, decision.message()
    if allowed and "189" in rule:
        assert "guard/devices" in (await ask("POST /containers/create", body)).message()


async def test_a_container_whose_device_rule_opens_the_host_is_not_started_nor_entered() -> None:
    world = World(tame=structs_of(SHOP, PidMode="", DeviceCgroupRules=["c 10:* rwm"]))
    for line, body in (("POST /containers/tame/start", None), ("POST /containers/tame/exec", {"Cmd": ["sh"]})):
        assert "workload/device-rules" in (await ask(line, body, world=world)).message(), line


@pytest.mark.parametrize(("runtime", "listed"), [("nvidia", ["nvidia"]), ("our-own", ["our-own", "nvidia"])])
async def test_a_runtime_that_the_policy_lists_is_vouched_for(runtime: str, listed: list[str]) -> None:
    """A control says of `nvidia` that it isolates less, and of `our-own` that nobody knows."""
    made = {"Image": "x", "HostConfig": {"Runtime": runtime}}
    line = "POST /containers/create"
    refused = await ask(line, made)
    assert {"guard/runtime", "workload/runtime"} <= {each.rule for each in refused.refusals}
    policy = PolicyInForce(guard=GuardPolicy(runtimes=tuple(listed)))
    assert (await ask(line, made, policy=policy)).allowed
    other = {"Image": "x", "HostConfig": {"Runtime": "nvidia-legacy"}}
    assert not (await ask(line, other, policy=policy)).allowed


@pytest.mark.parametrize(
    ("asks", "rule"),
    [
        ('ulimits=[{"Name":"rtprio","Hard":99,"Soft":99}]', "workload/priority"),
        ('ulimits=[{"Name":"nice","Hard":40,"Soft":40}]', "workload/priority"),
        ('ulimits=[{"Name":"nofile","Hard":9,"Soft":9},{"Name":"rtprio","Hard":-1}]', "workload/priority"),
        ('ulimits=[{"name":"rtprio","hard":99}]', "guard/canonical"),
        ('ulimits=[{"Name":"rtprio","Name":"nofile","Hard":99}]', "guard/canonical"),
        ('ulimits={"Name":"rtprio","Hard":99}', "guard/canonical"),
        ("ulimits=[", "guard/canonical"),
        ("shmsize=100000000000000", "guard/memory-files"),
        ("shmsize=1e9", "guard/canonical"),
        ("shmsize=-1", "guard/canonical"),
        ('ulimits=[{"Name":"nofile","Hard":1024,"Soft":1024}]', ""),
        ("ulimits=null", ""),
        ("ulimits=[]", ""),
        ("shmsize=67108864", ""),
        ("shmsize=0", ""),
    ],
)
async def test_the_steps_of_a_build_take_no_more_than_a_container_may(asks: str, rule: str) -> None:
    name, _, value = asks.partition("=")
    decision = await ask(f"POST /build?{name}={quote(value)}")
    assert decision.allowed is (not rule), decision.message()
    assert not rule or rule in decision.message()


@pytest.mark.parametrize("network", ["host", "container%3Adb", "ns%3A%2Fproc%2F1%2Fns%2Fnet"])
async def test_a_build_in_another_network_is_refused_as_a_file_that_asks_for_it(network: str) -> None:
    refused = await ask(f"POST /build?networkmode={network}")
    assert {each.rule for each in refused.refusals} == {"workload/build-grants"}, refused
    assert refused.refusals[0].title == control.title


@pytest.mark.parametrize("target", ["/dev", "/proc", "/proc/self/attr", "/sys/", "/srv/../proc"])
async def test_nothing_is_mounted_over_what_the_runtime_itself_sets_up(target: str) -> None:
    by_mounts = [{"Type": kind, "Target": target} for kind in ("tmpfs", "volume")]
    for made in (
        {"HostConfig": {"Tmpfs": {target: "dev,suid,exec"}}},
        {"HostConfig": {"Binds": [f"data:{target}"]}},
        {"Volumes": {target: {}}},
        *({"HostConfig": {"Mounts": [each]}} for each in by_mounts),
    ):
        assert "workload/mount-targets" in (await ask("POST /containers/create", {"Image": "x", **made})).message(), (
            made
        )
    task = {"ContainerSpec": {"Image": "x", "Mounts": [by_mounts[0]]}}
    service = {"Name": "shop", "TaskTemplate": task}
    assert "workload/mount-targets" in (await ask("POST /services/create", service)).message()
    fine = {"Image": "x", "HostConfig": {"Tmpfs": {"/dev/shm": "size=16m", "/run": "size=16m"}}}
    assert (await ask("POST /containers/create", fine)).allowed


@pytest.mark.parametrize(
    "profile", ['{"defaultAction": "SCMP_ACT_ALLOW"}', '{"defaultAction": "SCMP_ACT_ERRNO"}', "{}"]
)
async def test_a_seccomp_profile_in_a_request_is_refused_whatever_it_says(profile: str) -> None:
    made = {"Image": "x", "HostConfig": {"SecurityOpt": [f"seccomp={profile}"]}}
    assert "guard/security-options" in (await ask("POST /containers/create", made)).message()
