"""What the judge lets pass is, once the engine has made it, what the judge took it for.

Ten minutes of it: DOCKWORTHY_FUZZ_MINUTES=10 ./test tests/guard/test_judge_against_engine.py
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.controls.judging import judge_units
from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.judges import judge
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.model.field import Set, Source
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.snapshot import ContainerFacts
from dockworthy.readers.container.inspected import read_container
from fuzz.effort import MINUTES, fuzz
from guard.requests import BOUND_VOLUME, OTHER, VOLUME, create_requests, service_requests
from machines.images import BUSYBOX
from machines.own_host import start_host

pytestmark = [pytest.mark.engine, pytest.mark.timeout(MINUTES * 60 + 300)]

_JSON = {"Content-Type": "application/json"}


class Bare:
    """An engine without a guard, and the guard's judge beside it."""

    def __init__(self, path: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.world = EngineWorld(f"unix://{path}")
        self._connection = http.client.HTTPConnection("docker")
        self._connection.sock = socket.socket(socket.AF_UNIX)
        self._connection.sock.connect(path)
        self.allowed = self.made = self.asked = 0

    def ask(self, method: str, target: str, body: bytes | None = None) -> tuple[int, Any]:
        self._connection.request(method, target, body, _JSON if body else {})
        answer = self._connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def lets_pass(self, body: bytes, target: str = "/v1.45/containers/create") -> bool:
        asked = GuardRequest(method="POST", target=target, headers={"content-type": "application/json"}, body=body)
        return self.loop.run_until_complete(judge(asked, self.world, PolicyInForce())).allowed

    def close(self) -> None:
        self.loop.run_until_complete(self.world.close())
        self.loop.close()
        self._connection.close()


@pytest.fixture(scope="module")
def bare(engines_folder: Path) -> Iterator[Bare]:
    host = start_host(engines_folder / "guard-fuzz")
    engine = None
    try:
        host.start_engine({})
        host.load_busybox()
        host.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        host.docker("volume", "create", VOLUME)
        host.docker("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=/", BOUND_VOLUME)
        host.docker("create", "--name", OTHER, "-v", f"{VOLUME}:/o", BUSYBOX, "true")
        first = host.inside[1].partition("=")[2]
        engine = Bare(f"/proc/{first}/root/run/docker.sock")
        yield engine
    finally:
        if engine is not None:
            engine.close()
        host.stop()


def test_what_passes_is_what_it_was_taken_for(bare: Bare) -> None:
    def one(body: bytes) -> None:
        bare.asked += 1
        if not bare.lets_pass(body):
            return
        bare.allowed += 1
        status, answer = bare.ask("POST", "/v1.45/containers/create", body)
        if status != 201:
            return  # the engine has reasons of its own
        bare.made += 1
        try:
            inspect = bare.ask("GET", f"/v1.45/containers/{answer['Id']}/json")[1]
            assert not reaches_host(inspect), body
            assert not findings(bare, inspect), body
        finally:
            bare.ask("DELETE", f"/v1.45/containers/{answer['Id']}?v=1&force=1")

    fuzz(create_requests(), one)
    assert bare.made > bare.asked / 20, f"of {bare.asked} requests {bare.allowed} passed, {bare.made} were made"


def test_what_passes_as_a_service_is_what_it_was_taken_for(bare: Bare) -> None:
    asked = made = 0
    image = str(bare.ask("GET", f"/v1.45/images/{BUSYBOX}/json")[1]["Id"])  # a tag may be another image on each node

    def one(written: bytes) -> None:
        nonlocal asked, made
        asked += 1
        body = written.replace(BUSYBOX.encode(), image.encode())
        if not bare.lets_pass(body, "/v1.45/services/create"):
            return
        status, answer = bare.ask("POST", "/v1.45/services/create", body)
        if status != 201:
            return
        made += 1
        try:
            assert not service_reaches_host(bare.ask("GET", f"/v1.45/services/{answer['ID']}")[1]["Spec"]), body
        finally:
            bare.ask("DELETE", f"/v1.45/services/{answer['ID']}")

    fuzz(service_requests(), one)
    assert made > asked / 20, f"of {asked} requests {made} were made"


def service_reaches_host(spec: dict[str, Any]) -> list[str]:
    task, run = spec["TaskTemplate"], spec["TaskTemplate"]["ContainerSpec"]
    mounts, privileges = run.get("Mounts") or [], run.get("Privileges") or {}
    bad = [mount["Type"] for mount in mounts if mount["Type"] not in ("volume", "tmpfs")]
    mounts = [mount for mount in mounts if mount["Type"] == "volume"]
    bad += [mount["Source"] for mount in mounts if mount.get("Source") == BOUND_VOLUME]
    options = [((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Options") or {} for mount in mounts]
    bad += [each["device"] for each in options if each.get("device") == "/"]
    bad += sorted({name.upper() for name in run.get("CapabilityAdd") or ()} - _DEFAULT_CAPABILITIES)
    bad += [name for name in run.get("Sysctls") or {} if name == "kernel.x"]
    bad += [name for name in ("AppArmor", "SELinuxContext") if privileges.get(name)]
    bad += ["Seccomp"] if (privileges.get("Seccomp") or {}).get("Mode") == "unconfined" else []
    bad += [task["Runtime"]] if task.get("Runtime") not in ("container", "", None) else []
    return bad + ([task["LogDriver"]["Name"]] if (task.get("LogDriver") or {}).get("Name") == "syslog" else [])


def findings(bare: Bare, inspect: dict[str, Any]) -> list[str]:
    """What the controls say of the container as it came to be."""
    context = bare.loop.run_until_complete(bare.world.context())
    facts = ContainerFacts(id=inspect["Id"], name="x", inspect=Set(inspect, Source("GET /containers/{id}/json")))
    unit = read_container(facts, context)
    assert unit is not None
    found = judge_units([unit], Level.BASELINE)
    return [
        f"{finding.control}: {finding.evidence}"
        for finding in found
        if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    ]


_DEFAULT_CAPABILITIES = {"CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CHOWN", "NET_BIND_SERVICE", "NET_RAW"}


def reaches_host(inspect: dict[str, Any]) -> list[str]:
    """The same without any code of the judge's: what of the container's settings is not as harmless as can be."""
    host = inspect["HostConfig"]
    bad = [key for key in ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode") if host[key] == "host"]
    if "host" in inspect["NetworkSettings"]["Networks"]:
        bad.append("Networks")
    bad += [key for key in ("Privileged", "CgroupParent") if host[key]]
    bad += [
        mount["Source"] for mount in inspect["Mounts"] if mount["Type"] == "bind" or mount.get("Name") == BOUND_VOLUME
    ]
    bad += [
        device["PathOnHost"]
        for device in host["Devices"] or ()
        if device["PathOnHost"] not in ("/dev/null", "/dev/zero")
    ]
    bad += sorted({name.upper() for name in host["CapAdd"] or ()} - _DEFAULT_CAPABILITIES)
    bad += [rule for rule in host["DeviceCgroupRules"] or () if rule != "c 1:3 r"]  # /dev/null
    bad += [option for option in host["SecurityOpt"] or () if "unconfined" in option or "disable" in option]
    bad += [name for name in host.get("Sysctls") or () if name == "kernel.x"]
    if len(host["MaskedPaths"] or ()) < 5 or len(host["ReadonlyPaths"] or ()) < 5:
        bad.append("paths of the kernel")
    return bad
