"""What a request is read as is what a real engine makes of it, in every version of its API, and its tricks are real."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.projection import UNSEEN, effective
from dockworthy.errors import UnreadableInput
from dockworthy.model.dialect import Version
from dockworthy.model.field import Set, Source
from dockworthy.model.snapshot import ContainerFacts, EngineFacts
from dockworthy.readers.container.inspected import read_container
from dockworthy.readers.create_request import read_create_request
from dockworthy.readers.engine_context import EngineContext, engine_context
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine

_MAY_BE_UNSEEN = {"user", "health", "command", "logging"}
_VERSIONS = ("1.24", "1.30", "1.39", "1.40", "1.41", "1.42", "1.43", "1.44", "1.45")

Create = Callable[[bytes, str], dict[str, Any]]

HOST_CONFIGS: dict[str, dict[str, Any]] = {
    "silent": {},
    "privileged": {"Privileged": True},
    "capabilities": {"CapAdd": ["net_admin", "CAP_SYS_TIME"], "CapDrop": ["ALL"], "ReadonlyRootfs": True},
    "security": {"SecurityOpt": ["no-new-privileges:true", "seccomp=unconfined", "apparmor:unconfined"]},
    "no masks": {"MaskedPaths": [], "ReadonlyPaths": []},
    "modes": {"PidMode": "host", "IpcMode": "host", "UTSMode": "host", "NetworkMode": "host", "UsernsMode": "host"},
    "empty modes": {"PidMode": "", "IpcMode": "", "UTSMode": "", "NetworkMode": "", "CgroupnsMode": ""},
    "default network": {"NetworkMode": "default", "RestartPolicy": {}, "LogConfig": {"Type": "", "Config": None}},
    "limits": {"Memory": 67108864, "NanoCpus": 500000000, "PidsLimit": 50, "OomKillDisable": True},
    "no limits": {"Memory": 0, "MemorySwap": 0, "NanoCpus": 0, "PidsLimit": 0, "Ulimits": [], "CpuQuota": -1},
    "swap": {"Memory": 67108864, "MemorySwap": -1},
    "quota": {"CpuQuota": 50000, "CpuPeriod": 25000, "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}]},
    "operation": {
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
    },
    "binds": {"Binds": ["/tmp:/a", "/tmp:/b:ro,rslave", "dockworthy-test-request:/c", "/d"]},
    "mounts": {
        "Mounts": [
            {"Type": "bind", "Source": "/tmp", "Target": "/a", "ReadOnly": True},
            {"Type": "volume", "Source": "dockworthy-test-request", "Target": "/b"},
            {"Type": "volume", "Target": "/c"},
            {"Type": "tmpfs", "Target": "/d"},
        ],
        "Tmpfs": {"/e": "ro", "/f": ""},
    },
    "devices": {
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/n", "CgroupPermissions": "r"}],
        "DeviceCgroupRules": ["c 1:3 r"],
        "Sysctls": {"net.core.somaxconn": "1024"},
        "CgroupParent": "/dockworthy-test-request",
    },
    "ports": {
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}], "53/udp": [{"HostPort": "53"}]},
        "PublishAllPorts": True,
    },
    "nulls": {"CapAdd": None, "Privileged": None, "Mounts": None, "Memory": None, "Init": None, "LogConfig": None},
}

TRICKS = {
    "another case": b'{"Image": "%s", "HostConfig": {"privileged": true}}',
    "twice": b'{"Image": "%s", "HostConfig": {"Privileged": false, "Privileged": true}}',
    "twice by case": b'{"Image": "%s", "HostConfig": {"Privileged": false, "pRIVILEGED": true}}',
    "a long s": '{"Image": "%s", "Ho\u017ftConfig": {"Privileged": true}}'.encode(),
    "two objects": b'{"Image": "%s", "HostConfig": {"Privileged": true}, "HostConfig": {"Init": true}}',
    "beside": b'{"Image": "%s", "Privileged": true}',
    "beside, by case": b'{"Image": "%s", "pRivileged": true}',
}


@pytest.fixture(scope="module")
def context(own_engine: OwnEngine) -> EngineContext:
    def asked(*arguments: str) -> Any:
        return json.loads(own_engine.docker(*arguments, "--format", "json").stdout)

    here = Source("docker")
    version = Set(asked("version")["Server"], here)
    return engine_context(EngineFacts(endpoint=own_engine.endpoint, info=Set(asked("info"), here), version=version))


@pytest.fixture
def create(own_engine: OwnEngine) -> Iterator[Create]:
    """`create(body, "1.45")` is the inspect answer of what the engine made of it."""
    made: list[str] = []

    def call(body: bytes, version: str) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(own_engine.endpoint.removeprefix("unix://"))
            client = http.client.HTTPConnection("engine")
            client.sock = connection
            client.request("POST", f"/v{version}/containers/create", body, {"Content-Type": "application/json"})
            answer = json.loads(client.getresponse().read())
        assert "Id" in answer, answer
        made.append(answer["Id"])
        return own_engine.inspect(answer["Id"])

    yield call
    if made:
        own_engine.docker("rm", "--force", "--volumes", *made, check=False)
    own_engine.docker("volume", "rm", "--force", "dockworthy-test-request", check=False)


@pytest.mark.parametrize("version", _VERSIONS)
@pytest.mark.parametrize("host", [pytest.param(host, id=name) for name, host in HOST_CONFIGS.items()])
def test_read_as_the_engine_reads_it(
    create: Create, busybox_image: str, context: EngineContext, host: dict[str, Any], version: str
) -> None:
    body = {
        "Image": busybox_image,
        "Env": ["A=b", "PATH=/bin"],
        "Labels": {"a": "b"},
        "ExposedPorts": {"9000/tcp": {}},
        "Volumes": {"/nameless": {}},
        "Healthcheck": {"Test": ["CMD", "true"], "Retries": 3, "Interval": 2_000_000_000},
        "HostConfig": host,
    }
    raw = json.dumps(body).encode()
    request = read_create_request(raw, context=context, api_version=Version.parse(version))
    assert request.unknown_keys == ()
    read = effective(request.unit)
    unseen = {name for name, value in read.items() if value is UNSEEN}
    assert unseen <= _MAY_BE_UNSEEN
    inspected = ContainerFacts(id="1", name="x", inspect=Set(create(raw, version), Source("inspect")))
    made = read_container(inspected, context)
    assert made is not None
    happened = effective(made)
    for name in read.keys() - unseen:
        assert read[name] == happened[name], name


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_what_the_engine_reads_otherwise_than_it_looks_is_refused(
    create: Create, busybox_image: str, context: EngineContext, trick: bytes
) -> None:
    body = trick.replace(b"%s", busybox_image.encode())
    assert create(body, "1.45")["HostConfig"]["Privileged"] is True
    with pytest.raises(UnreadableInput):
        read_create_request(body, context=context)
