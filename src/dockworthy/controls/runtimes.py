"""Programs that make containers, by the names under which an engine knows them: which build walls as good as runc's."""

from __future__ import annotations

_KNOWN = ("runc", "crun", "youki", "io.containerd.runc.v2", "runsc", "io.containerd.runsc.v1", "sysbox-runc")
_KNOWN_FAMILIES = ("kata", "io.containerd.kata")
_WEAKER = {
    "nvidia": "the NVIDIA runtime gives devices and driver files of the host to every container that asks",
    "io.containerd.runtime.v1.linux": "this runtime was removed from containerd 2.0",
}


def why_weaker(name: str) -> str:
    """A sentence; "" for one that is not known to be weaker."""
    return _WEAKER.get(name, "")


def is_known(name: str) -> bool:
    return name in _KNOWN or name.startswith(_KNOWN_FAMILIES)
