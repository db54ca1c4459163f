"""What would end the engine itself: a health check without a command, a config of a service that is no file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from guard.test_cost import WithImage
from guard.test_judging import SHOP, World, ask

IMAGE = "shop@sha256:" + "0" * 64
CONFIG = {"ConfigID": "abc", "ConfigName": "shop"}
FILE = {"Name": "/etc/shop", "UID": "0", "GID": "0", "Mode": 0o444}
RULE = "guard/engine-crash"


def service(**run: Any) -> dict[str, Any]:
    return {"Name": "shop-web", "TaskTemplate": {"ContainerSpec": {"Image": IMAGE, **run}}}


@pytest.mark.parametrize(
    ("test", "refuses"),
    [(["CMD"], True), (["CMD", "true"], False), (["CMD", ""], False), (["CMD-SHELL", "x"], False), (["NONE"], False),
     ([], False), (None, False)],
)  # fmt: skip
async def test_a_health_check_has_a_command(test: Any, refuses: bool) -> None:
    check = {"Healthcheck": {"Test": test}}
    for message in (
        (await ask("POST /containers/create", {"Image": "shop", **check})).message(),
        (await ask("POST /services/create", service(**check))).message(),
        (await ask("POST /services/nobody/update?version=1", service(**check))).message(),
        (await ask("POST /containers/create", {"Image": "shop"}, world=WithImage({"Test": test}))).message(),
        (await ask("POST /containers/shop/start", world=made_with(check))).message(),
        (await ask("POST /containers/shop/restart", world=made_with(check))).message(),
    ):
        assert (RULE in message) is refuses, message


def made_with(config: Mapping[str, Any]) -> World:
    made = copy.deepcopy(SHOP)
    made["Config"].update(config)
    return World(shop=made)


async def test_a_check_of_its_own_takes_the_place_of_the_images() -> None:
    empty = WithImage({"Test": ["CMD"]})
    for check, refuses in (
        ({"Test": ["CMD", "true"]}, False),
        ({"Test": ["NONE"]}, False),
        ({"Interval": 10**9}, True),
        ({"Test": []}, True),
    ):
        message = (await ask("POST /containers/create", {"Image": "shop", "Healthcheck": check}, world=empty)).message()
        assert (RULE in message) is refuses, check


@pytest.mark.parametrize(
    ("config", "refuses"),
    [
        ({**CONFIG, "File": FILE}, False),
        ({**CONFIG, "File": FILE, "Runtime": None}, False),
        ({**CONFIG, "Runtime": {}}, True),
        ({**CONFIG, "File": FILE, "Runtime": {}}, True),
        (CONFIG, True),
        ({**CONFIG, "File": None}, True),
        ({**CONFIG, "File": {}}, True),
        ({**CONFIG, "File": {**FILE, "Name": ""}}, True),
    ],
)
async def test_a_config_of_a_service_is_a_file(config: dict[str, Any], refuses: bool) -> None:
    for action in ("create", "nobody/update?version=1"):
        message = (await ask(f"POST /services/{action}", service(Configs=[config]))).message()
        assert (RULE in message) is refuses, message


async def test_a_service_does_not_go_back_to_what_ends_the_engine() -> None:
    for run in ({"Healthcheck": {"Test": ["CMD"]}}, {"Configs": [{**CONFIG, "Runtime": {}}]}):
        world = World(service_shop={"Spec": service(), "PreviousSpec": service(**run)})
        for query, refuses in (("", False), ("&rollback=previous", True)):
            message = (await ask(f"POST /services/shop/update?version=1{query}", service(), world=world)).message()
            assert (RULE in message) is refuses, message


@pytest.mark.parametrize(
    ("kind", "name", "refuses"),
    [
        ("Configs", "/proc/sys/kernel/core_pattern", True),
        ("Configs", "../srv/../proc/1/attr/exec", True),
        ("Configs", "/sys/fs/cgroup/x", True),
        ("Configs", "/dev", True),
        ("Configs", "/", True),
        ("Configs", "etc/shop.conf", False),
        ("Configs", "/etc/proc/shop", False),
        ("Secrets", "../../proc/sysrq-trigger", True),
        ("Secrets", "/proc/self/exe", True),
        ("Secrets", "proc/key", False),
        ("Secrets", "key.pem", False),
        ("Secrets", "/etc/shop/key.pem", False),
    ],
)
async def test_no_file_of_a_service_takes_the_place_of_the_kernels(kind: str, name: str, refuses: bool) -> None:
    named = {"SecretID": "abc", "SecretName": "shop"} if kind == "Secrets" else CONFIG
    spec = service(**{kind: [{**named, "File": {**FILE, "Name": name}}]})
    message = (await ask("POST /services/create", spec)).message()
    assert ("workload/mount-targets" in message) is refuses, message


async def test_no_volume_takes_the_place_of_the_root() -> None:
    for body in (
        {"Volumes": {"/": {}}},
        {"Volumes": {"/srv/..": {}}},
        {"Volumes": {"": {}}},
        {"HostConfig": {"Binds": ["data:/"]}},
    ):
        message = (await ask("POST /containers/create", {"Image": "shop", **body})).message()
        assert "workload/mount-targets" in message, (body, message)


@pytest.mark.parametrize("prefix", ["", "/"])
@pytest.mark.parametrize(
    ("name", "refuses"),
    [("dockworthy-edge-proxy-1", True), ("dockworthy-edge-proxy-2", True), ("dockworthy-address-keepalived-1", True),
     ("dockworthy-edge-asked-0123456789ab", False), ("dockworthy-edge", False), ("shop-web-1", False)],
)  # fmt: skip
async def test_the_edges_names_are_kept_for_it(prefix: str, name: str, refuses: bool) -> None:
    """Also before there is an edge."""
    for line, body in (
        (f"POST /containers/create?name={prefix}{name}", {"Image": "shop"}),
        (f"POST /containers/nobody/rename?name={prefix}{name}", None),
    ):
        message = (await ask(line, body)).message()
        assert ("The edge's names" in message) is refuses, message


async def test_the_edges_labels_are_kept_for_it() -> None:
    for project, refuses in (("dockworthy-edge", True), ("dockworthy-address", True), ("shop", False)):
        body = {"Image": "shop", "Labels": {"com.docker.compose.project": project}}
        assert ("The edge's names" in (await ask("POST /containers/create", body)).message()) is refuses
