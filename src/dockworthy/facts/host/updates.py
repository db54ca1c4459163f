"""Unattended upgrades: is there a program that installs updates by itself, and is it switched on?"""

from __future__ import annotations

import configparser
from datetime import UTC, datetime

from ...model.field import Field, Source, Unknown, Unset
from ...model.host import AutomaticUpdates
from .apt_conf import Settings, read_apt_conf
from .reading import written
from .root import Root
from .units import unit_is_enabled

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
