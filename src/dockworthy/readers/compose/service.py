"""A service, with all that it inherits, as a unit."""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property, reduce
from typing import Final

from msgspec import structs

from ...errors import UnreadableInput
from ...input_files import exists, read_input, refusal
from ...model.build import is_dockers_frontend
from ...model.call_filter import CallFilter
from ...model.dialect import Dialect, Platform, Version
from ...model.field import Field, Set, Source, Unknown, Unset
from ...model.hidden import is_hidden
from ...model.image_names import in_short, repository_of
from ...model.knowledge.base_images import OFFICIAL
from ...model.network_names import joins_another
from ...model.workload import (
    Annotation,
    BuildGrant,
    Container,
    ContainerRole,
    Device,
    DeviceRequest,
    Namespaces,
    Port,
    Profile,
    SecurityContext,
    SecurityOption,
    SELinux,
    Sysctl,
    Unit,
)
from ..engine_words import capability_names
from ..seccomp_profile import MOST_BYTES, both, read_profile
from ..security_options import is_known
from .entry import ComposeEntry, by_default, field_of, listed_as_mapping, origin_of
from .environment import labels_of_files, read_environment
from .mounts import MountScope, drives_in, gaps_of_volumes, read_mounts
from .networks import gap_of_network_uses, read_network_uses, read_networks
from .operation import (
    read_command,
    read_health,
    read_image,
    read_limits,
    read_logging,
    read_restart,
    read_update,
    read_user,
    with_hooks,
)
from .taken_files import gap_of_taken_files, read_taken_files

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


def read_service(name: str, service: ComposeEntry, services: Services, scope: MountScope) -> Unit:
    silent = Unset(service.key)
    labels, unclear = labels_of_files(service, scope)
    for key in _TEXTS:
        of_key = {f"{key}.{name}": value.gap for name, value in _entries(service, key).items()}
        unclear |= {part: gap for part, gap in of_key.items() if gap is not None}
    if (unseen := gap_of_network_uses(service, scope)) is not None:
        unclear["network_uses"] = unseen
    container = _container(name, service, scope, silent)
    gap = gap_of_namespaces(service, services)
    if gap is not None:
        container = structs.replace(container, unclear={**container.unclear, "namespaces": gap})
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
        network_uses=read_network_uses(service, scope),
        replicas=field_of(service.at("deploy", "replicas") or service.get("scale"), silent, ComposeEntry.integer),
        update=read_update(service, silent),
        unclear=unclear,
        notes=tuple(drives_in(service)),
    )


def _dialect(service: ComposeEntry, container: Container) -> Dialect:
    spoken_of = {feature for key, feature in _SPOKEN_OF.items() if service.get(key) is not None}
    if isinstance(container.context.selinux, Set):
        spoken_of.add("selinux")
    return structs.replace(DIALECT, gates=DIALECT.gates | spoken_of)


def _container(name: str, service: ComposeEntry, scope: MountScope, silent: Unset) -> Container:
    security = ServiceSecurity(service, silent, scope)
    environment = read_environment(service, scope)
    unclear = _unclear(service, scope)
    if environment.gap is not None:
        unclear["environment"] = environment.gap
    return Container(
        name=name,
        role=ContainerRole.MAIN,
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
        privileged=field_of(service.get("privileged"), silent, ComposeEntry.boolean),
        allow_privilege_escalation=security.allow_privilege_escalation(),
        capabilities_add=field_of(service.get("cap_add"), silent, _capabilities),
        capabilities_drop=field_of(service.get("cap_drop"), silent, _capabilities),
        read_only_root=field_of(service.get("read_only"), silent, ComposeEntry.boolean),
        proc_mount=security.proc_mount(),
        runtime=field_of(service.get("runtime"), silent, ComposeEntry.text),
        init=field_of(service.get("init"), silent, ComposeEntry.boolean),
        command=read_command(service, silent),
        environment=environment.field,
        environment_lines=environment.lines,
        mounts=read_mounts(service, scope),
        devices=tuple(_device(item) for item in _items(service, "devices") if item.gap is None),
        device_requests=read_device_requests(service),
        device_rules=field_of(service.get("device_cgroup_rules"), silent, ComposeEntry.texts),
        ports=read_ports(service, scope),
        limits=read_limits(service, silent),
        health=read_health(service, silent),
        logging=read_logging(service),
        restart=read_restart(service, silent),
        cgroup_parent=field_of(service.get("cgroup_parent"), silent, ComposeEntry.text),
        secrets=_secrets(service),
        links=silent,
        is_built=service.get("build") is not None,
        build_grants=read_build_grants(service),
        taken_files=read_taken_files(service, scope),
        unknown_options=read_unknown_options(service),
        unclear=unclear,
    )


def _unclear(service: ComposeEntry, scope: MountScope) -> dict[str, Unknown]:
    """What of a list could not be told, because a variable is missing in it, or in a volume that it names."""
    found = {}
    for part, keys in _MAY_BE_UNCLEAR.items():
        gaps = [value.gap for key in keys if (value := service.get(key)) is not None and value.gap is not None]
        if part == "mounts":
            gaps += gaps_of_volumes(service, scope)
        if gaps:
            found[part] = _all_of(list(dict.fromkeys(gaps)))
    apart = {
        "build_grants": gap_of_build_grants(service),
        "security_options": gap_of_options(service),
        "taken_files": gap_of_taken_files(service, scope),
    }
    return found | {part: gap for part, gap in apart.items() if gap is not None}


def _all_of(gaps: list[Unknown]) -> Unknown:
    """The first gap, with the reasons of them all: what is hidden comes first, so that no other gap covers it."""
    reasons = Counter(gap.reason for gap in sorted(gaps, key=lambda gap: not is_hidden(gap.reason)))
    says = "; ".join(f"{reason} ({number} times)" if number > 1 else reason for reason, number in reasons.items())
    return structs.replace(next(gap for gap in gaps if gap.reason == next(iter(reasons))), reason=says)


def _operating_system(platform: ComposeEntry) -> str:
    """`windows(10.0.17763)/amd64`; what names only an architecture is for Linux."""
    return "windows" if platform.text().lower().startswith("windows") else "linux"


def _items(service: ComposeEntry, key: str) -> list[ComposeEntry]:
    found = service.get(key)
    return [] if found is None else found.items()


def _mapping(service: ComposeEntry, key: str) -> ComposeEntry | None:
    found = service.get(key)
    return None if found is None else listed_as_mapping(found)


def _entries(service: ComposeEntry, key: str) -> dict[str, ComposeEntry]:
    found = _mapping(service, key)
    return {} if found is None else {name: value for name, value in found.mapping().items() if not value.is_null}


def _texts(service: ComposeEntry, key: str) -> dict[str, str]:
    return {name: value.text() for name, value in _entries(service, key).items()}


def _capabilities(entry: ComposeEntry) -> tuple[str, ...]:
    return capability_names(entry.texts())


def _sysctls(entry: ComposeEntry) -> tuple[Sysctl, ...]:
    """By name, as Compose hands them on."""
    return tuple(
        Sysctl(name, value.text(), value.source) for name, value in sorted(entry.mapping().items()) if value.content
    )


def _device(item: ComposeEntry) -> Device:
    """`HOST[:TARGET[:rwm]]`, or the same as a mapping; a name like `vendor.com/gpu=all` is the runtime's own."""
    if item.is_mapping:
        host = item.word("source")
        return Device(host, item.word("target") or host, item.word("permissions") or "rwm", item.source)
    host, *others = item.text().split(":")
    target = next((part for part in others if part.startswith("/")), host)
    permissions = next((part for part in others if part and not part.startswith("/")), "rwm")
    return Device(host, target, permissions, item.source)


def read_device_requests(service: ComposeEntry) -> tuple[DeviceRequest, ...]:
    """`gpus: all`, `gpus: [{driver: nvidia}]`, `deploy.resources.reservations.devices`: each is a device, also where a
    variable in it has no value."""
    found = []
    for where in (("gpus",), ("deploy", "resources", "reservations", "devices")):
        written = service.at(*where)
        for entry in () if written is None else written.one_or_many():
            named = entry.get("driver") if entry.is_mapping else None
            driver = named.text() if named is not None and named.gap is None else ""
            asked = (driver or "gpu") if entry.is_mapping else entry.text()
            found.append(DeviceRequest(driver, f"{'.'.join(where)}: {asked}", entry.source))
    return tuple(found)


def _secrets(service: ComposeEntry) -> Field[tuple[str, ...]]:
    def names(entry: ComposeEntry) -> tuple[str, ...]:
        return tuple(item.word("source") if item.is_mapping else item.text() for item in entry.items())

    nobody_wrote = Source(service.key.where, f"{service.key.path}.secrets", service.key.line)
    listed = service.get("secrets")
    return Set((), nobody_wrote) if listed is None else field_of(listed, Unset(nobody_wrote), names)


class ServiceSecurity:
    """What a service's security options say, and what the engine does where they are silent."""

    def __init__(self, service: ComposeEntry, silent: Unset, scope: MountScope) -> None:
        self._silent = silent
        self._scope = scope
        self._listed = service.get("security_opt")
        self._options = [_parted(item) for item in self._listed.items()] if self._listed is not None else []
        privileged = service.get("privileged")
        self._privileged_gap = None if privileged is None else privileged.gap
        is_on = privileged is not None and privileged.gap is None and privileged.boolean()
        self._privileged = privileged if is_on else None

    @property
    def _gap(self) -> Unknown | None:
        return None if self._listed is None else self._listed.gap

    def _last(self, *names: str) -> tuple[str, ComposeEntry] | None:
        found = [(value, at) for name, value, at in self._options if name in names]
        return found[-1] if found else None

    def seccomp(self) -> Field[Profile]:
        written = self._last("seccomp")
        kinds = {"unconfined": "Unconfined", "builtin": "RuntimeDefault"}
        if written is not None and written[0] == "builtin":
            places = _places(*written, self._scope)
            if any(refusal(path) or exists(path) for path in places):
                del kinds["builtin"]  # Compose takes it for the name of a file, as every other word
        field = self._profile("seccomp", kinds)
        if written is None or not isinstance(field, Set) or field.value.type != "Localhost":
            return field
        return structs.replace(field, value=structs.replace(field.value, calls=_calls(*written, self._scope)))

    def apparmor(self) -> Field[Profile]:
        return self._profile("apparmor", {"unconfined": "Unconfined", "docker-default": "RuntimeDefault"})

    def _profile(self, name: str, kinds: dict[str, str]) -> Field[Profile]:
        written, gap = self._last(name), self._gap or self._privileged_gap
        if gap is not None:
            return gap
        if written is not None:
            value, at = written
            kind = kinds.get(value, "Localhost")
            return Set(Profile(kind, value if kind == "Localhost" else ""), at.source, origin_of(at))
        if self._privileged is not None:
            return Set(Profile("Unconfined"), self._privileged.source, origin_of(self._privileged))
        return by_default(Profile("RuntimeDefault"), name)

    def selinux(self) -> Field[SELinux]:
        """`label:type:T`, `label:user:U`, `label:role:R`, `label:level:L`, `label:disable`."""
        labels = [(value, at) for name, value, at in self._options if name == "label"]
        if self._gap is not None or not labels:
            return self._gap or self._silent
        said = dict(value.split(":", 1) for value, _ in labels if ":" in value)
        return Set(
            SELinux(
                type=said.get("type", ""),
                user=said.get("user", ""),
                role=said.get("role", ""),
                level=said.get("level", ""),
                disabled=any(value == "disable" for value, _ in labels),
            ),
            labels[-1][1].source,
        )

    def allow_privilege_escalation(self) -> Field[bool]:
        written = self._last("no-new-privileges")
        if self._gap is not None:
            return self._gap
        if written is None:
            return self._silent
        return Set(written[0].lower() not in ("", "true", "1", "t"), written[1].source, origin_of(written[1]))

    def proc_mount(self) -> Field[str]:
        """`systempaths=unconfined`, and `privileged`, take the masks over /proc away."""
        written, gap = self._last("systempaths"), self._gap or self._privileged_gap
        if gap is not None:
            return gap
        opener = self._privileged or (written[1] if written is not None and written[0] == "unconfined" else None)
        if opener is not None:
            return Set("Unmasked", opener.source, origin_of(opener))
        return by_default("Default", "masked paths")


def _calls(written: str, at: ComposeEntry, scope: MountScope) -> Field[CallFilter]:
    """Compose takes the file from the folder of the whole project; who wrote an included one may mean theirs. So both
    count. Source: compose 2.x, pkg/compose/create.go, parseSecurityOpts."""
    found = [_calls_in(path, written, at) for path in _places(written, at, scope) if refusal(path) or exists(path)]
    if not found:
        says = f"the seccomp profile {written} is not here"
        return Unknown(says, tell=f"check beside the {written} of the host", source=at.source)
    return reduce(both, found)


def _places(written: str, at: ComposeEntry, scope: MountScope) -> dict[str, None]:
    folders = (scope.files.top, scope.files.folder_of(at.source))
    return dict.fromkeys(os.path.join(folder, written) for folder in folders)


def _calls_in(path: str, written: str, at: ComposeEntry) -> Field[CallFilter]:
    try:
        text = read_input(path, written, most=MOST_BYTES, what="seccomp profile").decode()
    except (UnreadableInput, ValueError) as error:
        why = error.problem if isinstance(error, UnreadableInput) else "it is no text"
        return Unknown(f"the seccomp profile {written} can't be read: {why}", source=at.source)
    return read_profile(text, at.source, f"the seccomp profile {written}")


def gap_of_options(service: ComposeEntry) -> Unknown | None:
    """What of the list a variable that is missing keeps hidden."""
    listed = service.get("security_opt")
    if listed is None or listed.gap is not None:
        return None if listed is None else listed.gap
    return next((item.gap for item in listed.items() if item.gap is not None), None)


def read_unknown_options(service: ComposeEntry) -> tuple[SecurityOption, ...]:
    """Compose makes an option of `credential_spec`, which is of Windows."""
    spec, listed = service.get("credential_spec"), service.get("security_opt")
    found = [] if spec is None else [SecurityOption("credential_spec", spec.source)]
    for item in listed.items() if listed is not None and listed.gap is None else ():
        if item.gap is None and not is_known(item.text()):
            found.append(SecurityOption(item.text(), item.source))
    return tuple(found)


def _parted(item: ComposeEntry) -> tuple[str, str, ComposeEntry]:
    """The engine takes `=` and `:`; whichever comes first parts key and value."""
    option = item.text()
    for index, letter in enumerate(option):
        if letter in "=:":
            return option[:index].strip(), option[index + 1 :].strip(), item
    return option.strip(), "", item


class Services(dict[str, ComposeEntry]):
    """The services of a project by their names, complete before one of them is read."""

    @cached_property
    def by_container_name(self) -> Mapping[str, str]:
        """`container_name` -> the first service that has it."""
        found: dict[str, str] = {}
        for name, service in self.items():
            written = service.get("container_name")
            if written is not None and written.gap is None:
                found.setdefault(written.text(), name)
        return found


_SHARED = ("network_mode", "pid", "ipc")
_MOST_SHARING = 100
"""Services in a row, each in a namespace of the next: followed no further, for each of them follows all behind it."""


def read_namespaces(service: ComposeEntry, services: Services, scope: MountScope, silent: Unset) -> Namespaces:
    return Namespaces(
        network=_network(service, services, scope, silent),
        pid=_mode(service, "pid", services),
        ipc=_mode(service, "ipc", services),
        uts=_mode(service, "uts", services),
        cgroup=_mode(service, "cgroup", services),
        user=_user(service, silent),
    )


def gap_of_namespaces(service: ComposeEntry, services: Services) -> Unknown | None:
    """What it shares of a container that is none of these services'."""
    found: dict[str, ComposeEntry] = {}
    for key in _SHARED:
        written, seen = service.get(key), {""}
        while written is not None and written.gap is None and len(seen) <= _MOST_SHARING:
            kind, _, name = written.text().partition(":")
            called = services.by_container_name.get(name)
            if kind == "container" and called is None:
                found.setdefault(name, written)
            name = called or "" if kind == "container" else name
            if kind not in ("container", "service") or name in seen or name not in services:
                break
            seen.add(name)
            written = services[name].get(key)
    if not found:
        return None
    says = f"what the container {' and '.join(found)} has, whose namespaces it shares, is not in this file"
    name, written = next(iter(found.items()))
    tell = f"docker inspect -f '{{{{json .HostConfig}}}}' {shlex.quote(name)}"
    return Unknown(says, tell=tell, source=written.source)


def _network(service: ComposeEntry, services: Services, scope: MountScope, silent: Unset) -> Field[str]:
    if service.get("network_mode") is not None:
        return _mode(service, "network_mode", services)
    joined = read_networks(service, scope)
    if not isinstance(joined, Set):
        return joined
    own = {"host": "host", "bridge": "bridge"}
    name = next((own[name] for name in joined.value if name in own), joined.value[0])
    return Set(name, joined.source)


def _mode(service: ComposeEntry, key: str, services: Services) -> Field[str]:
    """`service:NAME` is what that service has: the host's, where it shares the host's."""
    written = service.get(key)
    if written is None:
        return by_default("private", key)
    field = field_of(written, Unset(service.key), ComposeEntry.text)
    if not isinstance(field, Set):
        return field
    joined, seen = _in_file(field.value, services), {""}
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
        joined = _in_file(other.text(), services)
    names = {"": "private", "default": "bridge" if key == "network_mode" else "private"}
    return Set(names.get(joined, joined), field.source, field.origin)


def _in_file(mode: str, services: Services) -> str:
    """`service:NAME` of the container of one of these services."""
    kind, _, name = mode.partition(":")
    own = services.by_container_name.get(name) if kind == "container" else None
    return mode if own is None else f"service:{own}"


def _user(service: ComposeEntry, silent: Unset) -> Field[str]:
    written = service.get("userns_mode")
    if written is None:
        return by_default("host", "userns-remap")
    return field_of(written, silent, ComposeEntry.text)


_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_EXPECTED = "a port like 8080:80 or 127.0.0.1:8080:80/tcp"


def read_ports(service: ComposeEntry, scope: MountScope) -> tuple[Port, ...]:
    """An exposed port has `host_port` 0, one published at a port of the engine's choice is `picked`."""
    found: list[Port] = []
    for key, read in (("ports", _published), ("expose", _exposed)):
        listed = service.get(key)
        for entry in listed.items() if listed is not None else []:
            if entry.gap is None:
                ports = list(read(entry))
                scope.files.count(len(ports), entry.source)
                found += ports
    return tuple(found)


def _published(entry: ComposeEntry) -> Iterator[Port]:
    if entry.is_mapping:
        written = entry.get("protocol")
        target = entry.get("target") or entry
        inside, outside = target.text() if not target.is_mapping else "", entry.word("published")
        address, protocol = entry.word("host_ip"), "tcp" if written is None else written.text().lower()
    else:
        text, _, protocol = entry.text().strip().partition("/")
        *before, inside = text.rsplit(":", 2)
        outside = before.pop() if before else ""
        address, protocol = (before[0].strip("[]") if before else ""), protocol.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise entry.wrong(_EXPECTED)
    yield from _pairs(entry, inside, outside, address, protocol)


def _pairs(entry: ComposeEntry, inside: str, outside: str, address: str, protocol: str) -> Iterator[Port]:
    """Of a range of the host for one port inside, the engine takes one: the first stands for it."""
    inner, outer = _range(entry, inside), _range(entry, outside) if outside else None
    if outer is not None and len(inner) > 1 and len(outer) != len(inner):
        raise entry.wrong("two ranges of one length")
    for number, port in enumerate(inner):
        host = 0 if outer is None else outer[number]
        yield Port(port, entry.source, host, address, protocol, picked=not host)


def _exposed(entry: ComposeEntry) -> Iterator[Port]:
    text, _, protocol = entry.text().strip().partition("/")
    for port in _range(entry, text):
        yield Port(port, entry.source, 0, "", protocol.lower() or "tcp")


def _range(entry: ComposeEntry, text: str) -> range:
    match = _RANGE.fullmatch(text)
    first = int(match[1]) if match else -1
    last = int(match[2] or match[1]) if match else -1
    if match is None or not 0 <= first <= last <= 65_535:
        raise entry.wrong(_EXPECTED)
    return range(first, last + 1)


_RIGHTS = ("privileged", "network", "entitlements")
_FRONTEND = "BUILDKIT_SYNTAX"


def read_build_grants(service: ComposeEntry) -> tuple[BuildGrant, ...]:
    """Of what can be read; `gap_of_build_grants` is the rest."""
    privileged, network, entitlements = (_of_build(service, key) for key in _RIGHTS)
    grants = []
    if privileged is not None and privileged.gap is None and privileged.boolean():
        grants.append(BuildGrant("security.insecure", "build.privileged: true", privileged.source))
    if network is not None and network.gap is None and joins_another(network.text()):
        right = "network.host" if network.text() == "host" else "network.container"
        grants.append(BuildGrant(right, f"build.network: {network.text()}", network.source))
    for item in () if entitlements is None else entitlements.items():
        if item.gap is None:
            grants.append(BuildGrant(item.text(), f"build.entitlements: {item.text()}", item.source))
    frontend = _frontend(service)
    if frontend is not None and frontend.gap is None:
        name = "what the environment says" if frontend.is_null else frontend.text()
        if not is_dockers_frontend(name):
            grants.append(BuildGrant("frontend", f"build.args.{_FRONTEND}: {name}", frontend.source))
    return (*grants, *_names_of_others(service))


def _names_of_others(service: ComposeEntry) -> Iterator[BuildGrant]:
    """Names of official images that the image is to be called by."""
    image, tags = service.get("image"), _of_build(service, "tags")
    named = [("image", image)] if image is not None and service.get("build") is not None else []
    named += [("build.tags", item) for item in (() if tags is None else tags.items())]
    for key, entry in named:
        if entry.gap is None and repository_of(in_short(entry.text())) in OFFICIAL:
            yield BuildGrant("name", f"{key}: {entry.text()}", entry.source)


def gap_of_build_grants(service: ComposeEntry) -> Unknown | None:
    """A variable without a value where a right is written; in the rest of `build` it is no matter."""
    written = (*(_of_build(service, key) for key in _RIGHTS), _frontend(service))
    return next((entry.gap for entry in written if entry is not None and entry.gap is not None), None)


def _frontend(service: ComposeEntry) -> ComposeEntry | None:
    """The argument by which BuildKit has another program read the Dockerfile."""
    arguments = _of_build(service, "args")
    return None if arguments is None else listed_as_mapping(arguments).get(_FRONTEND)


def _of_build(service: ComposeEntry, key: str) -> ComposeEntry | None:
    build = service.get("build")
    return build.get(key) if build is not None and build.is_mapping else None
