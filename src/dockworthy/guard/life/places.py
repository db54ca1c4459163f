"""Where the guard lies on a machine. `model/own_places.py` lists what of this no container may mount."""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct

from ...engine.root_proof import KEY_FILE
from ...errors import UsageError
from ...host_scripts import HostScript
from ...model.own_places import ENGINE_BEHIND, GUARD_PLUGIN, GUARD_SERVING, GUARDS_SERVING, STATE

PLUGIN = "dockworthy"
"""The name by which the engine knows it."""
_PLAIN = re.compile(r"/[A-Za-z0-9._/@+-]*")


class Places(Struct, frozen=True, kw_only=True):
    """`bundle` holds each version, and `current` that leads to the one in use."""

    bundle: Path = Path("/opt/dockworthy")
    socket: Path = Path(GUARD_PLUGIN)
    policy: Path = Path("/etc/dockworthy/guard.yaml")
    audit: Path = Path("/var/log/dockworthy/guard.jsonl")
    log: Path = Path("/var/log/dockworthy/guard.log")
    state: Path = Path(STATE, "guard")
    unlock: Path = Path("/usr/local/sbin/dockworthy-guard-unlock")
    program: Path = Path("/usr/local/bin/dockworthy")
    """What people call, and what refusals name: starts the bundle's."""
    unit: Path = Path("/etc/systemd/system/dockworthy-guard.service")
    after_guard: Path = Path("/etc/systemd/system/docker.service.d/dockworthy-guard.conf")
    init: Path = Path("/etc/init.d/dockworthy-guard")

    pid: Path = Path("/run/dockworthy-guard.pid")
    watch: Path = Path("/run/dockworthy-guard.watch")
    """The process that starts a killed keeper again, where no service manager does."""
    root_key: Path = KEY_FILE
    """By which the plugin knows requests of root's `dockworthy deploy`."""
    serving: Path = Path(GUARD_SERVING)
    all_serving: Path = Path(GUARDS_SERVING)
    """A file for each guard of root's that serves, wherever it keeps its state."""
    engine_socket: Path = Path(ENGINE_BEHIND, "docker.sock")
    """Where the engine listens when the guard stands at its place: below a folder that root alone can enter."""

    @property
    def current(self) -> Path:
        return self.bundle / "current"

    @property
    def calling(self) -> bytes:
        """What stands in `program`."""
        return HostScript(__package__, "files/program.sh").filled({"start": str(self.current / "start.sh")}).encode()

    @property
    def has_program(self) -> bool:
        """Is it ours? What somebody else put there is theirs."""
        try:
            return not self.program.is_symlink() and self.program.read_bytes() == self.calling
        except OSError:
            return False

    @property
    def may_have_program(self) -> bool:
        return self.has_program or not os.path.lexists(self.program)

    @property
    def record(self) -> Path:
        return self.state / "installed.json"

    @property
    def settings_before(self) -> Path:
        return self.state / "daemon.json.before"

    @property
    def settings_after(self) -> Path:
        return self.state / "daemon.json.after"

    @property
    def engine_file_copies(self) -> tuple[Path, Path]:
        """Its settings as they were before the guard came, and after: what `unlock` reads."""
        return self.settings_before, self.settings_after

    @property
    def keep(self) -> Path:
        """What the keeper is told."""
        return self.state / "keep.json"

    @property
    def held(self) -> Path:
        """The engine's file as it was before live-restore was laid over it, for the time of a restart."""
        return self.state / "daemon.json.held"

    @property
    def holding(self) -> Path:
        return self.state / "daemon.json.holding"

    @property
    def unlocking(self) -> Path:
        """As before the guard came, with live-restore: what `unlock` restarts the engine with."""
        return self.state / "daemon.json.unlocking"

    @property
    def unlocked(self) -> Path:
        """The same, and what lets it go of live-restore then."""
        return self.state / "daemon.json.unlocked"

    def before(self, path: Path) -> Path:
        """A file of the machine's as it was."""
        return self.state / f"{path.name}.before"

    @property
    def launch(self) -> Path:
        """How an engine that no service manager has was started."""
        return self.state / "launch"

    def command(self, endpoint: str, people: str, *, tls: str = "", syslog: bool) -> tuple[str, ...]:
        """What runs, whoever starts it. `people`: the path of their socket, `""` where they have none; `tls`: the
        address at which they are served as well."""
        words = (
            str(self.current / "start.sh"), "guard", "serve", "--socket", str(self.socket), "--docker", endpoint,
            *(("--people", people) if people else ()), *(("--tls", tls) if tls else ()),
            "--policy", str(self.policy), "--audit", str(self.audit), *(("--syslog",) if syslog else ()),
        )  # fmt: skip
        return words


def plain(path: str, what: str) -> str:
    """As it stands in units and scripts. Raises UsageError for one that would have to be quoted there."""
    if not _PLAIN.fullmatch(path):
        raise UsageError(f"{what} {path!r} holds characters that a service's file can't", hint="name a plain path")
    return path
