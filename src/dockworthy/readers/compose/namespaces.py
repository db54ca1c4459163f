"""`network_mode`, `pid`, `ipc`, `uts`, `cgroup`, `userns_mode`, `networks`."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import Namespaces
from .entry import Entry, listed_as_mapping
from .fields import by_default, field_of
from .scope import Scope

Services = Mapping[str, Entry]
_MOST_SHARING = 100
"""Services in a row, each in a namespace of the next: followed no further, for each of them follows all behind it."""


def read_namespaces(service: Entry, services: Services, scope: Scope, silent: Unset) -> Namespaces:
    return Namespaces(
        network=_network(service, services, scope, silent),
        pid=_mode(service, "pid", services),
        ipc=_mode(service, "ipc", services),
        uts=_mode(service, "uts", services),
        cgroup=_mode(service, "cgroup", services),
        user=_user(service, silent),
    )


def read_networks(service: Entry, scope: Scope) -> Field[tuple[str, ...]]:
    """The engine's names. A service that names none is on the project's own network, `default`."""
    nowhere = Unset(service.key)
    if service.get("network_mode") is not None:
        return nowhere
    written = service.get("networks")
    if written is None:
        own = scope.declared("networks", "default")
        return Set((scope.network_name("default"),), service.key if own is None else own.source)
    gap = next((gap for name in listed_as_mapping(written).mapping() if (gap := scope.gap_of_network(name))), None)
    return gap or field_of(written, nowhere, lambda entry: _names(entry, scope))


def _names(networks: Entry, scope: Scope) -> tuple[str, ...]:
    """The highest `priority` first, then by name: the first is the one that Compose creates the container in."""
    listed = listed_as_mapping(networks).mapping()
    return tuple(scope.network_name(name) for name in sorted(listed, key=lambda name: (-_priority(listed[name]), name)))


def _priority(network: Entry) -> int:
    written = network.get("priority") if network.is_mapping else None
    return 0 if written is None else written.integer()


def _network(service: Entry, services: Services, scope: Scope, silent: Unset) -> Field[str]:
    if service.get("network_mode") is not None:
        return _mode(service, "network_mode", services)
    joined = read_networks(service, scope)
    if not isinstance(joined, Set):
        return joined
    own = {"host": "host", "bridge": "bridge"}
    name = next((own[name] for name in joined.value if name in own), joined.value[0] if joined.value else "default")
    return Set(name, joined.source)


def _mode(service: Entry, key: str, services: Services) -> Field[str]:
    """`service:NAME` is what that service has: the host's, where it shares the host's."""
    written = service.get(key)
    if written is None:
        return by_default("private", key)
    field = field_of(written, Unset(service.key), Entry.text)
    if not isinstance(field, Set):
        return field
    joined, seen = field.value, {""}
    while joined.startswith("service:"):
        name = joined.removeprefix("service:")
        other = services[name].get(key) if name in services and name not in seen else None
        seen.add(name)
        if other is not None and other.gap is not None:
            return other.gap
        if len(seen) > _MOST_SHARING:
            return Unknown(f"more than {_MOST_SHARING} services share it, one from the next", source=written.source)
        if other is None:
            return Set(f"container:{name}", field.source, field.origin)
        joined = other.text()
    names = {"": "private", "default": "bridge" if key == "network_mode" else "private"}
    return Set(names.get(joined, joined), field.source, field.origin)


def _user(service: Entry, silent: Unset) -> Field[str]:
    written = service.get("userns_mode")
    if written is None:
        return by_default("host", "userns-remap")
    return field_of(written, silent, Entry.text)
