"""A host's tree and what it tells of other people's tools."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from dockworthy.facts.evidence import read_files
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import EvidenceFacts, HostJob, Store
from dockworthy.model.field import Set, Source
from dockworthy.model.host import Host, Storage
from dockworthy.model.snapshot import EngineFacts
from facts.host.host_trees import ROOT_MOUNT, Tree

DATA = Set(Storage("/var/lib/docker", "/", "ext4", False, 1, 1, 1, 1), Source("example"))
DAY = 86400


def host(folder: Path) -> Tree:
    """An empty host with one disk."""
    tree = Tree(folder)
    tree.write("/proc/1/mountinfo", ROOT_MOUNT)
    tree.write("/var/lib/docker/x")
    return tree


def read(tree: Tree, engine: EngineFacts | None = None) -> EvidenceFacts:
    return read_files(Root(tree.folder), host=Host(storage=DATA), engine=engine or EngineFacts())


def jobs(tree: Tree) -> list[HostJob]:
    field = read(tree).jobs
    assert isinstance(field, Set), field
    return list(field.value)


def stores(tree: Tree, engine: EngineFacts | None = None) -> list[Store]:
    field = read(tree, engine).stores
    assert isinstance(field, Set), field
    return list(field.value)


def timer(tree: Tree, name: str, service: str, *, enabled: bool = True, schedule: str = "daily") -> None:
    """`/etc/systemd/system/NAME.timer` with its service, and switched on."""
    folder = "/etc/systemd/system"
    tree.write(f"{folder}/{name}.timer", f"[Timer]\nOnCalendar={schedule}\nPersistent=true\n")
    tree.write(f"{folder}/{name}.service", f"[Service]\nType=oneshot\n{service}")
    if enabled:
        tree.link(f"{folder}/timers.target.wants/{name}.timer", f"../{name}.timer")


def age(tree: Tree, path: str, days: float) -> None:
    """The files of a folder, or one file, as they would be after so many days."""
    then = time.time() - days * DAY
    place = tree.path(path)
    for file in sorted(place.rglob("*"), reverse=True) if place.is_dir() else []:
        os.utime(file, (then, then))
    os.utime(place, (then, then))


def restic(repository: Path, *arguments: str) -> None:
    subprocess.run(
        ["restic", "--no-cache", "-q", "-r", str(repository), *arguments],
        env={"PATH": os.environ["PATH"], "RESTIC_PASSWORD": "of the test", "HOME": str(repository.parent)},
        check=True,
        capture_output=True,
    )
