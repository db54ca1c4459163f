"""A setting of the engine's: its command line first, then daemon.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...model.field import Field, Set, Unknown
from ...model.host import DaemonProcess
from .names import Names

DEFAULT_FILE = "/etc/docker/daemon.json"


def flag(argv: Sequence[str], *names: str) -> str | None:
    """The last value of `--name value`, `--name=value` or `-n value`; None where it isn't given."""
    found: str | None = None
    for place, argument in enumerate(argv):
        name, equals, value = argument.partition("=")
        if name in names:
            if equals:
                found = value
            elif place + 1 < len(argv):
                found = argv[place + 1]
    return found


class EngineStart(NamedTuple):
    """How the engine was started: what decides where its settings lie."""

    argv: tuple[str, ...]
    uid: int
    home: str

    @classmethod
    def of(cls, daemon: Field[DaemonProcess], names: Names) -> EngineStart:
        if not isinstance(daemon, Set):
            return cls((), 0, "")
        uid = daemon.value.uid
        home = next((user.home for user in names.users if user.uid == uid), "") if uid else ""
        return cls(daemon.value.argv, uid, home)

    @property
    def file_path(self) -> str:
        own = f"{self.home}/.config/docker/daemon.json" if self.home else DEFAULT_FILE
        return flag(self.argv, "--config-file") or own


class EngineSettings(NamedTuple):
    """What the engine was told, as far as it could be read."""

    argv: tuple[str, ...]
    file: dict[str, Any]
    file_path: str
    home: str = ""
    """Of the user who runs an engine without root, whose defaults lie there."""
    uid: int = 0
    unseen: Unknown | None = None
    """Why there may be settings that were not seen: then what nobody seems to have set is not known to be so."""

    @classmethod
    def of(
        cls, engine: EngineStart, daemon: Field[DaemonProcess], daemon_json: Field[dict[str, Any]]
    ) -> EngineSettings:
        file = daemon_json.value if isinstance(daemon_json, Set) else {}
        unseen = next((field for field in (daemon, daemon_json) if isinstance(field, Unknown)), None)
        return cls(engine.argv, file, engine.file_path, engine.home, engine.uid, unseen)

    def text(self, name: str, *short: str) -> str | None:
        """A setting with one word as value; None where nobody set it."""
        given = flag(self.argv, f"--{name}", *short)
        if given is not None:
            return given
        value = self.file.get(name)
        return value if isinstance(value, str) and value else None

    def is_on(self, name: str) -> bool:
        """A switch: `--name`, `--name=true` or `true` in daemon.json."""
        if f"--{name}" in self.argv:
            return True
        value = flag(self.argv, f"--{name}")
        return value in ("true", "1") if value is not None else self.file.get(name) is True

    @property
    def written_data_root(self) -> str:
        return self.text("data-root", "--graph", "-g") or self.text("graph") or ""

    @property
    def data_root(self) -> str:
        default = f"{self.home}/.local/share/docker" if self.home else "/var/lib/docker"
        return self.written_data_root or default

    @property
    def exec_root(self) -> str:
        return self.text("exec-root") or (f"/run/user/{self.uid}/docker" if self.home else "/var/run/docker")

    @property
    def pid_file(self) -> str:
        return self.text("pidfile", "-p") or (
            f"/run/user/{self.uid}/docker.pid" if self.home else "/var/run/docker.pid"
        )
