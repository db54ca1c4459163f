"""The create request: what could be read in two ways is refused, and so is nonsense of any size."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.controls.judging import judge_units
from dockworthy.errors import UnreadableInput
from dockworthy.model.levels import Level
from effort import examples
from patience import Effort
from readers.engine_facts import somewhere_else
from readers.request_read import read


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"HostConfig": {"Privileged": false, "Privileged": true}}', "HostConfig: 'Privileged' comes twice"),
        (b'{"HostConfig": {"Privileged": false, "privileged": true}}', "HostConfig.privileged: differs"),
        (b'{"HostConfig": {"privileged": true}}', "HostConfig.privileged: the key is written 'Privileged'"),
        (b'{"hostconfig": {}}', "hostconfig: the key is written 'HostConfig'"),
        ('{"HoſtConfig": {}}'.encode(), "the key is written 'HostConfig'"),
        ('{"HostConfig": {"\u212aernelMemory": 1}}'.encode(), "the key is written 'KernelMemory'"),
        (b'{"HostConfig": {"Mounts": [{"Type": "bind", "type": "volume"}]}}', "HostConfig.Mounts[0].type: differs"),
        (b'{"Frob": 1, "frob": 2}', "frob: differs"),
        (b'{"Labels": {"a": "1", "a": "2"}}', "Labels: 'a' comes twice"),
        (b'{"Frob": [{"a": {"b": 1, "b": 2}}]}', "Frob[0].a: 'b' comes twice"),
        (b'{"Privileged": true}', "Privileged: stands beside HostConfig"),
        (b'{"memory": 1, "HostConfig": {}}', "memory: stands beside HostConfig"),
        (b'{"Cpuset": "0"}', "Cpuset: stands beside HostConfig"),
        (b'{"HostConfig": {"Privileged": "true"}}', "HostConfig.Privileged: not true or false"),
        (b'{"HostConfig": {"Privileged": 1}}', "HostConfig.Privileged: not true or false"),
        (b'{"HostConfig": {"Memory": 1e8}}', "HostConfig.Memory: not a whole number"),
        (b'{"HostConfig": {"Memory": true}}', "HostConfig.Memory: not a whole number"),
        (b'{"HostConfig": {"Memory": 9223372036854775808}}', "HostConfig.Memory: not a whole number"),
        (b'{"HostConfig": {"CapAdd": "ALL"}}', "HostConfig.CapAdd: not a list"),
        (b'{"HostConfig": {"CapAdd": [null]}}', "HostConfig.CapAdd[0]: not a value"),
        (b'{"HostConfig": {"PortBindings": {"80/tcp": {}}}}', "HostConfig.PortBindings.80/tcp: not a list"),
        (b'{"HostConfig": []}', "HostConfig: not an object"),
        (b'{"Cmd": ["a", 1]}', "Cmd: not a text or a list of texts"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"", "not JSON"),
        (b"{} {}", "not JSON: Extra data"),
        (b'{"Image": "a"}]', "not JSON: Extra data"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"Image": "a\nb"}', "not JSON"),
        (b'{"Image": "\xff"}', "not UTF-8 (byte 0xff)"),
        (rb'{"Image": "\ud800"}', "Image: half of a surrogate pair"),
        (rb'{"Labels": {"\udc00": ""}}', "Labels: half of a surrogate pair"),
        (b'{"StopTimeout": NaN}', "NaN is no number"),
        (b'{"StopTimeout": -Infinity}', "-Infinity is no number"),
        (b'{"StopTimeout": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (b'{"a":' * 100_000, "nested more than 64 deep"),
        (b" " * (4 * 1024 * 1024) + b"{}", "larger than 4 MiB"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read(body)
    assert says in caught.value.says
    assert caught.value.file == "POST /containers/create"


_MANY = b",".join(b'"k%d": ""' % number for number in range(200_000))


@pytest.mark.parametrize(
    "body",
    [
        b'"\\' * 2_000_000,
        b'"' + b"\\" * 4_000_000,
        b'{"Labels": {' + _MANY + b', "k199999": ""}}',
        b'{"Frob": [' + b"{}, " * 900_000 + b"{}], 1}",
        b'{"StopTimeout": ' + b"1" * 4_000_000 + b"}",
    ],
    ids=["quotes", "backslashes", "many names", "many objects", "a long number"],
)
def test_large_nonsense_is_refused_in_a_few_seconds(body: bytes) -> None:
    with Effort() as effort, pytest.raises(UnreadableInput):
        read(body)
    assert effort.seconds < 10


_FULL: dict[str, Any] = {
    "Image": "shop",
    "User": "1000",
    "Env": ["A=b"],
    "Cmd": ["run"],
    "Labels": {"a": "b"},
    "ExposedPorts": {"80/tcp": {}},
    "Healthcheck": {"Test": ["CMD", "x"], "Interval": 1},
    "HostConfig": {
        "Binds": ["/a:/b"],
        "Mounts": [{"Type": "volume", "Source": "v", "Target": "/v", "VolumeOptions": {"DriverConfig": {}}}],
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "80"}]},
        "CapAdd": ["SYS_ADMIN"],
        "SecurityOpt": ["seccomp=unconfined"],
        "Devices": [{"PathOnHost": "/dev/x", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}],
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        "LogConfig": {"Type": "local", "Config": {}},
        "RestartPolicy": {"Name": "always"},
        "Sysctls": {"net.a": "1"},
        "NetworkMode": "host",
        "NanoCpus": 1,
    },
}


@given(body=somewhere_else(_FULL))
@settings(deadline=None, max_examples=examples(400))
def test_any_value_anywhere_is_judged_or_refused(body: Any) -> None:
    try:
        unit = read(json.dumps(body).encode()).unit
    except UnreadableInput as error:
        assert error.says
        return
    for finding in judge_units([unit], Level.PRODUCTION):
        assert "the control itself failed" not in finding.evidence[0].says, finding


@given(body=st.binary(max_size=200) | st.text(alphabet='{}[]":,\\ua1 null', max_size=60).map(str.encode))
@settings(deadline=None, max_examples=examples(400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except UnreadableInput as error:
        assert error.says
