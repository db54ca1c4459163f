"""Real containers at a real engine: each fault is found at the container that has it, and nothing at the tight ones."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty import FAULTY, Faulty
from spec import Parts, options
from tight_ways import TIGHT_IN_ITS_WAY

from machines.containers import Containers
from machines.engines import OwnEngine
from machines.leftovers import cgroup_of
from machines.program import run_dockworthy

pytestmark = pytest.mark.engine


class Assessed:
    """The containers of this file, and what dockworthy says of them at a level."""

    def __init__(self, engine: OwnEngine, names: dict[str, str], level: str) -> None:
        done = run_dockworthy(
            "assess",
            "--format=json",
            f"--level={level}",
            inside=engine.inside,
            env={"DOCKER_HOST": engine.endpoint},
        )
        assert done.returncode == 1, done.stderr
        self.result: dict[str, Any] = json.loads(done.stdout)
        self.names = names

    def outcomes(self, short_name: str) -> dict[str, list[str]]:
        """Outcome -> controls, of one container."""
        subject = f"container/{self.names[short_name]}"
        found: dict[str, list[str]] = {}
        for finding in self.result["findings"]:
            if finding["subject"] == subject:
                found.setdefault(finding["outcome"], []).append(finding["control"])
        return found

    def is_worthy(self, short_name: str) -> bool:
        subject = f"container/{self.names[short_name]}"
        return next(bool(entry["worthy"]) for entry in self.result["subjects"] if entry["id"] == subject)


@pytest.fixture(scope="module")
def words(own_engine: OwnEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the braces in the options stand for: places on this machine, and volumes."""
    socket = Path(own_engine.endpoint.removeprefix("unix://"))
    folder = tmp_path_factory.mktemp("mounted")
    (folder / "plain").mkdir()
    (folder / "link").symlink_to(socket.parent)
    volume, etc = "dockworthy-test-faults-data", "dockworthy-test-faults-etc"
    own_engine.docker("volume", "create", volume)
    bound = ("type=none", "o=bind", "device=/etc")
    own_engine.docker("volume", "create", *(word for option in bound for word in ("--opt", option)), etc)
    yield {
        "{socket}": str(socket),
        "{folder}": str(socket.parent),
        "{link}": str(folder / "link"),
        "{plain}": str(folder / "plain"),
        "{volume}": volume,
        "{cgroup}": f"/{cgroup_of(socket.parent.parent)}/elsewhere",  # goes with the engine's folder
        "{etc-volume}": f"source={etc},target=/x",
    }
    own_engine.docker("volume", "rm", volume, etc, check=False)


@pytest.fixture(scope="module")
def features(own_engine: OwnEngine) -> set[str]:
    """What this engine and its host have, of that which some faults need."""
    info = json.loads(own_engine.docker("info", "--format", "{{json .}}").stdout)
    spared = subprocess.run(["sh", "-c", "echo -500 >/proc/self/oom_score_adj"], capture_output=True)
    root = next(line for line in Path("/proc/self/mountinfo").read_text().splitlines() if line.split()[4] == "/")
    return {
        "",
        f"cgroup v{info['CgroupVersion']}",
        *(option.split(",")[0].removeprefix("name=") for option in info["SecurityOptions"]),
        *([] if spared.returncode else ["right to spare a process"]),
        # sudo takes it from what it starts, and an engine below it can't give it to a container.
        *(["right to dump cores"] if resource.getrlimit(resource.RLIMIT_CORE)[1] == resource.RLIM_INFINITY else []),
        *(["shared mounts"] if "shared:" in root else []),
    }


@pytest.fixture(scope="module")
def names(
    own_engine: OwnEngine, busybox_image: str, words: dict[str, str], features: set[str]
) -> Iterator[dict[str, str]]:
    """Short name -> the container's name, all of them running at once."""
    containers = Containers(own_engine, "faults-and-tight", busybox_image)
    specified: dict[str, Parts] = {fault.name: fault.parts for fault in FAULTY if fault.needs in features}
    specified |= TIGHT_IN_ITS_WAY
    try:
        yield {name: containers(*_filled(parts, words), name=name) for name, parts in specified.items()}
    finally:
        containers.remove_all()


def _filled(parts: Parts, words: dict[str, str]) -> list[str]:
    filled = []
    for option in options(parts):
        for word, place in words.items():
            option = option.replace(word, place)
        filled.append(option)
    return filled


@pytest.fixture(scope="module")
def at_production(own_engine: OwnEngine, names: dict[str, str]) -> Assessed:
    return Assessed(own_engine, names, "production")


@pytest.fixture(scope="module")
def at_restricted(own_engine: OwnEngine, names: dict[str, str]) -> Assessed:
    return Assessed(own_engine, names, "restricted")


@pytest.mark.parametrize("faulty", FAULTY, ids=lambda faulty: faulty.name)
def test_the_fault_is_found(faulty: Faulty, at_production: Assessed, features: set[str]) -> None:
    if faulty.needs not in features:
        pytest.skip(f"this fault can't be made: no {faulty.needs} here (docker info, /proc/self/mountinfo, ulimit -Hc)")
    assert faulty.control in at_production.outcomes(faulty.name).get("fail", [])
    assert not at_production.is_worthy(faulty.name)


@pytest.mark.parametrize("name", TIGHT_IN_ITS_WAY)
def test_nothing_is_found_at_a_tight_one(name: str, at_restricted: Assessed) -> None:
    outcomes = at_restricted.outcomes(name)
    assert outcomes.get("fail", []) == []
    assert outcomes.get("unknown", []) == []
    assert len(outcomes["pass"]) > 10  # it was judged, and not left out
    assert at_restricted.is_worthy(name)


def test_as_many_as_the_promise_says() -> None:
    assert len(FAULTY) >= 20 and len(TIGHT_IN_ITS_WAY) >= 20
