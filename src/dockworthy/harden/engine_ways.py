"""How this host's engine is told to reload and to restart: by systemd, by an init script, or as it was started."""

from __future__ import annotations

import shlex
from enum import StrEnum

from msgspec import Struct

from ..engine.host_shell import HostShell
from ..host_scripts import HostScript

_SERVICE_MANAGER = HostScript(__package__, "service_manager.sh")


class ServiceManager(StrEnum):
    SYSTEMD = "systemd"
    INIT_SCRIPT = "init script"
    NOBODY = "nobody"


class EngineWays(Struct, frozen=True, kw_only=True):
    """`unit` is systemd's name of the engine, `pid_file` where it writes its process number, `argv` its command line.

    `config_file` is its daemon.json, `socket` where it listens.
    """

    manager: ServiceManager
    pid_file: str = "/var/run/docker.pid"
    socket: str = "/var/run/docker.sock"
    unit: str = "docker.service"
    config_file: str = "/etc/docker/daemon.json"
    argv: tuple[str, ...] = ()

    @property
    def reload(self) -> str:
        """A line of shell, for a stage's script."""
        return _call("reload_engine", self.pid_file)

    @property
    def let_go(self) -> str:
        """A reload that is waited for: live-restore is off when it has ended."""
        return _call("let_go", self.pid_file, self.socket)

    @property
    def restart(self) -> str:
        """The same. Containers that ran run again, also those without a restart policy."""
        before, after = _call("note_running", self.socket), _call("start_again", self.socket)
        return f"{before}\n{self._restart_alone}\n{after}"

    @property
    def _restart_alone(self) -> str:
        if self.manager is ServiceManager.SYSTEMD:
            # systemd gives up after three starts in a minute, and ours must not count as one of a crash loop.
            reset = _call("systemctl", "reset-failed", self.unit)
            return f"{reset} 2>/dev/null || :\n" + _call(
                "attempt", "the engine could not be restarted", "systemctl", "restart", self.unit
            )
        if self.manager is ServiceManager.INIT_SCRIPT:
            restart = _call("attempt", "the engine could not be restarted", "service", "docker", "restart")
            return f"{restart}\n{_call('wait_for_engine', self.socket, '')}"
        return _call("relaunch_engine", self.pid_file, self.socket)

    @property
    def restarts_by(self) -> str:
        """In words."""
        words = {
            ServiceManager.SYSTEMD: f"systemctl restart {self.unit}",
            ServiceManager.INIT_SCRIPT: "service docker restart",
            ServiceManager.NOBODY: "SIGTERM, and then its own command line again (no service manager has it)",
        }
        return words[self.manager]

    def validate(self) -> tuple[str, ...]:
        """The command by which the engine itself checks the new daemon.json (`{new}`), with its own command line:
        a setting that stands in both is found before anything is written."""
        flags = _without_config_file(self.argv[1:])
        return (self.argv[0] if self.argv else "dockerd", *flags, "--validate", "--config-file", "{new}")


async def find_service_manager(shell: HostShell, unit: str) -> ServiceManager:
    """Who starts the engine on this host."""
    done = await shell.run(_SERVICE_MANAGER.with_arguments(unit))
    return ServiceManager(done.output.strip() or "nobody")


def _without_config_file(flags: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    skip = False
    for flag in flags:
        if skip:
            skip = False
        elif flag == "--config-file":
            skip = True
        elif not flag.startswith("--config-file="):
            kept.append(flag)
    return kept


def _call(*words: str) -> str:
    return shlex.join(words)
