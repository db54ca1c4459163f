"""What containers use, from their control groups of either version."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import MakeContainer
from dockworthy.facts.cgroup_usage import read_use
from dockworthy.facts.host.root import Root
from dockworthy.facts.reading import read_snapshot
from dockworthy.model.field import Set, Unknown
from dockworthy.model.workload import ContainerUse
from machines.engines import OwnEngine

ID = "a" * 64
STAT = "42 (my (odd) prog) S " + " ".join(["1"] * 18) + " 500000 1 1"
"""Started 5000 s after the machine."""


def tree(folder: Path, files: dict[str, str]) -> Root:
    for path, content in {"/proc/uptime": "8600.25 1.0\n", "/proc/42/stat": STAT, **files}.items():
        place = folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return Root(folder)


def use_of(folder: Path, files: dict[str, str]) -> Set[ContainerUse] | Unknown:
    field = read_use({ID: 42}, tree(folder, files))[ID]
    assert isinstance(field, Set | Unknown)
    return field


V2 = f"/sys/fs/cgroup/system.slice/docker-{ID}.scope"
OF_V2 = {
    "/proc/42/cgroup": f"0::/system.slice/docker-{ID}.scope\n",
    f"{V2}/memory.current": "90000000\n",
    f"{V2}/memory.peak": "120000000\n",
    f"{V2}/memory.max": "268435456\n",
    f"{V2}/memory.stat": "anon 1\ninactive_file 30000000\n",
    f"{V2}/cpu.stat": "usage_usec 2500000\nuser_usec 1\nnr_periods 900\nnr_throttled 300\n",
    f"{V2}/pids.current": "7\n",
    f"{V2}/pids.max": "100\n",
}
OF_V1 = {
    "/proc/42/cgroup": f"9:name=systemd:/docker/{ID}\n8:pids:/docker/{ID}\n4:memory:/docker/{ID}\n"
    f"2:cpu,cpuacct:/docker/{ID}\n0::/\n",
    f"/sys/fs/cgroup/memory/docker/{ID}/memory.usage_in_bytes": "90000000\n",
    f"/sys/fs/cgroup/memory/docker/{ID}/memory.max_usage_in_bytes": "120000000\n",
    f"/sys/fs/cgroup/memory/docker/{ID}/memory.limit_in_bytes": "268435456\n",
    f"/sys/fs/cgroup/memory/docker/{ID}/memory.stat": "cache 1\ntotal_inactive_file 30000000\n",
    f"/sys/fs/cgroup/cpu/docker/{ID}/cpu.stat": "nr_periods 900\nnr_throttled 300\nthrottled_time 5\n",
    f"/sys/fs/cgroup/cpuacct/docker/{ID}/cpuacct.usage": "2500000000\n",
    f"/sys/fs/cgroup/pids/docker/{ID}/pids.current": "7\n",
    f"/sys/fs/cgroup/pids/docker/{ID}/pids.max": "100\n",
}
USE = ContainerUse(
    age=3600.25,
    memory=60_000_000,
    memory_peak=120_000_000,
    memory_limit=268_435_456,
    cpu_seconds=2.5,
    periods=900,
    throttled=300,
    pids=7,
    pids_limit=100,
)


@pytest.mark.parametrize("files", [OF_V2, OF_V1], ids=["v2", "v1"])
def test_either_version_tells_the_same(files: dict[str, str], tmp_path: Path) -> None:
    field = use_of(tmp_path, files)
    assert isinstance(field, Set) and field.value == USE


def test_without_limits(tmp_path: Path) -> None:
    v2 = use_of(
        tmp_path / "2", {**OF_V2, f"{V2}/memory.max": "max\n", f"{V2}/pids.max": "max\n", f"{V2}/memory.peak": ""}
    )
    v1 = use_of(
        tmp_path / "1",
        {
            **OF_V1,
            f"/sys/fs/cgroup/memory/docker/{ID}/memory.limit_in_bytes": "9223372036854771712\n",
            f"/sys/fs/cgroup/pids/docker/{ID}/pids.max": "max\n",
        },
    )
    assert isinstance(v2, Set) and isinstance(v1, Set)
    assert (v2.value.memory_limit, v2.value.pids_limit, v2.value.memory_peak) == (None, None, None)
    assert (v1.value.memory_limit, v1.value.pids_limit) == (None, None)


@pytest.mark.parametrize(
    "files",
    [
        {},  # it is gone
        {"/proc/42/cgroup": "0::/\n"},  # it shares ours (rootless without delegation)
        {"/proc/42/cgroup": f"0::/docker/{'b' * 64}\n"},  # another one's
        {"/proc/42/cgroup": f"0::/../../docker/{ID}\n"},  # seen from a namespace of control groups
        {"/proc/42/cgroup": "nonsense\n"},
    ],
)
def test_what_is_not_seen_is_unknown(files: dict[str, str], tmp_path: Path) -> None:
    assert isinstance(use_of(tmp_path, files), Unknown)


@pytest.mark.engine
async def test_a_real_container(own_engine: OwnEngine, container: MakeContainer) -> None:
    name = container("--memory", "64m", "--pids-limit", "20", command=("sleep", "60"))
    snapshot = await read_snapshot(own_engine.endpoint, probe=False)
    assert isinstance(snapshot.engine.containers, Set)
    (facts,) = [each for each in snapshot.engine.containers.value if each.name == name]
    assert isinstance(facts.use, Set), facts.use
    use = facts.use.value
    assert (use.memory_limit, use.pids_limit, use.pids) == (64 << 20, 20, 1)
    assert 0 < use.memory <= (use.memory_peak or 64 << 20) < 64 << 20
    assert 0 <= use.age < 60
