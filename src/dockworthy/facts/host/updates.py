"""Updates that install themselves: is a program there and switched on, and does the machine wait for a restart?

apt.conf(5): `A::B "x";` and `A { B "x"; };`, with comments. Later files and lines win; lists add up.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from ...model.field import Field, Set, Source, Unknown, Unset
from ...model.host import AutomaticUpdates, Kernel, Package
from .packages import DebianVersion
from .reading import measured, written
from .root import Root, clean
from .units import unit_is_enabled

_TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|\#[^\n]*|"(?P<quoted>[^"\n]*)"|(?P<mark>[{};])|(?P<word>[^\s{};"]+)""", re.DOTALL
)

Settings = dict[str, list[str]]
"""Lower-case full name (`apt::periodic::unattended-upgrade`) -> its values, in order."""


def read_apt_conf(root: Root) -> Settings:
    """All of apt's settings. Raises OSError where a file is there and can't be read."""
    settings: Settings = {}
    folder = "/etc/apt/apt.conf.d"
    fragments = [f"{folder}/{name}" for name in root.names_or_none(folder) if _counts(name)]
    for path in [*fragments, "/etc/apt/apt.conf"]:
        try:
            text = root.read(path)
        except FileNotFoundError:
            continue
        for name, value in parse_apt_conf(text):
            settings.setdefault(name, []).append(value)
    return settings


def parse_apt_conf(text: str) -> Iterator[tuple[str, str]]:
    """(full name in lower case, value) of each setting; an item of a list has the list's name."""
    scopes: list[str] = []
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        if token["mark"] == "{":
            scopes.append(words[0] if words else "")
            words = []
        elif token["mark"]:
            yield from _setting(scopes, words)
            words = []
            if token["mark"] == "}" and scopes:
                scopes.pop()
        elif token["quoted"] is not None or token["word"] is not None:
            words.append(token["quoted"] if token["quoted"] is not None else token["word"])


def _setting(scopes: list[str], words: list[str]) -> Iterator[tuple[str, str]]:
    if not words:
        return
    names = [*scopes, words[0]] if len(words) > 1 else scopes
    full = "::".join(name.strip(":") for name in names if name.strip(":"))
    yield full.lower(), words[-1]


def _counts(name: str) -> bool:
    """apt reads files without an ending or with .conf, and skips what editors and dpkg leave behind."""
    return re.fullmatch(r"[A-Za-z0-9_-]+(\.conf)?", name) is not None


_OFF = ("", "0", "false", "no", "off", "disable", "never")
_DNF = "/etc/dnf/automatic.conf"
_DNF_TIMERS = ("dnf-automatic.timer", "dnf5-automatic.timer")


def read_automatic_updates(root: Root) -> Field[AutomaticUpdates]:
    """unattended-upgrades of apt or dnf-automatic; Unset where neither is installed."""
    if root.exists("/usr/bin/unattended-upgrade") or root.exists("/usr/bin/unattended-upgrades"):
        return _apt(root, "unattended-upgrades")
    if root.exists(_DNF) or unit_is_enabled(root, *_DNF_TIMERS, "dnf-automatic-install.timer"):
        return _dnf(root)
    if root.exists("/etc/apt"):
        read = _package_lists_read(root)
        if read:
            return written(AutomaticUpdates("", False, (), read), "/etc/apt/apt.conf.d", "no unattended-upgrades")
    elif not root.exists("/etc"):
        return Unknown("whether updates install themselves can't be told: there is no /etc below the root")
    return Unset(Source("/etc/apt/apt.conf.d"))


def _apt(root: Root, program: str) -> Field[AutomaticUpdates]:
    settings = read_apt_conf(root)
    timers_run = root.identity("/etc/systemd/system/apt-daily-upgrade.timer") != "/dev/null"
    switched_on = _last(settings, "apt::periodic::enable", "1") and _last(settings, "apt::periodic::unattended-upgrade")
    origins = settings.get("unattended-upgrade::allowed-origins", []) + settings.get(
        "unattended-upgrade::origins-pattern", []
    )
    updates = AutomaticUpdates(program, switched_on and timers_run, tuple(origins), _package_lists_read(root))
    return written(updates, "/etc/apt/apt.conf.d", "APT::Periodic::Unattended-Upgrade")


def _last(settings: Settings, name: str, default: str = "0") -> bool:
    return settings.get(name, [default])[-1].lower() not in _OFF


def _dnf(root: Root) -> Field[AutomaticUpdates]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(root.read(_DNF))
    except FileNotFoundError:
        pass
    except configparser.Error as error:
        return Unknown(f"{_DNF} can't be understood: {error.message.splitlines()[0]}", source=Source(_DNF))
    applies = parser.get("commands", "apply_updates", fallback="no").lower() in ("yes", "true", "1", "on")
    enabled = unit_is_enabled(root, "dnf-automatic-install.timer") or (applies and unit_is_enabled(root, *_DNF_TIMERS))
    origins = (parser.get("commands", "upgrade_type", fallback="default"),)
    return written(AutomaticUpdates("dnf-automatic", enabled, origins), _DNF, "apply_updates")


def _package_lists_read(root: Root) -> str:
    """When apt last asked for its lists (RFC 3339). The lists themselves bear the archive's time, not ours."""
    times = []
    for path in ("/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists", "/var/lib/apt/lists/partial"):
        try:
            times.append(root.stat(path).st_mtime)
        except OSError:
            continue
    if not times or not any("_Packages" in name for name in root.names_or_none("/var/lib/apt/lists")):
        return ""
    return datetime.fromtimestamp(max(times), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
