"""The script for the day when everything is wrong: the one that `install` wrote, or one with the usual places."""

from __future__ import annotations

from importlib.resources import files

from .moving.listen_config import DEFAULTS
from .places import Places

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
        text = files(__package__).joinpath("files", "unlock.sh").read_text()
        told = {
            "unit": places.unit.name,
            "after": str(places.after_guard),
            **{name: str(getattr(places, name)) for name in _OF_PLACES},
        }
        for key, value in {**_USUAL, **told}.items():
            text = text.replace(f"@{key}@", value)
        return text
