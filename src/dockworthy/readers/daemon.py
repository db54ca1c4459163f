"""The engine and its effective settings: what runs, over what is written, over what the engine does by default."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from ..model.engine import Engine
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.host import Host
from ..model.snapshot import EngineFacts
from .daemon_defaults import parse_version
from .daemon_pending import pending_settings
from .daemon_refused import KNOWN_SETTINGS, refused_settings
from .daemon_running import running_settings
from .daemon_written import Written, written_settings

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


def _settings(written: Written, running: dict[str, Set[Any]], pending: dict[str, Set[Any]]) -> dict[str, Setting]:
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


__all__ = ["read_engine"]
