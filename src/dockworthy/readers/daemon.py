"""The engine and its effective settings: what runs, over what is written, over what the engine does by default."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from msgspec import structs

from ..model.dialect import Version
from ..model.engine import NOT_IN_A_SWARM, STANDS_TWICE, Engine
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.finding import Evidence
from ..model.host import Host
from ..model.snapshot import EngineFacts
from .daemon_running import UNSUPPORTED, running_settings
from .daemon_written import DEFAULT_FILE, DEFAULTS, DEPENDENT, SWITCHES, WrittenDaemon, parse_version, written_settings

Setting = Set[Any] | Unset | Unknown
_OUTSIDE_A_SWARM = ("inactive", "")


def read_engine(facts: EngineFacts, host: Host) -> Engine:
    """The engine of `host`, as its API, its command line and its daemon.json describe it.

    Settings the API shows are MEASURED: they are what runs. Where daemon.json says otherwise, `pending` has that.
    """
    version = _text(facts, "Version", "ServerVersion")
    number = parse_version(version.value) if isinstance(version, Set) else None
    written = written_settings(host, number, answers=isinstance(facts.info, Set))
    running = running_settings(facts, number)
    pending = pending_settings(written, running)
    in_swarm = _in_swarm(facts)
    return Engine(
        endpoint=facts.endpoint,
        version=version,
        api_version=_text(facts, "ApiVersion"),
        info=facts.info,
        version_details=facts.version,
        settings=_settings(written, running, pending),
        settings_seen=written.seen,
        pending=pending,
        refused=refused_settings(written, in_swarm=isinstance(in_swarm, Set) and in_swarm.value),
        plugins=facts.plugins,
        disk_usage=facts.disk_usage,
        in_swarm=in_swarm,
    )


def _settings(written: WrittenDaemon, running: dict[str, Set[Any]], pending: dict[str, Set[Any]]) -> dict[str, Setting]:
    names = (written.names() | KNOWN_SETTINGS) - running.keys()
    settings: dict[str, Setting] = {name: written.setting(name) for name in sorted(names)}
    for name, runs in running.items():
        wanted = pending.get(name)
        via = wanted.source if wanted is not None else None
        settings[name] = structs.replace(runs, source=structs.replace(runs.source, via=via))
    return settings


def _text(facts: EngineFacts, key: str, info_key: str = "") -> Field[str]:
    """A field of GET /version, or of GET /info where that one could not be read."""
    for field, where, path in ((facts.version, "GET /version", key), (facts.info, "GET /info", info_key)):
        value = field.value.get(path) if isinstance(field, Set) and path else None
        if isinstance(value, str) and value:
            return Set(value, Source(where, path), Origin.MEASURED)
    if isinstance(facts.version, Set):
        return Unset(Source("GET /version", key))
    return facts.version


def _in_swarm(facts: EngineFacts) -> Field[bool]:
    """GET /info says the node's own state, which `locked` and `error` nodes have too."""
    if not isinstance(facts.info, Set):
        return facts.info
    swarm = facts.info.value.get("Swarm")
    state = swarm.get("LocalNodeState") if isinstance(swarm, dict) else None
    source = Source("GET /info", "Swarm.LocalNodeState")
    if not isinstance(state, str):
        return Unknown("the engine did not say whether it is in a swarm", source=source)
    return Set(state not in _OUTSIDE_A_SWARM, source, Origin.MEASURED)


def pending_settings(written: WrittenDaemon, running: Mapping[str, Set[Any]]) -> dict[str, Set[Any]]:
    """Setting -> what is written, for each that the engine would start with another value than it runs with now."""
    pending = {}
    for name in _COMPARABLE.keys() & running.keys():
        wanted, runs = _wanted(written, name), running[name].value
        # What the kernel can't do, no restart brings.
        if wanted is not None and runs != UNSUPPORTED and _differ(name, wanted.value, runs):
            pending[name] = wanted
    return pending


def _wanted(written: WrittenDaemon, name: str) -> Set[Any] | None:
    """The written value; for a setting that is off until written, off. None where it can't be told."""
    setting = written.setting(name)
    if isinstance(setting, Set):
        return setting
    seen = written.seen
    if isinstance(seen, Set) and name in _ABSENT:
        return Set(_ABSENT[name], setting.source or seen.source, Origin.PLATFORM)
    return None


def _differ(name: str, wanted: Any, runs: Any) -> bool:
    same = _COMPARABLE[name]
    try:
        return bool(same(wanted) != same(runs))
    except (TypeError, ValueError, AttributeError, KeyError):
        return False  # of the wrong kind, or without a part: the engine refuses it, which is told elsewhere


def _as_it_is(value: Any) -> Any:
    return value


def _profile(value: Any) -> Any:
    return "builtin" if value in ("", "default", "builtin") else value


def _registries(value: Any) -> frozenset[str]:
    return frozenset(_network(str(entry)) for entry in value)


def _network(entry: str) -> str:
    """The engine names a network by its first address, and takes a lone address for a host."""
    if "/" not in entry:
        return entry
    try:
        return str(ipaddress.ip_network(entry, strict=False))
    except ValueError:
        return entry


def _mirrors(value: Any) -> list[str]:
    return [str(entry).rstrip("/") for entry in value]


def _pools(value: Any) -> list[tuple[Any, Any]]:
    return [(_network(str(pool["base"])), pool["size"]) for pool in value if pool]


_COMPARABLE: dict[str, Callable[[Any], Any]] = {
    "authorization-plugins": list,
    "debug": _as_it_is,
    "default-address-pools": _pools,
    "default-runtime": _as_it_is,
    "experimental": _as_it_is,
    "icc": _as_it_is,
    "insecure-registries": _registries,
    "ip-masq": _as_it_is,
    "live-restore": _as_it_is,
    "log-driver": _as_it_is,
    "no-new-privileges": _as_it_is,
    "registry-mirrors": _mirrors,
    "seccomp-profile": _profile,
    "storage-driver": _as_it_is,
    "userns-remap": bool,
}
"""Settings that the API tells in a form comparable with what is written, and that form.

Left out: data-root (links, and user namespaces, change its path) and selinux-enabled (void without the kernel's part).
"""
_ABSENT: dict[str, Any] = {
    "authorization-plugins": [],
    "insecure-registries": [],
    "registry-mirrors": [],
    "userns-remap": "",
}


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


def refused_settings(written: WrittenDaemon, *, in_swarm: bool) -> dict[str, Evidence]:
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


def _is_on(written: WrittenDaemon, name: str) -> bool:
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
