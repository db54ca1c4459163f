"""Settings with which the engine would not start again. It checks daemon.json strictly, but only when it starts."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from ..model.dialect import Version
from ..model.engine import NOT_IN_A_SWARM, STANDS_TWICE
from ..model.field import Set, Source, Unknown
from ..model.finding import Evidence
from .daemon_defaults import DEFAULTS, DEPENDENT
from .daemon_flags import SWITCHES
from .daemon_written import DEFAULT_FILE, Written

_ALLOWED_TWICE = frozenset({"runtimes"})
_LISTS = frozenset(
    "authorization-plugins cdi-spec-dirs default-address-pools dns dns-opts dns-search exec-opts hosts "
    "insecure-registries labels node-generic-resources registry-mirrors storage-opts".split()
)
_MAPS = frozenset("builder default-network-opts default-ulimits features log-opts proxies runtimes".split())
_TEXTS = frozenset(
    "api-cors-header bip bip6 bridge cgroup-parent config-file containerd containerd-namespace "
    "containerd-plugins-namespace cpu-rt-period cpu-rt-runtime default-gateway default-gateway-v6 default-shm-size "
    "firewall-backend fixed-cidr fixed-cidr-v6 host-gateway-ip host-gateway-ips http-proxy https-proxy init-path "
    "log-format max-download-attempts metrics-addr min-api-version mtu network-control-plane-mtu "
    "network-diagnostic-port no-proxy pidfile seccomp-profile storage-driver swarm-default-advertise-addr tlscacert "
    "tlscert tlskey userland-proxy-path userns-remap allow-nondistributable-artifacts deprecated-key-path".split()
)
KNOWN_SETTINGS = frozenset({*DEFAULTS, *DEPENDENT, *_LISTS, *_MAPS, *_TEXTS, *SWITCHES})
_REMOVED_IN_23 = ("cluster-advertise", "cluster-store", "cluster-store-opts", "graph")


def refused_settings(written: Written, *, in_swarm: bool) -> dict[str, Evidence]:
    """Setting -> why the engine would refuse it, and where it stands."""
    file = written.file.value if isinstance(written.file, Set) else {}
    flags = written.flags.value if isinstance(written.flags, Set) else {}
    why = {name: fault for name, value in file.items() if (fault := _fault(name, value, written.engine_version))}
    for name in file.keys() & flags.keys() - _ALLOWED_TWICE:
        why[name] = STANDS_TWICE
    if in_swarm and _is_on(written, "live-restore"):
        why["live-restore"] = NOT_IN_A_SWARM
    if isinstance(written.file, Unknown) and "isn't JSON" in written.file.reason:
        # The reader of facts says so of a file that it could read and not parse; the engine can't parse it either.
        why["daemon.json"] = written.file.reason
    place = (written.file.source or DEFAULT_FILE).where
    return {name: Evidence(f"{name}: {says}", Source(place, name)) for name, says in why.items()}


def _is_on(written: Written, name: str) -> bool:
    setting = written.setting(name)
    return isinstance(setting, Set) and setting.value is True


def _fault(name: str, value: Any, version: Version | None) -> str:
    if name in SWITCHES:
        return "" if isinstance(value, bool) else f"it is {value!r}, where true or false is asked"
    if name in _LISTS:
        return "" if value is None or isinstance(value, list) else "it is no list"
    if name in _MAPS:
        return "" if value is None or isinstance(value, dict) else "it is no map"
    if name in _REMOVED_IN_23:
        return "engines since 23.0 do not know it" if version is not None and version >= Version(23, 0) else ""
    if name in KNOWN_SETTINGS:
        return ""
    # A name that is merely unknown here may be a newer engine's; one letter off a known name is a slip.
    near = get_close_matches(name, KNOWN_SETTINGS, n=1, cutoff=0.85)
    return f"no setting has this name ({near[0]} does)" if near else ""


__all__ = ["KNOWN_SETTINGS", "refused_settings"]
