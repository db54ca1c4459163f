"""Renewal by itself: a systemd timer, or an entry of cron, on the machine that runs dockworthy. Plan first, then files
that are whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ...errors import DockworthyError, UsageError

NAME = "dockworthy-edge-renew"
_HEAD = "# Written by dockworthy edge renew --install; `dockworthy edge renew --uninstall` takes it away.\n"
_SECONDS = 30


class RenewalTimer:
    """`which`: the host whose edge is renewed, "" for this one. `etc`: the machine's /etc; `by_systemd`: it has one."""

    def __init__(self, which: str = "", *, etc: Path = Path("/etc"), by_systemd: bool | None = None) -> None:
        self._by_systemd = Path("/run/systemd/system").is_dir() if by_systemd is None else by_systemd
        self._live = etc == Path("/etc")
        name = f"{NAME}-{hashlib.sha256(which.encode()).hexdigest()[:8]}" if which else NAME
        units = etc / "systemd" / "system"
        self._service, self._timer = units / f"{name}.service", units / f"{name}.timer"
        self._cron = etc / "cron.d" / name
        self._which = which

    @property
    def says(self) -> str:
        """Who renews, in words."""
        where = f"{os.uname().nodename}'s "
        return where + (f"timer {self._timer.name}" if self._by_systemd else f"{self._cron}")

    def files(self, command: Sequence[str], environment: dict[str, str]) -> dict[Path, str]:
        """Path -> text. `command` renews; `environment`: what it needs of ours."""
        if self._by_systemd:
            line = " ".join(_for_systemd(word) for word in command)
            set_to = "".join(f"Environment={_for_systemd(f'{key}={value}')}\n" for key, value in environment.items())
            return {
                self._service: f"{_HEAD}[Unit]\nDescription=Certificates of the edge are renewed\n"
                "Wants=network-online.target\nAfter=network-online.target docker.service\n\n"
                f"[Service]\nType=oneshot\n{set_to}ExecStart={line}\n",
                self._timer: f"{_HEAD}[Unit]\nDescription=Certificates of the edge are renewed\n\n"
                "[Timer]\nOnCalendar=*-*-* 03,15:00\nRandomizedDelaySec=2h\nPersistent=true\n\n"
                "[Install]\nWantedBy=timers.target\n",
            }
        line = shlex.join(command).replace("%", "\\%")
        set_to = "".join(f"{shlex.quote(key)}={shlex.quote(value)} " for key, value in environment.items())
        minute = int(hashlib.sha256((os.uname().nodename + self._which).encode()).hexdigest(), 16) % 60
        entry = f"{minute} 3,15 * * * root {set_to}{line} >/dev/null\n"
        return {self._cron: f"{_HEAD}PATH=/usr/sbin:/usr/bin:/sbin:/bin\n{entry}"}

    def install(self, files: dict[Path, str]) -> None:
        """Raises UsageError where there is neither, DockworthyError where something says no: then nothing is left."""
        if not self._by_systemd and not self._cron.parent.is_dir():
            raise UsageError(
                f"neither systemd nor {self._cron.parent} is here to renew certificates by itself",
                hint="run `dockworthy edge renew --yes` twice a day by what there is",
            )
        before = {path: path.read_bytes() if path.is_file() else None for path in files}
        try:
            for path, text in files.items():
                _write(path, text.encode())
            if self._by_systemd and self._live:
                _systemctl("daemon-reload")
                _systemctl("enable", "--quiet", "--now", self._timer.name)
        except (OSError, DockworthyError) as error:
            for path, content in before.items():
                with contextlib.suppress(OSError):
                    _write(path, content) if content is not None else path.unlink(missing_ok=True)
            if isinstance(error, DockworthyError):
                raise
            raise DockworthyError(f"{error.filename} can't be written: {error.strerror}") from None

    def has(self, files: dict[Path, str]) -> bool:
        """Just so."""
        return all(path.is_file() and path.read_text(errors="replace") == text for path, text in files.items())

    def installed(self) -> tuple[Path, ...]:
        """The files that are there, of either kind."""
        return tuple(path for path in (self._service, self._timer, self._cron) if path.is_file())

    def uninstall(self) -> None:
        """Raises DockworthyError where a file stays."""
        if self._by_systemd and self._live and self._timer.exists():
            _systemctl("disable", "--quiet", "--now", self._timer.name)
        for path in self.installed():
            try:
                path.unlink()
            except OSError as error:
                raise DockworthyError(f"{path} can't be removed: {error.strerror}") from None
        if self._by_systemd and self._live:
            _systemctl("daemon-reload")


def _for_systemd(word: str) -> str:
    """systemd.service(5): quotes, and its own signs doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if not escaped or set(escaped) & set(" \t'\"\\;") else escaped


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=".dockworthy-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(handle, 0o644)
            file.flush()
            os.fsync(handle)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise


def _systemctl(*arguments: str) -> None:
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode:
        raise DockworthyError(f"systemctl {' '.join(arguments)} failed: {done.stderr.strip()[-300:]}")
