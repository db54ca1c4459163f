"""The guard as a service: before the engine, kept running, by systemd or by a script of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from ...errors import UsageError
from .engine_here import EngineHere
from .places import Places, plain


class Service:
    """`files`: path -> content and mode, of what the machine starts it by."""

    def __init__(self, places: Places, engine: EngineHere, *, systemd: bool | None = None) -> None:
        self.by_systemd = Path("/run/systemd/system").is_dir() if systemd is None else systemd
        self._places, self._engine = places, engine

    def files(self) -> Iterator[tuple[Path, bytes, int]]:
        """Raises UsageError for a path that does not fit into them."""
        places, engine = self._places, self._engine
        words = places.command(engine.endpoint, syslog=Path("/dev/log").exists())
        for word in words:
            plain(word if word.startswith("/") else f"/{word.partition('://')[2]}", "the path")
        fills = {
            "command": " ".join(words), "bundle": str(places.bundle), "socket": str(places.socket),
            "log": str(places.log), "state": str(places.state),
            "settings": plain(str(engine.settings), "the engine's file"), "pidfile": str(engine.pid_file),
        }  # fmt: skip
        yield places.unlock, _filled("unlock.sh", fills), 0o755
        if self.by_systemd:
            yield places.unit, _filled("guard.service", fills), 0o644
            yield places.after_guard, _filled("docker.conf", fills), 0o644
        else:
            yield places.init, _filled("init.sh", fills), 0o755

    def start(self) -> None:
        """Or once more, where another version ran. Raises UsageError with what the machine says."""
        if self.by_systemd:
            _run("systemctl", "daemon-reload")
            _run("systemctl", "enable", "--quiet", self._places.unit.name)
            _run("systemctl", "restart", self._places.unit.name)
            return
        if shutil.which("update-rc.d"):
            _run("update-rc.d", self._places.init.name, "defaults", check=False)
        _run(str(self._places.init), "restart")

    def stop(self) -> None:
        """And never again at a start of the machine. Does not fail where it does not run."""
        if self.by_systemd:
            _run("systemctl", "disable", "--now", "--quiet", self._places.unit.name, check=False)
            return
        if self._places.init.exists():
            _run(str(self._places.init), "stop", check=False)
        if shutil.which("update-rc.d"):
            _run("update-rc.d", "-f", self._places.init.name, "remove", check=False)

    def forget(self) -> None:
        """After its files were taken away."""
        if self.by_systemd:
            _run("systemctl", "daemon-reload", check=False)


def _filled(name: str, fills: dict[str, str]) -> bytes:
    text = files(__package__).joinpath("files", name).read_text()
    for key, value in fills.items():
        text = text.replace(f"@{key}@", value)
    return text.encode()


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


__all__ = ["Service"]
