"""Does the machine wait for a restart? By the distribution's mark, or by a newer kernel than the running one."""

from __future__ import annotations

import re

from ...model.field import Field, Set, Unset
from ...model.host import Kernel, Package
from .debian_versions import DebianVersion
from .reading import measured
from .root import Root, clean

_MARKS = ("/var/run/reboot-required", "/run/reboot-required")
_FLAVOUR = re.compile(r"((?:-[A-Za-z][A-Za-z0-9_]*)*)$")
_DEBIAN_BUILD = re.compile(r"\bDebian (\d\S+) \(")


def read_reboot_required(root: Root, kernel: Field[Kernel], packages: Field[tuple[Package, ...]]) -> Field[bool]:
    """The source says why: the mark, the newer kernel's file, or the kernel's package."""
    mark = next((path for path in _MARKS if root.exists(path)), "")
    if mark:
        return measured(True, mark)
    if not isinstance(kernel, Set):
        return kernel if not isinstance(kernel, Unset) else Unset(kernel.source)
    running = kernel.value.release
    newest, place = _newest_kernel(root, running)
    if newest and DebianVersion(running) < DebianVersion(newest):
        return measured(True, place, f"newer than the running {running}")
    if rebuilt := _rebuilt(kernel.value, packages):
        return measured(True, "/var/lib/dpkg/status", rebuilt)
    return measured(False, place or _MARKS[0], "" if place else "no kernel is installed below the root")


def _newest_kernel(root: Root, running: str) -> tuple[str, str]:
    """(release, path) of the newest installed kernel of the running one's flavour."""
    found = {name.removeprefix("vmlinuz-"): f"/boot/{name}" for name in _images(root)}
    for name in root.names_or_none("/lib/modules"):
        # Without its modules.dep a folder is only what a removed kernel left behind.
        if name not in found and root.exists(f"/lib/modules/{name}/modules.dep"):
            found[name] = f"/lib/modules/{name}"
    alike = [name for name in found if name[:1].isdigit() and flavour(name) == flavour(running)]
    newest = max(alike, key=DebianVersion, default="")
    return clean(newest), clean(found.get(newest, ""))


def _images(root: Root) -> list[str]:
    return [name for name in root.names_or_none("/boot") if name.startswith("vmlinuz-")]


def flavour(release: str) -> str:
    """`6.8.0-48-generic` -> `-generic`: kernels of different flavours don't follow one another."""
    match = _FLAVOUR.search(release)
    return match[1] if match else ""


def _rebuilt(kernel: Kernel, packages: Field[tuple[Package, ...]]) -> str:
    """The running kernel's package was upgraded under the same release: its version in words, else `""`."""
    build = _DEBIAN_BUILD.search(f"{kernel.version} ")
    if build is None or not isinstance(packages, Set):
        return ""
    for package in packages.value:
        if package.name == f"linux-image-{kernel.release}" and DebianVersion(build[1]) < DebianVersion(package.version):
            return f"{package.name} {package.version}, running {build[1]}"
    return ""
