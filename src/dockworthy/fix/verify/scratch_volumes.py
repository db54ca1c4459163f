"""What a scratch service has mounted: fresh volumes, copies of what it binds, and nothing of the host itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

_HOST = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib64 /lib/modules /media /mnt /proc /root /run /sbin /srv /sys /tmp /usr /var"
    " /var/lib /var/lib/docker /var/lib/containerd /var/log /var/run".split()
)
"""Folders of the host as a whole: nobody means them to be copied."""
_BELOW = ("/proc/", "/sys/", "/dev/", "/run/", "/var/run/", "/var/lib/docker/", "/var/lib/containerd/")


class Bind(Struct, frozen=True):
    """A path of the host that a service has at `target`. `index` is its place among the service's volumes."""

    service: str
    index: int
    source: str
    target: str
    read_only: bool


def cut_off_volumes(name: str, written: Mapping[str, Any], binds: list[Bind], notes: list[str]) -> list[dict[str, Any]]:
    """The service's mounts; each bind among them is added to `binds`, each that is not handed in to `notes`."""
    mounts: list[dict[str, Any]] = []
    for mount in written.get("volumes") or ():
        kind, source, target = mount.get("type"), str(mount.get("source") or ""), str(mount.get("target") or "")
        if kind == "bind" and is_of_the_host(source):
            notes.append(f"{name} runs without {source}: that is the host's own")
        elif kind == "bind":
            binds.append(Bind(name, len(mounts), source, target, bool(mount.get("read_only"))))
            mounts.append(
                {"type": "bind", "source": source, "target": target, "read_only": bool(mount.get("read_only"))}
            )
        elif kind == "volume":
            mounts.append(_volume(mount))
        elif kind == "tmpfs":
            mounts.append(dict(mount))
        else:
            notes.append(f"{name} runs without what it has at {target}: a {kind} mount can't be stood in for")
    return mounts


def is_of_the_host(source: str) -> bool:
    path = source.rstrip("/") or "/"
    return path in _HOST or path.startswith(_BELOW)


def _volume(mount: Mapping[str, Any]) -> dict[str, Any]:
    """A fresh volume: no driver and no options, which could lead to the real data."""
    fresh = {"type": "volume", "target": mount["target"], "read_only": bool(mount.get("read_only"))}
    if mount.get("source"):
        fresh["source"] = mount["source"]
    if (mount.get("volume") or {}).get("nocopy"):
        fresh["volume"] = {"nocopy": True}
    return fresh
