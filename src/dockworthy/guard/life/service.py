"""The guard as a service: before the engine, kept running, by systemd or by a script of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import UsageError
from ...harden.engine_ways import ServiceManager
from ...host_scripts import HostScript
from . import kept_files
from .engine_here import EngineHere, wait_until
from .keeping.guards import READY_WITHIN, KeeperSettings, ServedSocket
from .moving.listen_config import DEFAULTS
from .places import Places, plain
from .record import People
from .unlocking import UNLOCK, listened

_UNIT = HostScript(__package__, "files/guard.service")
_AFTER_GUARD = HostScript(__package__, "files/docker.conf")
_INIT = HostScript(__package__, "files/init.sh")
_SCRIPT = Path("/etc/init.d/docker")
_TOOLS = ("update-rc.d", "insserv", "chkconfig")
"""They read the headers of init scripts (X-Start-Before), and order them for a machine's start."""


def line_for(places: Places) -> bytes:
    """In the file that docker's init script reads first. One line, which any tool can take out."""
    start = f"[ ! -x {places.init} ] || {places.init} start || :"
    return (
        f"case ${{1:-}} in start | restart) {start} ;; esac # dockworthy-guard first: no engine without it\n".encode()
    )


def check_order(manager: ServiceManager) -> None:
    """Raises UsageError where an init script starts the engine, and nothing here can start the guard before it."""
    if manager is not ServiceManager.INIT_SCRIPT:
        return
    if not any(map(shutil.which, _TOOLS)) and not _reads_defaults():
        raise UsageError(
            f"the engine is started by {_SCRIPT}, and nothing here puts a script before it ({', '.join(_TOOLS)}): "
            "after the next start of this machine it would wait for its guard, and fail",
            hint="start the engine and the guard by a service manager that keeps an order, such as systemd",
        )


def order_in_words(manager: ServiceManager, places: Places, *, by_systemd: bool) -> tuple[str, ...]:
    """What keeps the order, or who has to."""
    if manager is ServiceManager.INIT_SCRIPT and not by_systemd:
        by = [f"`{_SCRIPT} start` ({DEFAULTS} says so)"] if _reads_defaults() else []
        by += ["a machine's start (by the headers of the script)"] if any(map(shutil.which, _TOOLS)) else []
        return (f"the guard comes before the engine at {' and at '.join(by)}",)
    if manager is ServiceManager.NOBODY:
        start = f"systemctl start {places.unit.name}" if by_systemd else f"{places.init} start"
        return (
            "no service of this machine starts the engine: whoever starts it must start the guard before, also after a "
            f"start of the machine: {start}. Without its guard the engine does not start",
        )
    return ()


def bring_order(manager: ServiceManager, places: Places) -> kept_files.KeptFile | None:
    """Gives back what was there; None where nothing is to be done. Raises OSError."""
    if manager is not ServiceManager.INIT_SCRIPT or not _reads_defaults():
        return None
    now = kept_files.look(DEFAULTS).content or b""
    if line_for(places) in now:
        return None
    return kept_files.write(DEFAULTS, line_for(places) + now)


def take_order_away(places: Places) -> None:
    """The rest of the file stays as it is, also where somebody changed it since. Raises OSError."""
    now = kept_files.look(DEFAULTS)
    if now.content is None or line_for(places) not in now.content:
        return
    left = now.content.replace(line_for(places), b"")
    if left:
        kept_files.write(DEFAULTS, left)
    else:
        DEFAULTS.unlink(missing_ok=True)


def _reads_defaults() -> bool:
    try:
        return os.access(_SCRIPT, os.X_OK) and "/etc/default/" in _SCRIPT.read_text(errors="replace")
    except OSError:
        return False


class Service:
    """`people`: their socket, None where they have none; `moved`: path -> text before, "" where there was none, of what
    says where the engine listens since."""

    def __init__(
        self, places: Places, engine: EngineHere, *, systemd: bool | None = None, people: People | None = None,
        moved: Sequence[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        self.by_systemd = Path("/run/systemd/system").is_dir() if systemd is None else systemd
        self._places, self._engine, self._people, self._moved = places, engine, people, moved

    def files(self) -> Iterator[tuple[Path, bytes, int]]:
        """Path, content and mode of what the machine starts it by. Raises UsageError for a path that does not fit."""
        places, words = self._places, self._words()
        for word in words:
            plain(word if word.startswith("/") else f"/{word.partition('://')[2]}", "the path")
        fills = self._fills(words)
        yield places.unlock, UNLOCK.filled(fills).encode(), 0o755
        if places.may_have_program:
            yield places.program, places.calling, 0o755
        yield places.keep, self.told(), 0o600
        if self.by_systemd:
            yield places.unit, _UNIT.filled(fills).encode(), 0o644
            yield places.after_guard, _AFTER_GUARD.filled(fills).encode(), 0o644
        else:
            yield places.init, _INIT.filled(fills).encode(), 0o755

    def tell_keeper(self) -> None:
        """What the next keeper keeps. For a move not before the engine has left the people's place: a keeper that
        starts earlier would put its own socket there. Raises OSError."""
        kept_files.write(self._places.keep, self.told(), 0o600)

    def _words(self) -> tuple[str, ...]:
        people = self._people
        endpoint, path, tls = (people.endpoint, people.path, people.tls) if people else (self._engine.endpoint, "", "")
        return self._places.command(endpoint, path, tls=tls, syslog=Path("/dev/log").exists())

    def told(self) -> bytes:
        """What the keeper keeps, as the content of its file."""
        places, people = self._places, self._people
        kept = KeeperSettings(
            sockets=(
                ServedSocket(str(places.socket), 0o600),
                *((ServedSocket(people.path, people.mode, people.group),) if people else ()),
            ),
            command=self._words(), again=(str(places.current / "keep.sh"), str(places.keep)),
            pid_file=str(places.pid), serving=str(places.serving),
        )  # fmt: skip
        return kept.written()

    def _fills(self, words: Sequence[str]) -> dict[str, str]:
        places, people = self._places, self._people
        folder = str(places.engine_socket.parent)
        return {
            "listened": listened(), "check": " ".join((*words, "--check")),
            "command": f"{places.current / 'keep.sh'} {places.keep}", "bundle": str(places.bundle),
            "socket": str(places.socket), "log": str(places.log), "state": str(places.state), "keep": str(places.keep),
            "pid": str(places.pid), "watch": str(places.watch), "defaults": str(DEFAULTS),
            "serving": str(places.serving), "init": str(places.init), "unit": places.unit.name,
            "after": str(places.after_guard),
            "settings": plain(str(self._engine.settings), "the engine's file"), "pidfile": str(self._engine.pid_file),
            "people": people.path if people else "", "folder": folder if people else "",
            "runtime": f"RuntimeDirectory={Path(folder).name}\nRuntimeDirectoryMode=0700\nRuntimeDirectoryPreserve=yes"
            if people else "",
            "moved": " ".join(plain(path, "the path") for path, before in self._moved if not before),
            "changed": " ".join(plain(path, "the path") for path, before in self._moved if before),
        }  # fmt: skip

    def start(self) -> None:
        """Where one runs, the new one takes over: nobody who asks meanwhile is without an answer. Raises UsageError
        with what the machine says, EngineError where it does not come up."""
        if self.by_systemd:
            _run("systemctl", "daemon-reload")
            _run("systemctl", "enable", "--quiet", self._places.unit.name)
        elif shutil.which("update-rc.d"):
            _run("update-rc.d", self._places.init.name, "defaults", check=False)
        if keeper := self._keeper():
            os.kill(keeper, signal.SIGUSR2)
            if not self.by_systemd:
                _run(str(self._places.init), "start")  # also by an older version, which had nobody to start it again
        elif self.by_systemd:
            _run("systemctl", "restart", self._places.unit.name)
        else:
            _run(str(self._places.init), "restart")
        wait_until(
            lambda: self._serves(),
            f"the guard does not come up: {self._places.log}, or journalctl -u dockworthy-guard",
            seconds=READY_WITHIN + 10,
        )

    def stop(self) -> None:
        """And never again at a start of the machine. Does not fail where it does not run."""
        if self.by_systemd:
            self._places.after_guard.unlink(missing_ok=True)  # else the engine's start brings it back
            _run("systemctl", "disable", "--now", "--quiet", self._places.unit.name, check=False)
        else:
            if self._places.init.exists():
                _run(str(self._places.init), "stop", check=False)
            if shutil.which("update-rc.d"):
                _run("update-rc.d", "-f", self._places.init.name, "remove", check=False)
        for path in (self._places.socket, *((Path(self._people.path),) if self._people else ())):
            if not _listens(path):
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """After its files were taken away."""
        if self.by_systemd:
            _run("systemctl", "daemon-reload", check=False)

    def _keeper(self) -> int:
        """0 where none runs. By its command line: the number may be another's by now."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._places.pid.read_text())
            if b"keep.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return 0

    def _serves(self) -> bool:
        """The version to which `current` leads."""
        with contextlib.suppress(OSError):
            return self._places.serving.read_text().split()[1:] == [os.path.realpath(self._places.current)]
        return False


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False
        return True


def _run(*argv: str, check: bool = True) -> None:
    """Its output goes to nobody who would be waited for: a service that it starts keeps no pipe of ours open."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90)
    except (OSError, subprocess.TimeoutExpired) as error:
        if check:
            raise UsageError(f"{' '.join(argv)} fails: {error}") from None
        return
    if check and done.returncode:
        raise UsageError(f"{' '.join(argv)} fails: {done.stderr.strip()[-500:]}", hint="journalctl -u dockworthy-guard")
