"""A job: its main container, and those that run beside it."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.dialect import Dialect, Platform, Version
from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.orchestrated import Orchestrated
from ...model.workload import (
    Container,
    HealthCheck,
    Limits,
    Mount,
    MountKind,
    Namespaces,
    Profile,
    Role,
    SecurityContext,
    Unit,
)
from ..marathon.values import MEBIBYTE, entries, field_of, items, number, word, words
from ..yaml_source import Value
from .attributes import Attributes
from .budget import read_budget

VERSION = Version(3, 0)
"""Of Titus' API."""

_BY_IMAGE = Unknown("a job does not say, the image decides", tell="docker image inspect shows what the image says")


def read_titus(document: Value) -> Unit:
    """Raises UnreadableInput (file, line) for a value of the wrong type."""
    silent = Unset(document.source)
    main = document.get("container") or document
    security, service = main.get("securityProfile"), document.get("service")
    name = word(document, "applicationName") or "job"
    attributes = Attributes(document, main, security)
    return Unit(
        id=f"{document.file}#{name}",
        kind="job" if service is None else "service",
        name=name,
        dialect=Dialect(Platform.TITUS, VERSION, frozenset({"seccomp", "apparmor"})),
        source=document.source,
        containers=tuple(_containers(document, main, attributes, name)),
        namespaces=_namespaces(document),
        sysctls=silent,
        labels={key: value.scalar_text() for key, value in entries(document, "attributes")},
        replicas=_replicas(document, silent),
        orchestrated=Orchestrated(
            budget=read_budget(document, silent),
            placement=_placement(main, silent),
            role=_named(security, "iamRole", main),
            security_groups=_listed(security, "securityGroups", main),
            metadata_token=attributes.metadata_token(silent),
            loosened=attributes.loosened(silent),
        ),
    )


def _containers(document: Value, main: Value, attributes: Attributes, name: str) -> Iterator[Container]:
    yield _container(document, main, name, Role.MAIN, attributes, _limits(main))
    for extra in items(document, "extraContainers"):
        shared = Limits(memory=_shared(main), cpus=_shared(main), pids=_shared(main))
        yield _container(document, extra, word(extra, "name") or name, Role.SIDECAR, Attributes(), shared)


def _container(
    document: Value, part: Value, name: str, role: Role, attributes: Attributes, limits: Limits
) -> Container:
    """Each gets Titus' own seccomp and AppArmor profile. None can be privileged, or have a read-only root."""
    silent = Unset(part.source)
    environment = dict(entries(part, "env"))
    env = part.get("env")
    return Container(
        name=name,
        role=role,
        source=part.source,
        image=_image(part, silent),
        context=SecurityContext(
            user=_by_image(part),
            run_as_non_root=silent,
            seccomp=attributes.seccomp(_by_titus(Profile("Localhost", "default"), "seccomp profile")),
            apparmor=_by_titus(Profile("Localhost", "docker_titus"), "AppArmor profile"),
            selinux=silent,
            windows_host_process=silent,
        ),
        privileged=_by_titus(False, "privileged"),
        allow_privilege_escalation=_by_operators("whether new privileges can be gained", part),
        capabilities_add=attributes.capabilities(silent),
        capabilities_drop=silent,
        read_only_root=_by_titus(False, "read-only root"),
        proc_mount=_by_titus("Default", "masked paths"),
        command=_command(part, silent),
        environment=silent
        if env is None
        else Set({key: value.scalar_text() for key, value in environment.items()}, env.source),
        environment_lines={key: value.source for key, value in environment.items()},
        mounts=tuple(_mounts(document, part)),
        devices=tuple(attributes.devices()),
        device_rules=silent,
        limits=limits,
        health=_health(document, part),
    )


def _by_titus(value: object, setting: str) -> Set:  # type: ignore[type-arg]
    return Set(value, Source("Titus' default", setting), Origin.PLATFORM)


def _by_operators(what: str, part: Value) -> Unknown:
    return Unknown(f"{what}, Titus' operators decide", source=part.source)


def _by_image(part: Value) -> Unknown:
    return Unknown(_BY_IMAGE.reason, tell=_BY_IMAGE.tell, source=part.source)


def _image(part: Value, silent: Unset) -> Field[str]:
    """`{name, tag}` or `{name, digest}`."""
    image = part.get("image")
    if image is None:
        return silent
    tag, digest = word(image, "tag"), word(image, "digest")
    return Set(word(image, "name") + (f"@{digest}" if digest else f":{tag}" if tag else ""), image.source)


def _command(part: Value, silent: Unset) -> Field[tuple[str, ...]]:
    """`[""]` takes away what the image says."""
    written = [found for key in ("entryPoint", "command") if (found := part.get(key)) is not None]
    said = tuple(text for found in written for text in words(found) if text)
    return Set(said, written[0].source) if written else silent


def _limits(main: Value) -> Limits:
    """Both must be written; `memoryMB` is in MiB. How many processes there may be, the operators set."""
    silent = Unset(main.source)
    memory, cpus = main.at("resources", "memoryMB"), main.at("resources", "cpu")
    return Limits(
        memory=field_of(memory, silent, lambda value: int(number(value) * MEBIBYTE)),
        cpus=field_of(cpus, silent, number),
        pids=_by_operators("how many processes there may be", main),
    )


def _shared(main: Value) -> Unknown:
    return Unknown("it shares the limits of the main container", source=main.source)


def _mounts(document: Value, part: Value) -> Iterator[Mount]:
    volumes = {word(volume, "name") for volume in items(document, "volumes")}
    for mounted in items(part, "volumeMounts"):
        name = word(mounted, "volumeName")
        if name in volumes:
            only = mounted.get("readOnly")
            yield _mount(name, word(mounted, "mountPath"), only is not None and only.boolean(), mounted, "")
    for mounted in items(part.get("resources"), "efsMounts"):
        read_only = word(mounted, "mountPerm") == "RO"
        yield _mount(word(mounted, "efsId"), word(mounted, "mountPoint"), read_only, mounted, "efs")


def _mount(source: str, target: str, read_only: bool, written: Value, driver: str) -> Mount:
    return Mount(MountKind.VOLUME, source, target, read_only, written.source, driver=driver)


def _health(document: Value, part: Value) -> Field[HealthCheck]:
    """Titus asks providers such as Eureka; a HEALTHCHECK of the image counts too, and can't be seen here."""
    providers = items(document.get("disruptionBudget"), "containerHealthProviders")
    if providers:
        return Set(HealthCheck(test=tuple(word(provider, "name") for provider in providers)), providers[0].source)
    return _by_image(part)


def _namespaces(document: Value) -> Namespaces:
    """Each task has an address and namespaces of its own; whether users are mapped its operators decide."""
    own = _by_titus("private", "namespaces")
    user = _by_operators("whether users are mapped", document)
    return Namespaces(network=own, pid=own, ipc=own, uts=own, cgroup=own, user=user)


def _replicas(document: Value, silent: Unset) -> Field[int]:
    wanted = document.at("service", "capacity", "desired") or document.at("batch", "size")
    return silent if wanted is None else Set(int(number(wanted)), wanted.source)


def _placement(main: Value, silent: Unset) -> Field[tuple[str, ...]]:
    found = [
        (name, value)
        for kind in ("hardConstraints", "softConstraints")
        for name, value in entries(main.get(kind), "constraints")
    ]
    return Set(tuple(name for name, _ in found), found[0][1].source) if found else silent


def _named(security: Value | None, key: str, main: Value) -> Field[str]:
    """An empty text is as good as none."""
    value = None if security is None else security.get(key)
    text = "" if value is None else value.scalar_text().strip()
    place = value or security or main
    return Set(text, place.source) if text else Unset(place.source)


def _listed(security: Value | None, key: str, main: Value) -> Field[tuple[str, ...]]:
    listed = None if security is None else security.get(key)
    said = () if listed is None else words(listed)
    place = listed or security or main
    return Set(said, place.source) if said else Unset(place.source)
