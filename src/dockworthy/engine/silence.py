"""Why nobody answers at the usual engine's socket: is there no engine, or one that waits for its authorization plugin?

`dockerd` connects to its plugins before it serves anybody, and gives up after some seconds. Seen with Engine 26.1.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import NamedTuple

_PLACES = ("/var/run/docker.sock", "/run/docker.sock")
_PID, _SETTINGS = Path("/var/run/docker.pid"), Path("/etc/docker/daemon.json")
_PLUGINS = Path("/run/docker/plugins")


class Silence(NamedTuple):
    says: str
    hint: str


def why_silent(path: str) -> Silence:
    """`path` of a socket of this host, at which nobody listens. Never raises."""
    if waiting := waits_for_plugin(path):
        return waiting
    if path in _PLACES and (pid := _engine()):
        return Silence(
            f"the engine (process {pid}) runs, and does not listen there: it starts or ends, or listens elsewhere",
            "try again in some seconds; its log tells more (journalctl -u docker, or /var/log/docker.log)",
        )
    return Silence("the engine is not running", "start Docker Engine")


def waits_for_plugin(path: str | None) -> Silence | None:
    """Of the usual engine, whether it runs or has given up. None where its plugins answer. Never raises."""
    dead = next((name for name in _named() if not _answers(name)), "") if path in _PLACES else ""
    if not dead:
        return None
    pid = _engine()
    state = f"the engine (process {pid}) runs, and waits for" if pid else "the engine is not running, and can't without"
    return Silence(f"{state} its authorization plugin {dead}, which does not answer", _start(dead))


def _start(plugin: str) -> str:
    if plugin != "dockworthy":
        return f"start the plugin {plugin}; without it nobody is served"
    by_systemd = os.path.isdir("/run/systemd/system")
    start = "systemctl restart dockworthy-guard" if by_systemd else "/etc/init.d/dockworthy-guard restart"
    return f"sudo {start}, or take it out of the way: sudo dockworthy-guard-unlock"


def _engine() -> int:
    """Its process; 0 where none runs."""
    try:
        pid = int(_PID.read_text())
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, ValueError):
        return 0
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return pid if name == "dockerd" and rest.split()[0] != "Z" else 0


def _named() -> list[str]:
    try:
        settings = json.loads(_SETTINGS.read_bytes())
        return [name for name in settings.get("authorization-plugins") or () if isinstance(name, str)]
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def _answers(plugin: str) -> bool:
    """Also true where it can't be told: the plugin's socket may be root's, or at another place."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(1)
        try:
            asking.connect(str(_PLUGINS / f"{plugin}.sock"))
        except ConnectionRefusedError:
            return False
        except FileNotFoundError:
            return plugin != "dockworthy"
        except OSError:
            pass
    return True
