"""Every syntax of the suite: a fragment laid over the least that it needs, and read by its reader."""

from __future__ import annotations

import importlib
import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

from msgspec import structs

from conformance.case import Case
from dockworthy.model.dialect import Version
from dockworthy.model.field import Set, Source
from dockworthy.model.snapshot import ContainerFacts
from dockworthy.model.workload import Unit
from dockworthy.readers.container.inspected import read_container
from dockworthy.readers.create_request import read_create_request
from dockworthy.readers.docker_run import read_docker_run
from dockworthy.readers.engine_context import EngineContext
from dockworthy.readers.marathon.definitions import read_marathon
from dockworthy.readers.service import read_service
from dockworthy.readers.titus.job import read_titus
from dockworthy.readers.yaml_source import Value, documents
from examples import read_kubernetes

ENGINE = EngineContext(Version(1, 45), frozenset({"seccomp", "apparmor", "selinux", "cgroupns"}), log_driver="local")

_INSPECT: dict[str, Any] = {
    "Path": "/shop",
    "Args": [],
    "Config": {"Image": "shop", "User": "", "Env": None, "Labels": {}, "Healthcheck": None},
    "HostConfig": {
        "Privileged": False,
        "ReadonlyRootfs": False,
        "NetworkMode": "bridge",
        "PidMode": "",
        "IpcMode": "private",
        "UTSMode": "",
        "CgroupnsMode": "private",
        "UsernsMode": "",
        "Runtime": "runc",
        "OomKillDisable": False,
        "MaskedPaths": ["/proc/kcore"],
        "LogConfig": {"Type": "local", "Config": {}},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    },
    "Mounts": [],
}
"""As an engine tells of a container about which nothing was said."""


def _engine(volumes: Mapping[str, Mapping[str, Any]]) -> EngineContext:
    return structs.replace(ENGINE, volumes={name: {"Name": name, **volume} for name, volume in volumes.items()})


def _declared(volume: Mapping[str, Any]) -> dict[str, Any]:
    return {"driver": volume.get("Driver", "local"), "driver_opts": volume.get("Options", {})}


def _docker_run(case: Case) -> Unit | None:
    if case.docker_run is None:
        return None
    return read_docker_run(shlex.split(case.docker_run), _engine(case.volumes), folder="/srv")


def _request(case: Case) -> Unit | None:
    if case.request is None:
        return None
    body = json.dumps(_over({"Image": "shop"}, case.request)).encode()
    read = read_create_request(body, context=_engine(case.volumes))
    assert not read.unknown_keys
    return read.unit


def _container(case: Case) -> Unit | None:
    if case.request is None and case.container is None:
        return None
    inspect = _over(_INSPECT, _inspected(case.request or {}))
    inspect["NetworkSettings"] = {"Ports": {}, "Networks": {inspect["HostConfig"]["NetworkMode"]: {}}}
    facts = ContainerFacts(id="1", name="shop", inspect=Set(_over(inspect, case.container or {}), Source("example")))
    return read_container(facts, _engine({**case.volumes, **case.makes}))


def _inspected(request: Mapping[str, Any]) -> dict[str, Any]:
    """The engine tells what it was asked for, in HostConfig and Config; mounts and networks it tells elsewhere."""
    config = {key: value for key, value in request.items() if key not in ("HostConfig", "NetworkingConfig")}
    return {"HostConfig": request.get("HostConfig", {}), "Config": config}


def _kubernetes(case: Case) -> Unit | None:
    if case.kubernetes is None and case.pod is None:
        return None
    lines = ["kind: Pod", "metadata: {name: shop}", "spec:"]
    lines += [indent(case.pod or "", "  "), "  containers:", "  - name: shop", "    image: shop"]
    lines += [indent(case.kubernetes or "", "    ")]
    (unit,) = read_kubernetes(documents("\n".join(lines), "pod.yaml"))
    return unit


def _compose(case: Case) -> Unit | None:
    try:
        read_compose = importlib.import_module("dockworthy.readers.compose.project").read_compose
    except ModuleNotFoundError:
        return None
    if case.compose is None:
        return None
    text = "services:\n  shop:\n    image: shop\n" + indent(case.compose, "    ")
    declared = {name: _declared(volume) for name, volume in {**case.volumes, **case.makes}.items()}
    text += f"\nvolumes: {json.dumps(declared)}"
    (document,) = documents(text, "compose.yaml")
    (unit,) = read_compose(document, environ={}, folder=Path("/srv"))
    assert isinstance(unit, Unit)
    return unit


def _service(case: Case) -> Unit | None:
    if case.service is None:
        return None
    silent = {"Name": "shop", "TaskTemplate": {"ContainerSpec": {"Image": "shop"}}}
    return read_service({"Spec": _over(silent, case.service)}, _engine(case.volumes))


def _marathon(case: Case) -> Unit | None:
    if case.marathon is None:
        return None
    silent = {"id": "/shop", "container": {"docker": {"image": "shop"}}}
    (unit,) = read_marathon(_laid_over(silent, case.marathon))
    return unit


def _marathon_pod(case: Case) -> Unit | None:
    if case.marathon_pod is None:
        return None
    silent: dict[str, Any] = {"name": "shop", "image": {"kind": "DOCKER", "id": "shop"}, "resources": {}}
    container = _laid_over(silent, case.marathon_pod).plain()
    (document,) = documents(json.dumps({"id": "/shop", "containers": [container]}), "pod.json")
    (unit,) = read_marathon(document)
    return unit


def _titus(case: Case) -> Unit | None:
    if case.titus is None:
        return None
    silent: dict[str, Any] = {"image": {"name": "shop"}, "resources": {}}
    container = _laid_over(silent, case.titus).plain()
    (document,) = documents(json.dumps({"applicationName": "shop", "batch": {}, "container": container}), "job.json")
    return read_titus(document)


def _laid_over(ground: dict[str, Any], lines: str) -> Value:
    """A mapping with the lines of a case laid over it, as a document of JSON."""
    said = [document.plain() for document in documents(lines, "case")]
    (document,) = documents(json.dumps(_over(ground, said[0] if said else {})), "app.json")
    return document


def _over(ground: Any, part: Any) -> Any:
    if isinstance(ground, dict) and isinstance(part, Mapping):
        return ground | {key: _over(ground.get(key), value) for key, value in part.items()}
    return part


SYNTAXES: dict[str, Callable[[Case], Unit | None]] = {
    "docker_run": _docker_run,
    "request": _request,
    "container": _container,
    "compose": _compose,
    "kubernetes": _kubernetes,
    "service": _service,
    "marathon": _marathon,
    "marathon_pod": _marathon_pod,
    "titus": _titus,
}
"""Syntax -> the unit of a case in it, None where it can't say it."""

SILENT = Case(
    "silent",
    {},
    docker_run="shop",
    request={},
    compose="",
    kubernetes="",
    service={},
    marathon="",
    marathon_pod="",
    titus="",
)
"""The least that each syntax needs."""

__all__ = ["SILENT", "SYNTAXES"]
