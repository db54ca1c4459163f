"""The container reader: what the engine's words mean, and that a hostile answer is a gap, never a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tight
from dockworthy.controls.judging import judge_units
from dockworthy.model.dialect import Version
from dockworthy.model.field import Origin, Set, Source, Unknown, Unset
from dockworthy.model.levels import Level
from dockworthy.model.snapshot import ContainerFacts
from dockworthy.model.workload import Container, Unit
from dockworthy.readers.container.inspected import read_container
from dockworthy.readers.engine_context import EngineContext
from effort import examples

ENGINE = EngineContext(Version(1, 45), frozenset({"seccomp", "apparmor"}))


def read(inspect: Any, engine: EngineContext = ENGINE, **facts: Any) -> Unit:
    unit = read_container(ContainerFacts(id="1", name="web", inspect=Set(inspect, Source("x")), **facts), engine)
    assert unit is not None
    return unit


def with_host_config(engine: EngineContext = ENGINE, **values: Any) -> Container:
    inspect = tight.inspect()
    inspect["HostConfig"] |= values
    return read(inspect, engine).containers[0]


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value


@pytest.mark.parametrize(
    ("options", "seccomp", "apparmor", "escalation"),
    [
        ([], "RuntimeDefault", "RuntimeDefault", None),
        (None, "RuntimeDefault", "RuntimeDefault", None),
        (["seccomp=unconfined"], "Unconfined", "RuntimeDefault", None),
        (["seccomp:unconfined"], "Unconfined", "RuntimeDefault", None),
        (["seccomp={}", "seccomp=unconfined"], "Unconfined", "RuntimeDefault", None),
        (["seccomp=unconfined", 'seccomp={"defaultAction": "SCMP_ACT_ERRNO"}'], "Localhost", "RuntimeDefault", None),
        (["apparmor=unconfined"], "RuntimeDefault", "Unconfined", None),
        (["apparmor:mine"], "RuntimeDefault", "Localhost", None),
        (["no-new-privileges"], "RuntimeDefault", "RuntimeDefault", False),
        (["no-new-privileges:true"], "RuntimeDefault", "RuntimeDefault", False),
        (["no-new-privileges=false"], "RuntimeDefault", "RuntimeDefault", True),
        (["no-new-privileges:true", "no-new-privileges:false"], "RuntimeDefault", "RuntimeDefault", True),
    ],
)
def test_the_last_security_option_wins(
    options: list[str] | None, seccomp: str, apparmor: str, escalation: bool | None
) -> None:
    container = with_host_config(SecurityOpt=options)
    assert value(container.context.seccomp).type == seccomp
    assert value(container.context.apparmor).type == apparmor
    field = container.allow_privilege_escalation
    assert isinstance(field, Unset) if escalation is None else value(field) is escalation


def test_privileged_makes_what_is_silent_void() -> None:
    container = with_host_config(Privileged=True, SecurityOpt=None)
    assert value(container.context.seccomp).type == "Unconfined"
    assert value(container.proc_mount) == "Unmasked"


def test_what_the_engine_does_by_default_depends_on_the_engine() -> None:
    bare = with_host_config(EngineContext(Version(1, 45), frozenset()), SecurityOpt=None)
    assert value(bare.context.seccomp).type == "Unconfined"
    strict = with_host_config(EngineContext(Version(1, 45), frozenset({"no-new-privileges"})), SecurityOpt=None)
    assert value(strict.allow_privilege_escalation) is False
    unseen = with_host_config(EngineContext(), SecurityOpt=None)
    assert isinstance(unseen.context.seccomp, Unknown)


@pytest.mark.parametrize(
    ("limits", "cpus"),
    [
        ({"NanoCpus": 1_500_000_000}, 1.5),
        ({"NanoCpus": 0, "CpuQuota": 50_000, "CpuPeriod": 0}, 0.5),
        ({"NanoCpus": 0, "CpuQuota": 50_000, "CpuPeriod": 25_000}, 2.0),
        ({"NanoCpus": 0, "CpuQuota": -1}, None),
    ],
)
def test_a_cpu_limit_by_cpus_or_by_quota(limits: dict[str, int], cpus: float | None) -> None:
    field = with_host_config(**limits).limits.cpus
    assert isinstance(field, Unset) if cpus is None else value(field) == cpus


@pytest.mark.parametrize(("written", "limit"), [(None, None), (0, None), (-1, None), (100, 100)])
def test_a_pids_limit(written: int | None, limit: int | None) -> None:
    field = with_host_config(PidsLimit=written).limits.pids
    assert isinstance(field, Unset) if limit is None else value(field) == limit


@pytest.mark.parametrize(
    ("written", "uid", "name", "group"),
    [("0:0", 0, "", "0"), ("1000", 1000, "", ""), ("app:staff", None, "app", "staff"), ("root", None, "root", "")],
)
def test_users_by_number_and_by_name(written: str, uid: int | None, name: str, group: str) -> None:
    inspect = tight.inspect()
    inspect["Config"]["User"] = written
    user = value(read(inspect).containers[0].context.user)
    assert (user.uid, user.name, user.group) == (uid, name, group)


def test_a_user_namespace_of_the_engine() -> None:
    remapping = EngineContext(Version(1, 45), frozenset({"userns"}))
    assert value(read(tight.inspect(), remapping).namespaces.user) == "private"
    inspect = tight.inspect()
    inspect["HostConfig"]["UsernsMode"] = "host"
    assert value(read(inspect, remapping).namespaces.user) == "host"


def test_a_mount_leads_where_its_links_and_its_volume_lead() -> None:
    inspect = tight.inspect() | {
        "Mounts": [
            {"Type": "bind", "Source": "/var/run", "Destination": "/r", "RW": False, "Propagation": "rprivate"},
            {"Type": "volume", "Name": "sly", "Source": "/var/lib/docker/volumes/sly/_data", "Destination": "/s"},
            {"Type": "volume", "Name": "f" * 64, "Destination": "/data", "RW": True},
        ]
    }
    volumes = {"sly": {"Name": "sly", "Options": {"type": "none", "o": "bind,ro", "device": "/etc"}}}
    engine = EngineContext(Version(1, 45), frozenset(), volumes)
    run, sly, nameless = read(inspect, engine, resolved_binds={"/var/run": "/run"}).containers[0].mounts
    assert (run.host_path, run.read_only) == ("/run", True)
    assert (sly.host_path, sly.source) == ("/etc", "sly")
    assert nameless.anonymous and not sly.anonymous


def test_ports_that_are_open_now_win_over_those_that_were_asked_for() -> None:
    inspect = tight.inspect()
    inspect["Config"]["ExposedPorts"] = {"80/tcp": {}, "53/udp": {}}
    inspect["HostConfig"]["PortBindings"] = {"80/tcp": [{"HostIp": "", "HostPort": ""}]}
    inspect["NetworkSettings"]["Ports"] = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}], "53/udp": None}
    ports = read(inspect).containers[0].ports
    assert [(p.container_port, p.host_ip, p.host_port, p.protocol) for p in ports] == [
        (80, "0.0.0.0", 32768, "tcp"),
        (53, "", 0, "udp"),
    ]


def test_defaults_say_that_the_platform_gave_them() -> None:
    field = with_host_config(SecurityOpt=None).context.seccomp
    assert isinstance(field, Set) and field.origin is Origin.PLATFORM and field.source.where == "GET /info"


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _paths(part: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(part, dict):
        return [path]
    return [path, *(found for key, inner in part.items() for found in _paths(inner, (*path, key)))]


@given(path=st.sampled_from(_paths(tight.inspect())[1:]), anything=_ANYTHING)
@settings(deadline=None, max_examples=examples(500))
def test_any_value_anywhere_gives_a_unit_that_every_control_can_judge(path: tuple[str, ...], anything: Any) -> None:
    inspect = tight.inspect()
    part: Any = inspect
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = anything
    for finding in judge_units([read(inspect)], Level.PRODUCTION):
        assert "the control itself failed" not in finding.evidence[0].says, finding
