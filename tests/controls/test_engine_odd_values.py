"""Whatever stands in daemon.json or in the API's answers, no control on the engine trips over it."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Subject
from dockworthy.model.field import Set, Source
from dockworthy.model.finding import Judgement
from dockworthy.model.host import DaemonProcess, Host
from dockworthy.model.machine import Machine
from dockworthy.model.snapshot import EngineFacts
from dockworthy.readers.daemon import KNOWN_SETTINGS, read_engine

ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70000) | st.text(max_size=6) | st.just("tcp://[::"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=5,
)
ANSWERS = st.sampled_from(
    "DriverStatus Driver SecurityOptions Swarm DefaultAddressPools RegistryConfig Plugins LoggingDriver "
    "DefaultRuntime CgroupDriver MemoryLimit".split()
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    file=st.dictionaries(st.sampled_from(sorted(KNOWN_SETTINGS)), ODD, max_size=6),
    info=st.dictionaries(ANSWERS, ODD, max_size=5),
    version=st.dictionaries(st.sampled_from(["Version", "MinAPIVersion", "Components"]), ODD),
    listens=st.lists(st.text(max_size=5) | st.just("tcp://[::]:2375"), max_size=2),
)
def test_odd_values(file: dict[str, Any], info: dict[str, Any], version: dict[str, Any], listens: list[str]) -> None:
    process = DaemonProcess(pid=7, argv=("dockerd",), executable="/usr/bin/dockerd", listens=tuple(listens))
    host = Host(
        daemon=Set(process, Source("/proc/7")),
        daemon_json=Set(file, Source("/etc/docker/daemon.json")),
        dns=Set(("10.0.0.1", "odd"), Source("/etc/resolv.conf")),
    )
    facts = EngineFacts(info=Set(info, Source("GET /info")), version=Set(version, Source("GET /version")))
    engine = read_engine(facts, host)
    subjects = {
        Subject.ENGINE: engine,
        Subject.MACHINE: Machine(taken="2026-11-24T00:00:00Z", host=host, engine=engine),
    }
    for control in (each for id, each in all_controls().items() if id.startswith("engine/")):
        judge = control.judge_function
        assert judge is not None
        answer = judge(subjects[control.subject])
        assert all(isinstance(item, Judgement) for item in ([answer] if isinstance(answer, Judgement) else answer))
