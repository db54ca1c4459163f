"""What a container costs the host beside its limits; without an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dockworthy.guard.judges import judge
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from guard.test_judging import SHOP, World, ask
from guard.worlds import EmptyWorld

MS, HUGE = 1_000_000, 100 * 1024**4


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 1 * MS}}, "guard/health-check"),
        ({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 499 * MS}}, "guard/health-check"),
        ({"Healthcheck": {"Test": ["CMD", "true"], "StartInterval": 1 * MS}}, "guard/health-check"),
        ({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 500 * MS, "StartInterval": 1000 * MS}}, ""),
        ({"Healthcheck": {"Interval": 0}}, ""),
        ({"StopTimeout": -(2**63)}, "guard/stop-time"),
        ({"StopTimeout": 2**31}, "guard/stop-time"),
        ({"StopTimeout": None}, ""),
        ({"HostConfig": {"OomScoreAdj": -1000}}, "workload/oom-score"),
        ({"HostConfig": {"OomScoreAdj": -1}}, "workload/oom-score"),
        ({"HostConfig": {"OomScoreAdj": 500}}, ""),
        ({"StopTimeout": -1}, "guard/stop-time"),
        ({"StopTimeout": 3601}, "guard/stop-time"),
        ({"StopTimeout": 3600}, ""),
        ({"StopTimeout": 0}, ""),
        ({"HostConfig": {"ShmSize": HUGE}}, "guard/memory-files"),
        ({"HostConfig": {"ShmSize": 64 * 1024**2}}, ""),
        ({"HostConfig": {"Tmpfs": {"/x": "size=100T"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "size=1m,size=100t"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "rw,size=101%"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "size=0"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "size=0xffffffffffffff"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "size=1m,nr_blocks=100g"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "nr_blocks=0"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "nr_blocks=256,mode=700"}}}, ""),
        ({"HostConfig": {"Tmpfs": {"/x": "rw,size=50%", "/y": "size=1m", "/z": ""}}}, ""),
        ({"HostConfig": {"Mounts": [{"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": HUGE}}]}},
         "guard/memory-files"),
        ({"HostConfig": {"Mounts": [{"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": 1024}}]}}, ""),
    ],
)  # fmt: skip
async def test_what_a_container_costs(body: dict[str, Any], rule: str) -> None:
    decision = await ask("POST /containers/create", {"Image": "shop", **body})
    assert (rule in decision.message()) if rule else decision.allowed, decision.message()


@pytest.mark.parametrize(
    "run",
    [
        {"Healthcheck": {"Test": ["CMD", "true"], "Interval": MS}},
        {"OomScoreAdj": -5},
        {"StopGracePeriod": 3_601_000_000_000},
        {"StopGracePeriod": -1},
        {"Mounts": [{"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": HUGE}}]},
    ],
)
async def test_what_a_service_costs(run: dict[str, Any]) -> None:
    spec = {"Name": "shop-web", "TaskTemplate": {"ContainerSpec": {"Image": "shop@sha256:" + "0" * 64, **run}}}
    message = (await ask("POST /services/create", spec)).message()
    assert any(
        rule in message
        for rule in ("guard/health-check", "guard/stop-time", "workload/oom-score", "guard/memory-files")
    ), message


async def test_a_service_may_stop_as_slowly_as_a_container() -> None:
    for grace in (None, 0, 1_000_000_000, 3_600_000_000_000):
        run = {"Image": "shop@sha256:" + "0" * 64, "StopGracePeriod": grace}
        spec = {"Name": "shop-web", "TaskTemplate": {"ContainerSpec": run}}
        assert "guard/stop-time" not in (await ask("POST /services/create", spec)).message()


async def test_a_service_does_not_go_back_to_one_that_never_stops() -> None:
    run = {"Image": "shop@sha256:" + "0" * 64}
    before = {"Name": "shop", "TaskTemplate": {"ContainerSpec": {**run, "StopGracePeriod": -1}}}
    spec = {"Name": "shop", "TaskTemplate": {"ContainerSpec": run}}
    for query, refuses in (("", False), ("&rollback=previous", True)):
        world = World(service_shop={"Spec": spec, "PreviousSpec": before})
        message = (await ask(f"POST /services/shop/update?version=1{query}", spec, world=world)).message()
        assert ("guard/stop-time" in message) is refuses, message


@pytest.mark.parametrize("action", ["stop", "restart"])
@pytest.mark.parametrize(
    ("query", "allowed"),
    [("", True), ("?t=", True), ("?t=0", True), ("?t=3600&signal=TERM", True), ("?t=3601", False), ("?t=-1", False),
     ("?t=%2B7", False), ("?t=99999999999999999999", False), ("?t=%EF%BC%91", False), ("?t=1e9", False)],
)  # fmt: skip
async def test_how_long_a_stop_waits(action: str, query: str, allowed: bool) -> None:
    decision = await ask(f"POST /containers/nobody/{action}{query}")
    assert decision.allowed is allowed and ("guard/stop-time" in decision.message()) is not allowed


class WithImage(World):
    """Every image asks for a health check, and has so many volumes."""

    def __init__(self, check: Mapping[str, Any], volumes: int = 0) -> None:
        config = {"Healthcheck": dict(check), "Volumes": {f"/{each}": {} for each in range(volumes)}}
        self._image = {"Id": "sha256:1", "Config": config}
        super().__init__()

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        return self._image


OFTEN = {"Test": ["CMD", "true"], "Interval": MS, "StartInterval": MS}


@pytest.mark.parametrize(
    ("check", "allowed"),
    [
        (None, False),
        ({"Test": ["CMD", "false"]}, False),
        ({"Interval": 1000 * MS}, False),
        ({"Interval": 1000 * MS, "StartInterval": 1000 * MS}, True),
        ({"Test": ["NONE"]}, True),
    ],
)
async def test_what_an_image_brings_counts_where_the_request_says_nothing(check: Any, allowed: bool) -> None:
    body = {"Image": "shop", **({} if check is None else {"Healthcheck": check})}
    decision = await ask("POST /containers/create", body, world=WithImage(OFTEN))
    assert decision.allowed is allowed and ("the image's HEALTHCHECK" in decision.message()) is not allowed
    spec = {"Name": "shop-web", "TaskTemplate": {"ContainerSpec": {**body, "Image": "shop@sha256:" + "0" * 64}}}
    message = (await ask("POST /services/create", spec, world=WithImage(OFTEN))).message()
    assert ("guard/health-check" in message) is not allowed, message


async def test_a_container_of_such_an_image_does_not_start() -> None:
    """It was made before the guard, or its image came between."""
    made = {
        **SHOP,
        "Config": {**SHOP["Config"], "Healthcheck": OFTEN},
        "HostConfig": {**SHOP["HostConfig"], "PidMode": ""},
    }
    decision = await ask("POST /containers/shop/start", world=World(shop=made))
    assert "guard/health-check" in decision.message()


async def test_an_image_does_not_keep_an_engine_from_ending() -> None:
    world = WithImage({})
    world._image["Config"]["StopTimeout"] = -1
    for own, allowed in (({}, False), ({"StopTimeout": None}, False), ({"StopTimeout": 10}, True)):
        decision = await ask("POST /containers/create", {"Image": "shop", **own}, world=world)
        assert decision.allowed is allowed and ("the image's StopTimeout" in decision.message()) is not allowed
    run = {"Image": "shop@sha256:" + "0" * 64}
    spec = {"Name": "shop-web", "TaskTemplate": {"ContainerSpec": run}}
    assert "guard/stop-time" in (await ask("POST /services/create", spec, world=world)).message()
    made = {
        **SHOP,
        "Config": {**SHOP["Config"], "StopTimeout": -1},
        "HostConfig": {**SHOP["HostConfig"], "PidMode": ""},
    }
    for action in ("start", "restart"):
        decision = await ask(f"POST /containers/shop/{action}", world=World(shop=made))
        assert "guard/stop-time" in decision.message()


async def test_an_image_has_bounds_as_a_request_has() -> None:
    for number, allowed in ((512, True), (513, False)):
        decision = await ask("POST /containers/create", {"Image": "x"}, world=WithImage({}, volumes=number))
        assert decision.allowed is allowed, decision.message()
    assert "with its image, Volumes has 513 entries" in decision.message()


class Labelled(World):
    """An image with labels of 40 KB."""

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        return {"Id": "sha256:1", "Config": {"Labels": {"b": "x" * 40_000}}}


async def test_labels_of_an_image_count_with_those_of_the_request() -> None:
    for size, allowed in ((20_000, True), (30_000, False)):
        body = {"Image": "x", "Labels": {"a": "x" * size}}
        decision = await ask("POST /containers/create", body, world=Labelled())
        assert decision.allowed is allowed, decision.message()
    assert "with its image, Labels has 70002 bytes, more than 64 KiB" in decision.message()


HUGE_MEMORY = {"type": "tmpfs", "device": "tmpfs", "o": "size=100t"}


class WithVolume(World):
    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return {"Name": name, "Driver": "local", "Options": HUGE_MEMORY}


async def test_a_volume_in_memory_has_bounds() -> None:
    wanted = {"Name": "v", "DriverOpts": HUGE_MEMORY}
    assert "guard/memory-files" in (await ask("POST /volumes/create", wanted)).message()
    assert (await ask("POST /volumes/create", {**wanted, "DriverOpts": {**HUGE_MEMORY, "o": "size=1m"}})).allowed
    made = await ask("POST /containers/create", {"Image": "x", "HostConfig": {"Binds": ["v:/x"]}}, world=WithVolume())
    assert "guard/memory-files" in made.message()
    mount = {"Type": "volume", "Source": "v", "Target": "/x"}
    task = {"ContainerSpec": {"Image": "shop@sha256:" + "0" * 64, "Mounts": [mount]}}
    spec = {"Name": "shop-web", "TaskTemplate": task}
    assert "guard/memory-files" in (await ask("POST /services/create", spec, world=WithVolume())).message()


class Exposing(EmptyWorld):
    """With an image that exposes so many ports."""

    def __init__(self, number: int) -> None:
        self._number = number

    async def image(self, reference: str) -> dict[str, Any] | None:
        return {"Config": {"ExposedPorts": {f"{port}/tcp": {} for port in range(1, self._number + 1)}}}


def ports(number: int, host: str = "") -> dict[str, Any]:
    return {f"{port}/tcp": [{"HostIp": host, "HostPort": str(port)}] for port in range(1, number + 1)}


def exposed(number: int) -> dict[str, Any]:
    return {port: {} for port in ports(number)}


@pytest.mark.parametrize(
    ("body", "of_image", "allowed"),
    [
        ({"HostConfig": {"PortBindings": ports(256)}}, 0, True),
        ({"HostConfig": {"PortBindings": ports(257)}}, 0, False),
        ({"HostConfig": {"PortBindings": ports(257, "127.0.0.1")}}, 0, False),
        ({"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": str(port)} for port in range(1, 258)]}}}, 0, False),
        ({"HostConfig": {"PortBindings": dict.fromkeys(ports(257))}}, 0, False),
        ({"ExposedPorts": exposed(5000)}, 5000, True),
        ({"ExposedPorts": exposed(256), "HostConfig": {"PublishAllPorts": True}}, 0, True),
        ({"ExposedPorts": exposed(257), "HostConfig": {"PublishAllPorts": True}}, 0, False),
        ({"HostConfig": {"PublishAllPorts": True}}, 256, True),
        ({"HostConfig": {"PublishAllPorts": True}}, 257, False),
        ({"HostConfig": {"PublishAllPorts": True, "PortBindings": ports(200)}}, 250, True),
        ({"HostConfig": {"PublishAllPorts": True, "PortBindings": ports(200, "::1")}}, 300, False),
        ({"HostConfig": {"PublishAllPorts": False}}, 5000, True),
    ],
)
async def test_each_published_port_costs_the_host_programs(body: dict[str, Any], of_image: int, allowed: bool) -> None:
    content = json.dumps({"Image": "shop", **body}).encode()
    headers = {"content-type": "application/json", "content-length": str(len(content))}
    asked = GuardRequest(method="POST", target="/v1.45/containers/create", headers=headers, body=content)
    decision = await judge(asked, Exposing(of_image), PolicyInForce())
    assert decision.allowed is allowed, decision.message()
    assert allowed or "guard/ports" in decision.message()


async def test_a_service_publishes_no_more() -> None:
    for number in (256, 257):
        published = [
            {"TargetPort": port, "PublishedPort": port, "PublishMode": "host"} for port in range(1, number + 1)
        ]
        spec = {
            "Name": "shop-web",
            "TaskTemplate": {"ContainerSpec": {"Image": "shop@sha256:" + "0" * 64}},
            "EndpointSpec": {"Ports": published},
        }
        message = (await ask("POST /services/create", spec)).message()
        assert ("guard/ports" in message) is (number > 256), message
