"""A setting of the engine's: its command line first, then daemon.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...model.field import Field, Set
from ...model.host import DaemonProcess


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


class EngineSettings(NamedTuple):
    """What the engine was told, as far as it could be read."""

    argv: tuple[str, ...]
    file: dict[str, Any]
    file_path: str

    @classmethod
    def of(cls, daemon: Field[DaemonProcess], daemon_json: Field[dict[str, Any]], path: str) -> EngineSettings:
        argv = daemon.value.argv if isinstance(daemon, Set) else ()
        return cls(argv, daemon_json.value if isinstance(daemon_json, Set) else {}, path)

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
    def data_root(self) -> str:
        return self.text("data-root", "--graph", "-g") or self.text("graph") or "/var/lib/docker"

    @property
    def exec_root(self) -> str:
        return self.text("exec-root") or "/var/run/docker"
