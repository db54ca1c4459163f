"""Installed packages of the engine, its runtimes and the kernel, and what the package lists offer instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.field import Field, Source, Unknown, Unset
from ...model.host import Package
from .debian_versions import DebianVersion
from .package_lists import Offer, PackageLists
from .reading import written
from .root import Root

_STATUS = "/var/lib/dpkg/status"
_OURS = re.compile(
    r"docker(\.io|-ce|-ce-cli|-cli|-engine|-ce-rootless-extras|-compose.*|-buildx.*|-model-plugin)|moby-.*"
    r"|containerd(\.io)?|runc|crun|podman(-docker)?|docker-registry|linux-image-.*|linux-generic.*|gvisor|runsc|runsc-.*"
)
_ELSEWHERE = {
    "/var/lib/rpm": ("RPM", "dnf list --upgrades docker-ce containerd.io runc kernel"),
    "/usr/lib/sysimage/rpm": ("RPM", "dnf list --upgrades docker-ce containerd.io runc kernel"),
    "/lib/apk/db": ("apk", "apk version docker containerd runc"),
    "/var/lib/pacman": ("pacman", "pacman -Qu docker containerd runc linux"),
}


def read_packages(root: Root, lists: PackageLists) -> Field[tuple[Package, ...]]:
    """Unset where there is no package manager; Unknown where it is one whose database isn't text."""
    if not root.exists(_STATUS):
        for folder, (kind, command) in _ELSEWHERE.items():
            if root.exists(folder):
                return Unknown(f"the {kind} database can't be read from files", f"ask it: {command}", Source(folder))
        return Unset(Source(_STATUS))
    installed = dict(installed_packages(root.read(_STATUS)))
    offers = lists.offers({package.name for package in installed})
    complete = not lists.unread
    found = (_with_candidate(package, offers, arch, complete) for package, arch in installed.items())
    return written(tuple(found), _STATUS)


def installed_packages(status: str) -> Iterator[tuple[Package, str]]:
    """Those of dpkg's status file that are installed and ours, each with its architecture."""
    for stanza in status.split("\n\n"):
        name = stanza.lstrip("\n").removeprefix("Package: ").split("\n", 1)[0]
        if not _OURS.fullmatch(name):
            continue
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        state = fields.get("Status", "").split()
        if state[-1:] == ["installed"] and fields.get("Package") == name and "Version" in fields:
            package = Package(name=name, version=fields["Version"].strip(), held=state[0] == "hold")
            yield package, fields.get("Architecture", "all").strip()


def _with_candidate(package: Package, offers: list[Offer], architecture: str, complete: bool) -> Package:
    """The newest version that a list offers, where it is newer and apt would take it. Own pins are not considered."""
    own = [o for o in offers if o.name == package.name and o.architecture in (architecture, "all")]
    source_lists = {offer.list for offer in own if offer.version == package.version}
    installed = DebianVersion(package.version)
    usable = (offer for offer in own if offer.automatic or offer.list in source_lists)
    newer = [offer for offer in usable if installed < DebianVersion(offer.version)]
    best = max(newer, key=lambda offer: DebianVersion(offer.version), default=None)
    return Package(
        name=package.name,
        version=package.version,
        candidate=best.version if best else "",
        security=any(offer.security for offer in newer),
        held=package.held,
        listed=best is not None or (complete and bool(own)),
    )
