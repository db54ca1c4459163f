"""A Docker Engine of the test's own: its data, sockets, settings and network are apart from the machine's engine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patience import Limit, patience

from . import leftovers

IN_OWN_NAMESPACES = "DOCKWORTHY_TEST_FOLDER" in os.environ
"""`./test` runs pytest in namespaces of its own and hands over the folder that it will clean up after."""


@dataclass
class OwnEngine:
    """A running engine. `inside` goes before a command that must be where the engine is (its network namespace);
    `network` holds that, where it is to outlive the engine."""

    endpoint: str
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    inside: tuple[str, ...] = ()
    network: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "this engine was given to the tests, not started by them"
        return self.process.pid

    def docker(
        self, *arguments: str, check: bool = True, input: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Docker's own command line at this engine. Raises AssertionError with what it said, unless `check` is off."""
        done = subprocess.run(
            [*self.inside, "docker", "-H", self.endpoint, *arguments],
            input=input,
            stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=patience(120),
            env=clean_environment(),
        )
        if check:
            assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
        return done

    def inspect(self, name: str) -> dict[str, Any]:
        """`docker inspect` of one object."""
        answer: list[dict[str, Any]] = json.loads(self.docker("inspect", name).stdout)
        return answer[0]

    def stop(self) -> None:
        """Ends the engine and its containers, and removes what they left in its folder.

        Killed, not asked: it would give each container ten seconds to end, which `sleep` as process 1 lets pass.
        """
        if self.process is None or self.folder is None:
            return
        self.process.kill()
        self.process.wait()
        leftovers.clean(self.folder)
        if self.network is not None:
            self.network.kill()
            self.network.wait()


def why_no_engine() -> str:
    """Why no engine can be started here; empty where one can."""
    if os.geteuid() != 0:
        return "no engine for this test: only root can start one (sudo ./test)"
    missing = [program for program in ("dockerd", "docker", "unshare", "setpriv") if shutil.which(program) is None]
    return f"no engine for this test: {', '.join(missing)} not installed (sudo ./test installs it)" if missing else ""


@contextlib.contextmanager
def run_folder() -> Iterator[Path]:
    """The folder of this run of the tests, below which every engine has its own."""
    if IN_OWN_NAMESPACES:
        yield Path(os.environ["DOCKWORTHY_TEST_FOLDER"])  # ./test cleans up, when all these processes are gone
        return
    leftovers.clean_after_earlier_runs()
    folder = Path(tempfile.mkdtemp(prefix=leftovers.PREFIX, dir=leftovers.PLACE))
    leftovers.mark(folder, os.getpid())
    try:
        yield folder
    finally:
        leftovers.clean(folder)


def start_engine(
    folder: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    flags: tuple[str, ...] = (),
    own_network: bool = True,
    keeps_network: bool = False,
) -> OwnEngine:
    """Starts an engine in `folder`, which must not exist; `settings` are its daemon.json. Waits until it answers.

    `own_network` gives it a network namespace of its own: two engines in one would share docker0 and its rules. It ends
    with the engine, unless `keeps_network`: then the engine can be started again in it.
    Raises AssertionError with the end of its log where it does not come up.
    """
    folder.mkdir(parents=True)
    (folder / "daemon.json").write_text(json.dumps(settings or {}))
    network = _held_network() if keeps_network else None
    if network is not None:
        inside: tuple[str, ...] = ("nsenter", f"--net=/proc/{network.pid}/ns/net")
        process = _launched(folder, inside, flags)
    else:
        process = _launched(folder, ("unshare", "--net") if own_network else (), flags)
        inside = ("nsenter", f"--net=/proc/{process.pid}/ns/net") if own_network else ()
    engine = OwnEngine(f"unix://{folder}/sock", folder, process, inside, network)
    _wait_until_it_answers(engine)
    if own_network:
        subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
    return engine


def start_engine_again(engine: OwnEngine, *flags: str) -> None:
    """One that was killed, or stopped by itself: with its data and settings, in the network that it had."""
    assert engine.folder is not None
    assert not engine.inside or engine.network is not None, "a network that ended with the engine is gone"
    if engine.process is not None:
        # Until then its number is taken, and the next one takes it for running.
        engine.process.wait(timeout=patience(60))
    engine.process = _launched(engine.folder, engine.inside, flags)
    _wait_until_it_answers(engine)


def _held_network() -> subprocess.Popen[bytes]:
    """A network namespace, held by a process that does nothing else."""
    held = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL
    )
    ours, limit = Path("/proc/self/ns/net").readlink(), Limit(30)
    while Path(f"/proc/{held.pid}/ns/net").readlink() == ours:
        assert limit.left > 0 and held.poll() is None, "no network namespace"
        time.sleep(0.01)
    return held


def _launched(folder: Path, inside: tuple[str, ...], flags: tuple[str, ...]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *inside, "dockerd", *_flags(folder), *flags],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=clean_environment(),
            start_new_session=True,  # ^C is for pytest: the engine is stopped when the tests have cleaned up
        )


def _flags(folder: Path) -> list[str]:
    """Everything apart; the cgroup driver that needs no systemd; one cgroup above all, to be removed as a whole."""
    return [
        f"--config-file={folder}/daemon.json",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/run",
        f"--pidfile={folder}/pid",
        f"--host=unix://{folder}/sock",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        f"--cgroup-parent=/{leftovers.cgroup_of(folder)}",
    ]


def _wait_until_it_answers(engine: OwnEngine, seconds: float = 60.0) -> None:
    assert engine.folder is not None and engine.process is not None
    limit = Limit(seconds)
    while engine.docker("version", check=False).returncode != 0:
        if engine.process.poll() is not None or limit.left <= 0:
            last_words = (engine.folder / "log").read_text(errors="replace")[-2000:]
            engine.stop()
            raise AssertionError(f"the engine did not come up:\n{last_words}")
        time.sleep(0.05)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would lead a Docker client elsewhere."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    # Nothing is there at first, and what buildx makes goes with the run.
    folder = Path(os.environ.get("DOCKWORTHY_TEST_FOLDER", tempfile.gettempdir())) / "docker-command-line"
    return {**ours, "DOCKER_CONFIG": str(folder), "LC_ALL": "C.UTF-8", **more}
