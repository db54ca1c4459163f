"""The engine of this machine stopped and started: by systemd, by its init script, or as it was started before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from ....errors import EngineError, UsageError
from ....harden.engine_ways import ServiceManager
from ..places import Places
from .listen_config import DEFAULTS, EngineLaunch

_UNIT, _SOCKET = "docker.service", "docker.socket"
_INIT = Path("/etc/init.d/docker")
STOPS_WITHIN = 60.0


class EngineService:
    """Whoever starts the engine with process `pid`; 0 for one that does not run."""

    def __init__(self, pid: int, places: Places) -> None:
        self._pid, self._places = pid, places
        self.manager = ServiceManager.NOBODY if not pid and places.launch.exists() else _manager(pid)
        self._by_socket = self.manager is ServiceManager.SYSTEMD and _asks("is-active", _SOCKET) == "active"

    @property
    def in_words(self) -> str:
        words = {
            ServiceManager.SYSTEMD: f"systemctl stop and start {_SOCKET if self._by_socket else ''} {_UNIT}",
            ServiceManager.INIT_SCRIPT: f"{_INIT} stop and start",
            ServiceManager.NOBODY: "SIGTERM, and then its own command line again: no service manager has it",
        }
        return " ".join(words[self.manager].split())

    def see(self, argv: tuple[str, ...], hosts: tuple[str, ...] | None) -> EngineLaunch:
        defaults = DEFAULTS.read_text() if DEFAULTS.exists() and self.manager is not ServiceManager.NOBODY else None
        if self.manager is not ServiceManager.SYSTEMD:
            return EngineLaunch(argv=argv, hosts=hosts, defaults=defaults)
        shown = _asks("show", "-p", "ExecStart", "--value", _UNIT)
        command = re.search(r"argv\[\]=(.*?) ; ignore_errors", shown)
        listens = re.findall(r"^(?:Listen=)?(/.*) \(Stream\)$", _asks("show", "-p", "Listen", "--value", _SOCKET), re.M)
        return EngineLaunch(
            argv=argv, hosts=hosts, defaults=defaults, unit_command=command[1] if command else "",
            listens=tuple(listens) if self._by_socket else (),
        )  # fmt: skip

    def stop(self) -> None:
        """Waits until it ended. How one that nobody keeps is started is written down before. Raises EngineError."""
        if self.manager is ServiceManager.SYSTEMD:
            _do("systemctl", "stop", *((_SOCKET,) if self._by_socket else ()), _UNIT)
        elif self.manager is ServiceManager.INIT_SCRIPT:
            _do(str(_INIT), "stop")
        elif self._pid:
            self._remember()
            os.kill(self._pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPS_WITHIN
        while self._pid and _runs(self._pid):
            if time.monotonic() > deadline:
                raise EngineError(f"the engine (process {self._pid}) does not end within {STOPS_WITHIN:.0f} s")
            time.sleep(0.05)

    def start(self) -> None:
        """Does not wait until it answers. Raises EngineError."""
        if self.manager is ServiceManager.SYSTEMD:
            _do("systemctl", "daemon-reload")
            subprocess.run(["systemctl", "reset-failed", _UNIT], capture_output=True)  # our starts are no crash loop
            _do("systemctl", "start", *((_SOCKET,) if self._by_socket else ()), _UNIT)
        elif self.manager is ServiceManager.INIT_SCRIPT:
            _do(str(_INIT), "start")
        elif self._places.launch.exists():
            self._launch()

    def _remember(self) -> None:
        """Its environment may hold a proxy's password: it goes into a file of root's, and through no argument."""
        here = Path(f"/proc/{self._pid}")
        folder = self._places.launch
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("environ", "cmdline"):
            file = folder / name
            file.touch(mode=0o600)
            file.write_bytes((here / name).read_bytes())
        log = os.readlink(here / "fd/1")
        usable = log.startswith("/") and not log.startswith("/dev/") and "deleted" not in log
        (folder / "log").write_text(log if usable else str(self._places.log.with_name("dockerd.log")))

    def _launch(self) -> None:
        folder = self._places.launch
        argv = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        pairs = (pair.partition(b"=") for pair in (folder / "environ").read_bytes().split(b"\0") if b"=" in pair)
        log = Path((folder / "log").read_text())
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said:
            subprocess.Popen(
                argv, env={name: value for name, _, value in pairs}, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True, cwd="/",
            )  # fmt: skip


def _manager(pid: int) -> ServiceManager:
    if Path("/run/systemd/system").is_dir():
        main = _asks("show", "-p", "MainPID", "--value", _UNIT)
        loaded = _asks("show", "-p", "LoadState", "--value", _UNIT) == "loaded"
        if loaded and (not pid or main == str(pid)):
            return ServiceManager.SYSTEMD
        return ServiceManager.NOBODY
    has_script = os.access(_INIT, os.X_OK)
    if has_script and (not pid or subprocess.run([_INIT, "status"], capture_output=True).returncode == 0):
        return ServiceManager.INIT_SCRIPT
    return ServiceManager.NOBODY


def _runs(pid: int) -> bool:
    """One that is dead and not yet buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _asks(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True).stdout.strip()


def _do(*argv: str) -> None:
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{' '.join(argv)} fails: {error}") from None
    if done.returncode:
        raise EngineError(
            f"{' '.join(argv)} fails: {done.stderr.strip()[-500:]}", hint="journalctl -u docker tells why"
        )
