"""A volume can be a path of the host under another name: whoever mounts it has that path."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import DataVolume
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.volume_options import VolumeKind, volume_content

control = Control(
    id="volume/host-path",
    title="No waiting volume leads to a sensitive path of the host",
    fault="{who} [leads|lead] to a sensitive path of the host",
    rationale="The `local` driver binds any path that the volume's options name. Rules that look at bind mounts alone "
    "don't see it. Volumes in use are judged at the containers that mount them.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    subject=Subject.VOLUME,
    references=(cis("1.6.0", "5.6"), cis("1.8.0", "5.6"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Remove the volume: its files stay on the host.", "none: no container mounts it", "docker volume rm"),
    check_yourself="docker volume inspect -f '{{json .Options}}' {name}",
    bad={
        "snapshot": [
            {
                "engine": {
                    "volumes": [
                        {"Name": "conf", "Driver": "local", "Options": {"type": "none", "o": "bind", "device": "/etc"}}
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [{"Name": "all", "Driver": "local", "Options": {"o": "ro,bind", "device": "//run/../"}}]
                }
            },
            {
                "engine": {
                    "volumes": [
                        {"Name": "sock", "Driver": "local", "Options": {"o": "rbind", "device": "/run/docker.sock"}}
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [{"Name": "disk", "Driver": "local", "Options": {"type": "ext4", "device": "/dev/sda1"}}]
                }
            },
        ]
    },
    good={
        "snapshot": [
            {"engine": {"volumes": [{"Name": "data", "Driver": "local", "Options": None}]}},
            {
                "engine": {
                    "volumes": [
                        {"Name": "data", "Driver": "local", "Options": {"o": "bind", "device": "/srv/shop/data"}}
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [{"Name": "tmp", "Driver": "local", "Options": {"type": "tmpfs", "device": "tmpfs"}}]
                }
            },
        ]
    },
    unclear={
        "snapshot": {
            "engine": {
                "volumes": [
                    {"Name": "x", "Driver": "local", "Options": {"o": "hash:0011223344556677", "device": "/etc"}}
                ]
            }
        }
    },
)

_SENSITIVE = (
    "/etc", "/root", "/boot", "/proc", "/sys", "/dev", "/run", "/var/run", "/var/lib/docker", "/var/lib/containerd",
    "/usr", "/bin", "/sbin", "/lib", "/lib64",
)  # fmt: skip
"""With all that lies in them, and every parent of theirs, up to the root itself."""
_HOMES = "/home"
"""A folder in somebody's home is an ordinary place for data; all homes together are not."""


@control.judge
def host_path(volume: DataVolume) -> Judgement:
    place = Source(volume.source.where, f"{volume.name}.Options")
    if volume.used_by:
        return not_applicable("in use: judged at the containers that mount it", volume.source)
    content = volume_content(volume.driver, volume.options)
    if content.kind is VolumeKind.UNKNOWN:
        return unknown(f"{content.says} can't be seen", place, tell="docker volume inspect")
    if content.kind is VolumeKind.DISK:
        return failed(f"whoever mounts it has {content.says} of the host", place)
    paths = [_plain(folder.path) for folder in content.folders]
    sensitive = next((path for path in paths if _is_sensitive(path)), "")
    if sensitive:
        return failed(f"whoever mounts it has {sensitive} of the host", place)
    return passed(f"it leads to {', '.join(paths)}" if paths else "it leads to no path of the host", place)


def _plain(path: str) -> str:
    """`//run/../` is `/`. Links are not followed: a path of the host may be unknown here."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _is_sensitive(path: str) -> bool:
    above = "/" if path == "/" else f"{path}/"
    return path == _HOMES or any(f"{place}/".startswith(above) or path.startswith(f"{place}/") for place in _SENSITIVE)
