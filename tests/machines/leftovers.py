"""What a run of the tests left on the machine: its folder, processes, mounts and cgroups. Standard library only.

    leftovers.py                    cleans up after every run that is no more
    leftovers.py FOLDER...          cleans up after these, whoever owns them
    leftovers.py --mark FOLDER PID  notes that FOLDER belongs to the process PID

A folder is `/var/tmp/dockworthy-test.XXXXXXXX`. Only what has that very path in its command line, its mount point or
its cgroup is ever touched.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLACE = Path("/var/tmp")
PREFIX = "dockworthy-test."
_OWNER = "owner"


def mark(folder: Path, pid: int) -> None:
    """Notes the owner of a folder: its pid, and when it started, for pids are given out again."""
    (folder / _OWNER).write_text(f"{pid} {_started(pid)} {_pid_namespace()}\n")


def owner_lives(folder: Path) -> bool:
    """Is the run that made this folder still there? One that was never marked gets a minute to be."""
    try:
        pid, started, namespace = (folder / _OWNER).read_text().split()
    except (OSError, ValueError):
        return time.time() - folder.stat().st_mtime < 60
    # From another pid namespace it can't be told: leave it alone.
    return namespace != _pid_namespace() or _started(int(pid)) == started


def clean(folder: Path) -> None:
    """Ends the folder's processes, unmounts what lies below it, removes its cgroups, and then the folder itself.

    Raises RuntimeError where something still lives or is mounted there: deleting would then reach other data.
    """
    _thaw(cgroup_of(folder))
    _wait_until_none(lambda: _kill(processes_of(folder)), f"processes of {folder}")
    _wait_until_none(lambda: _unmount(mounts_below(folder)), f"mounts below {folder}")
    _wait_until_none(lambda: _remove_cgroups(cgroup_of(folder)), f"cgroups of {folder}")
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)


def processes_of(folder: Path) -> list[int]:
    """The engines of a folder, their containerds and shims, and everything that these have started."""
    parents = {int(entry.name): _parent(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = {pid for pid in parents if _is_engine_of(pid, folder)}
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return sorted(found)


def mounts_below(folder: Path) -> list[Path]:
    """Mount points below the folder, deepest first. A volume of a test can be a mount of the whole host."""
    targets = [Path(_unescaped(line.split()[4])) for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted((target for target in targets if target.is_relative_to(folder)), key=lambda t: -len(t.parts))


def _wait_until_none(act: Callable[[], list[Any]], what: str, seconds: float = 15.0) -> None:
    """Repeats `act`, which returns what it found to be still there, until that is nothing."""
    deadline = time.monotonic() + seconds
    while act():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} are still there after {seconds:.0f} s")
        time.sleep(0.05)


def cgroup_of(folder: Path) -> str:
    """The cgroup above all containers of an engine that has its data in this folder."""
    return str(folder.relative_to(PLACE)) if folder.is_relative_to(PLACE) else folder.name


def _is_engine_of(pid: int, folder: Path) -> bool:
    try:
        program = os.readlink(f"/proc/{pid}/exe").rsplit("/", 1)[-1]
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return program.startswith(("dockerd", "containerd")) and os.fsencode(f"{folder}/") in arguments


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold spaces and brackets. Empty for no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] in "ZX" else fields  # a zombie holds nothing any more


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _started(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if fields else "gone"


def _pid_namespace() -> str:
    return os.readlink("/proc/self/ns/pid")


def _unescaped(path: str) -> str:
    """mountinfo writes space, tab, newline and backslash as `\\040` and so on."""
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(escape, character)
    return path


def _kill(pids: list[int]) -> list[int]:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pids


def _unmount(targets: list[Path]) -> list[Path]:
    for target in targets:
        # Lazily: nothing of ours runs any more, and a mount that hangs must not hang the tests.
        subprocess.run(["umount", "--lazy", str(target)], check=False, capture_output=True)
    return targets


def _thaw(name: str) -> None:
    """What is paused dies of nothing before it goes on."""
    for state, word in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
        for top in _cgroups(name):
            for file in top.rglob(state):
                with contextlib.suppress(OSError):
                    file.write_text(word)


def _cgroups(name: str) -> list[Path]:
    """Of that name, in each hierarchy."""
    return [top / name for top in (Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/"))]


def _remove_cgroups(name: str) -> list[str]:
    """Removes the empty cgroups of that name and below, in each hierarchy. Returns those that stay."""
    stay = []
    for top in _cgroups(name):
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:  # a process that was just killed can hold it for a moment
                stay.append(folder)
    return stay


def clean_after_earlier_runs() -> None:
    """Cleans up after every run whose process is no more."""
    for folder in PLACE.glob(f"{PREFIX}*"):
        if not owner_lives(folder):
            print(f"cleaning up after an earlier run: {folder}", file=sys.stderr)
            clean(folder)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--mark"]:
        mark(Path(arguments[1]), int(arguments[2]))
    elif arguments:
        for argument in arguments:
            clean(Path(argument))
    else:
        clean_after_earlier_runs()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
