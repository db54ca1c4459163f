"""The script for the day when everything is wrong: the one that `install` wrote, or one with the usual places."""

from __future__ import annotations

from ...host_scripts import HostScript
from .moving.listen_config import DEFAULTS
from .places import Places

UNLOCK = HostScript(__package__, "files/unlock.sh")
_USUAL = {
    "settings": "/etc/docker/daemon.json",
    "pidfile": "/var/run/docker.pid",
    "defaults": str(DEFAULTS),
    **dict.fromkeys(("people", "folder", "moved", "changed"), ""),
}
_OF_PLACES = ("state", "init", "pid", "watch", "serving")


def unlock_script(places: Places) -> str:
    """Its text, to be run by any shell, as root."""
    try:
        return places.unlock.read_text()
    except OSError:
        told = {
            "unit": places.unit.name,
            "after": str(places.after_guard),
            "listened": listened(),
            **{name: str(getattr(places, name)) for name in _OF_PLACES},
        }
        return UNLOCK.filled({**_USUAL, **told})


def listened() -> str:
    """The function by which the scripts tell whether a living process listens at a socket."""
    return HostScript(__package__, "files/listened.sh").bare.rstrip()
