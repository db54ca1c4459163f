"""A command of dockworthy that runs by itself: by a systemd timer, or an entry of cron, on the machine that runs it.
Plan first, then files that are whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from .errors import DockworthyError, UsageError

_SECONDS = 30


class TimedJob(Struct, frozen=True, kw_only=True):
    """What runs by itself. `name`: of its units and files; `does`: for systemd, as a sentence; `head`: the comment that
    says who wrote the files. `timer`: the lines of a timer's [Timer] section that say when; `cron`: the same for cron,
    where `{minute}` is a minute of this machine's own. `by_hand`: what a person can do where there is neither."""

    name: str
    does: str
    head: str
    timer: tuple[str, ...]
    cron: str
    by_hand: str


class HostTimer:
    """`which`: what tells several such jobs of this machine apart, "" for the only one. `etc`: the machine's /etc;
    `by_systemd`: it has one."""

    def __init__(
        self, job: TimedJob, which: str = "", *, etc: Path = Path("/etc"), by_systemd: bool | None = None
    ) -> None:
        self._job = job
        self._by_systemd = Path("/run/systemd/system").is_dir() if by_systemd is None else by_systemd
        self._live = etc == Path("/etc")
        name = f"{job.name}-{hashlib.sha256(which.encode()).hexdigest()[:8]}" if which else job.name
        units = etc / "systemd" / "system"
        self._service, self._timer = units / f"{name}.service", units / f"{name}.timer"
        self._cron = etc / "cron.d" / name
        self._which = which

    @property
    def says(self) -> str:
        """Who does it, in words."""
        where = f"{os.uname().nodename}'s "
        return where + (f"timer {self._timer.name}" if self._by_systemd else f"{self._cron}")

    def files(self, command: Sequence[str], environment: dict[str, str]) -> dict[Path, str]:
        """Path -> text. `command` does it; `environment`: what it needs of ours. Raises UsageError for a time that cron
        can't tell."""
        job = self._job
        if self._by_systemd:
            line = " ".join(_for_systemd(word) for word in command)
            set_to = "".join(f"Environment={_setting(f'{key}={value}')}\n" for key, value in environment.items())
            when = "".join(f"{line}\n" for line in job.timer)
            return {
                self._service: f"{job.head}[Unit]\nDescription={job.does}\n"
                "Wants=network-online.target\nAfter=network-online.target docker.service\n\n"
                f"[Service]\nType=oneshot\n{set_to}ExecStart={line}\n",
                self._timer: f"{job.head}[Unit]\nDescription={job.does}\n\n[Timer]\n{when}\n"
                "[Install]\nWantedBy=timers.target\n",
            }
        if not job.cron:
            raise UsageError(f"cron can't run a job that often: {job.does}", hint=job.by_hand)
        set_to = "".join(f"{shlex.quote(key)}={shlex.quote(value)} " for key, value in environment.items())
        line = f"{set_to}{shlex.join(command)}".replace("%", "\\%")  # which ends a line of cron's
        minute = int(hashlib.sha256((os.uname().nodename + self._which).encode()).hexdigest(), 16) % 60
        entry = f"{job.cron.format(minute=minute)} root {line} >/dev/null\n"
        return {self._cron: f"{job.head}PATH=/usr/sbin:/usr/bin:/sbin:/bin\n{entry}"}

    def install(self, files: dict[Path, str]) -> None:
        """Raises UsageError where there is neither, DockworthyError where something says no: then nothing is left."""
        if not self._by_systemd and not self._cron.parent.is_dir():
            raise UsageError(
                f"this machine has neither systemd nor {self._cron.parent}, so nothing can run it: {self._job.does}",
                hint=self._job.by_hand,
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
    """A word of ExecStart=: there `$` begins a variable (systemd.service(5))."""
    return _setting(word.replace("$", "$$"))


def _setting(word: str) -> str:
    """systemd.exec(5), systemd.unit(5): quotes, and `%` doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
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
