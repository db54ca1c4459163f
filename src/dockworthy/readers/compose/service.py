"""A service, with all that it inherits, as a unit."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import structs

from ...model.dialect import Dialect, Platform, Version
from ...model.field import Field, Set, Source, Unknown, Unset
from ...model.hidden import is_hidden
from ...model.workload import Annotation, Container, Device, Role, SecurityContext, Sysctl, Unit
from ..engine_words import capability_names
from .build_grants import gap_of_build_grants, read_build_grants
from .entry import Entry, listed_as_mapping
from .environment import labels_of_files, read_environment
from .fields import field_of
from .hooks import with_hooks
from .limits import read_limits
from .mounts import drives_in, gaps_of_volumes, read_mounts
from .namespaces import Services, read_namespaces, read_networks
from .operation import (
    read_command,
    read_health,
    read_image,
    read_logging,
    read_restart,
    read_update,
    read_user,
)
from .ports import read_ports
from .scope import Scope
from .security import Security

DIALECT = Dialect(Platform.DOCKER, Version(1, 45), frozenset({"seccomp", "apparmor"}))
"""A file does not know its engine: what one of this API version does by default."""

_SPOKEN_OF: Final = {"userns_mode": "userns"}
"""Key -> feature of an engine: who writes the key means an engine that has it, and is judged as if it had."""

_TEXTS: Final = ("labels", "annotations")
_MAY_BE_UNCLEAR = {
    "mounts": ("volumes", "tmpfs", "volumes_from", "secrets", "configs"),
    "ports": ("ports", "expose"),
    "devices": ("devices",),
}


def read_service(name: str, service: Entry, services: Services, scope: Scope) -> Unit:
    silent = Unset(service.key)
    labels, unclear = labels_of_files(service, scope)
    for key in _TEXTS:
        of_key = {f"{key}.{name}": value.gap for name, value in _entries(service, key).items()}
        unclear |= {part: gap for part, gap in of_key.items() if gap is not None}
    container = _container(name, service, scope, silent)
    containers = with_hooks(container, service, lambda step, entry: _container(step, entry, scope, Unset(entry.key)))
    return Unit(
        id=f"{service.key.where}#{name}",
        kind="service",
        name=name,
        dialect=_dialect(service, container),
        source=service.key,
        containers=containers,
        os=field_of(service.get("platform") if service.word("platform") else None, silent, _operating_system),
        namespaces=read_namespaces(service, services, scope, silent),
        sysctls=field_of(_mapping(service, "sysctls"), silent, _sysctls),
        labels={**labels, **_texts(service, "labels")},
        annotations={
            key: Annotation(value.text(), value.source) for key, value in _entries(service, "annotations").items()
        },
        networks=read_networks(service, scope),
        replicas=field_of(service.at("deploy", "replicas") or service.get("scale"), silent, Entry.integer),
        update=read_update(service, silent),
        unclear=unclear,
        notes=tuple(drives_in(service)),
    )


def _dialect(service: Entry, container: Container) -> Dialect:
    spoken_of = {feature for key, feature in _SPOKEN_OF.items() if service.get(key) is not None}
    if isinstance(container.context.selinux, Set):
        spoken_of.add("selinux")
    return structs.replace(DIALECT, gates=DIALECT.gates | spoken_of)


def _container(name: str, service: Entry, scope: Scope, silent: Unset) -> Container:
    security = Security(service, silent)
    environment = read_environment(service, scope)
    unclear = _unclear(service, scope)
    if environment.gap is not None:
        unclear["environment"] = environment.gap
    return Container(
        name=name,
        role=Role.MAIN,
        source=service.key,
        image=read_image(service, silent),
        context=SecurityContext(
            user=read_user(service, silent),
            run_as_non_root=silent,
            seccomp=security.seccomp(),
            apparmor=security.apparmor(),
            selinux=security.selinux(),
            windows_host_process=silent,
        ),
        privileged=field_of(service.get("privileged"), silent, Entry.boolean),
        allow_privilege_escalation=security.allow_privilege_escalation(),
        capabilities_add=field_of(service.get("cap_add"), silent, _capabilities),
        capabilities_drop=field_of(service.get("cap_drop"), silent, _capabilities),
        read_only_root=field_of(service.get("read_only"), silent, Entry.boolean),
        proc_mount=security.proc_mount(),
        runtime=field_of(service.get("runtime"), silent, Entry.text),
        init=field_of(service.get("init"), silent, Entry.boolean),
        command=read_command(service, silent),
        environment=environment.field,
        environment_lines=environment.lines,
        mounts=read_mounts(service, scope),
        devices=tuple(_device(item) for item in _items(service, "devices") if item.gap is None),
        device_rules=field_of(service.get("device_cgroup_rules"), silent, Entry.texts),
        ports=read_ports(service, scope),
        limits=read_limits(service, silent),
        health=read_health(service, silent),
        logging=read_logging(service),
        restart=read_restart(service, silent),
        cgroup_parent=field_of(service.get("cgroup_parent"), silent, Entry.text),
        secrets=_secrets(service),
        links=silent,
        is_built=service.get("build") is not None,
        build_grants=read_build_grants(service),
        unclear=unclear,
    )


def _unclear(service: Entry, scope: Scope) -> dict[str, Unknown]:
    """What of a list could not be told, because a variable is missing in it, or in a volume that it names."""
    found = {}
    for part, keys in _MAY_BE_UNCLEAR.items():
        gaps = [value.gap for key in keys if (value := service.get(key)) is not None and value.gap is not None]
        if part == "mounts":
            gaps += gaps_of_volumes(service, scope)
        if gaps:
            found[part] = _all_of(list(dict.fromkeys(gaps)))
    of_build = gap_of_build_grants(service)
    return found if of_build is None else {**found, "build_grants": of_build}


def _all_of(gaps: list[Unknown]) -> Unknown:
    """The first gap, with the reasons of them all: what is hidden comes first, so that no other gap covers it."""
    reasons = Counter(gap.reason for gap in sorted(gaps, key=lambda gap: not is_hidden(gap.reason)))
    says = "; ".join(f"{reason} ({number} times)" if number > 1 else reason for reason, number in reasons.items())
    return structs.replace(next(gap for gap in gaps if gap.reason == next(iter(reasons))), reason=says)


def _operating_system(platform: Entry) -> str:
    """`windows(10.0.17763)/amd64`; what names only an architecture is for Linux."""
    return "windows" if platform.text().lower().startswith("windows") else "linux"


def _items(service: Entry, key: str) -> list[Entry]:
    found = service.get(key)
    return [] if found is None else found.items()


def _mapping(service: Entry, key: str) -> Entry | None:
    found = service.get(key)
    return None if found is None else listed_as_mapping(found)


def _entries(service: Entry, key: str) -> dict[str, Entry]:
    found = _mapping(service, key)
    return {} if found is None else {name: value for name, value in found.mapping().items() if not value.is_null}


def _texts(service: Entry, key: str) -> dict[str, str]:
    return {name: value.text() for name, value in _entries(service, key).items()}


def _capabilities(entry: Entry) -> tuple[str, ...]:
    return capability_names(entry.texts())


def _sysctls(entry: Entry) -> tuple[Sysctl, ...]:
    """By name, as Compose hands them on."""
    return tuple(
        Sysctl(name, value.text(), value.source) for name, value in sorted(entry.mapping().items()) if value.content
    )


def _device(item: Entry) -> Device:
    """`HOST[:TARGET[:rwm]]`, or the same as a mapping; a name like `vendor.com/gpu=all` is the runtime's own."""
    if item.is_mapping:
        host = item.word("source")
        return Device(host, item.word("target") or host, item.word("permissions") or "rwm", item.source)
    host, *others = item.text().split(":")
    target = next((part for part in others if part.startswith("/")), host)
    permissions = next((part for part in others if part and not part.startswith("/")), "rwm")
    return Device(host, target, permissions, item.source)


def _secrets(service: Entry) -> Field[tuple[str, ...]]:
    def names(entry: Entry) -> tuple[str, ...]:
        return tuple(item.word("source") if item.is_mapping else item.text() for item in entry.items())

    nobody_wrote = Source(service.key.where, f"{service.key.path}.secrets", service.key.line)
    listed = service.get("secrets")
    return Set((), nobody_wrote) if listed is None else field_of(listed, Unset(nobody_wrote), names)
