"""The containers of a job: the main one, and those that run beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.workload import (
    Container,
    ContainerRole,
    Device,
    HealthCheck,
    Limits,
    Mount,
    MountKind,
    Profile,
    SecurityContext,
)
from ..definition import MEBIBYTE, entries, items, number, word, words
from ..yaml_source import Value

_BY_IMAGE = Unknown("a job does not say, the image decides", tell="docker image inspect shows what the image says")


def read_containers(document: Value, main: Value, attributes: Attributes, name: str) -> Iterator[Container]:
    yield _container(document, main, name, ContainerRole.MAIN, attributes, _limits(main))
    for extra in items(document, "extraContainers"):
        shared = Limits(memory=_shared(main), cpus=_shared(main), pids=_shared(main))
        yield _container(document, extra, word(extra, "name") or name, ContainerRole.SIDECAR, Attributes(), shared)


def _container(
    document: Value, part: Value, name: str, role: ContainerRole, attributes: Attributes, limits: Limits
) -> Container:
    """None can be privileged, or have a read-only root."""
    silent = Unset(part.source)
    return Container(
        name=name,
        role=role,
        source=part.source,
        image=_image(part, silent),
        context=_context(part, attributes, silent),
        privileged=by_titus(False, "privileged"),
        allow_privilege_escalation=by_operators("whether new privileges can be gained", part),
        capabilities_add=_capabilities(part, "add", attributes.capabilities(silent)),
        capabilities_drop=_capabilities(part, "drop", silent),
        read_only_root=by_titus(False, "read-only root"),
        proc_mount=by_titus("Default", "masked paths"),
        command=_command(part, silent),
        environment=_environment(part, silent),
        environment_lines={key: value.source for key, value in entries(part, "env")},
        mounts=tuple(_mounts(document, part)),
        devices=tuple(attributes.devices()),
        device_rules=silent,
        limits=limits,
        health=_health(document, part),
    )


def _context(part: Value, attributes: Attributes, silent: Unset) -> SecurityContext:
    """Each container gets Titus' own seccomp and AppArmor profile."""
    return SecurityContext(
        user=_by_image(part),
        run_as_non_root=silent,
        seccomp=attributes.seccomp(by_titus(Profile("Localhost", "default"), "seccomp profile")),
        apparmor=by_titus(Profile("Localhost", "docker_titus"), "AppArmor profile"),
        selinux=silent,
        windows_host_process=silent,
    )


def _environment(part: Value, silent: Unset) -> Field[dict[str, str]]:
    env = part.get("env")
    return silent if env is None else Set({key: value.scalar_text() for key, value in env.entries()}, env.source)


def by_titus(value: object, setting: str) -> Set:  # type: ignore[type-arg]
    return Set(value, Source("Titus' default", setting), Origin.PLATFORM)


def by_operators(what: str, part: Value) -> Unknown:
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
    """`memoryMB` is in MiB; where nothing is written Titus takes the least that it gives anybody."""
    memory, cpus = main.at("resources", "memoryMB"), main.at("resources", "cpu")
    return Limits(
        memory=by_titus(512 * MEBIBYTE, "memoryMB: 512")
        if memory is None
        else Set(int(proto_number(memory) * MEBIBYTE), memory.source),
        cpus=by_titus(1.0, "cpu: 1") if cpus is None else Set(proto_number(cpus), cpus.source),
        pids=by_operators("how many processes there may be", main),
    )


def _shared(main: Value) -> Unknown:
    return Unknown("it shares the limits of the main container", source=main.source)


def _capabilities(part: Value, key: str, else_: Field[tuple[str, ...]]) -> Field[tuple[str, ...]]:
    """What the security profile adds or drops by name, as jobs of the older API do; with it, what attributes ask for.

    The newer API has no word for it. Whoever writes it means it, and an agent that takes it grants it.
    """
    written = part.at("securityProfile", "capabilities", key)
    if written is None:
        return else_
    names = tuple(name.upper().removeprefix("CAP_") for name in words(written))
    others = else_.value if isinstance(else_, Set) else ()
    return Set(tuple(dict.fromkeys((*names, *others))), written.source)


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


_AGENT = "titusParameter.agent."
_FUSE = f"{_AGENT}fuseEnabled"
_PERF = f"{_AGENT}seccompAgentEnabledForPerfSyscalls"
_NESTED = f"{_AGENT}allowNestedContainers"
_METADATA_TOKEN = f"{_AGENT}imds.requireToken"
_YES = frozenset({"true", "1", "yes", "token", "require-token", "required"})


class Attributes:
    """Of the container, of its security profile and of the job: each may hold them."""

    def __init__(self, *holders: Value | None) -> None:
        self._said: dict[str, Value] = {}
        for holder in holders:
            found = None if holder is None else holder.get("attributes")
            self._said.update({} if found is None else dict(found.entries()))

    def _on(self, key: str) -> Value | None:
        value = self._said.get(key)
        return value if value is not None and value.scalar_text().strip().lower() in _YES else None

    def capabilities(self, silent: Unset) -> Field[tuple[str, ...]]:
        """A file system of its own (FUSE) takes the right to mount."""
        fuse = self._on(_FUSE)
        return silent if fuse is None else Set(("SYS_ADMIN",), fuse.source)

    def devices(self) -> Iterator[Device]:
        fuse = self._on(_FUSE)
        if fuse is not None:
            yield Device("/dev/fuse", "/dev/fuse", "rwm", fuse.source)

    def seccomp(self, usual: Field[Profile]) -> Field[Profile]:
        for key, name in ((_FUSE, "fuse-container"), (_PERF, "allow-perf-syscalls")):
            asked = self._on(key)
            if asked is not None:
                return Set(Profile("Localhost", name), asked.source)
        return usual

    def loosened(self, silent: Unset) -> Field[tuple[str, ...]]:
        """FUSE shows in the capabilities, and is left out here."""
        found = [(key, value) for key in (_NESTED, _PERF) if (value := self._on(key)) is not None]
        return Set(tuple(key for key, _ in found), found[0][1].source) if found else silent

    def metadata_token(self, silent: Unset) -> Field[bool]:
        value = self._said.get(_METADATA_TOKEN)
        return silent if value is None else Set(self._on(_METADATA_TOKEN) is not None, value.source)


_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,20})?")


def proto_number(value: Value) -> float:
    """`3600` and `"3600"`. Raises UnreadableInput for anything else."""
    if not value.is_mapping and not value.is_sequence and _NUMBER.fullmatch(value.scalar_text()):
        return float(value.scalar_text())
    return number(value)
