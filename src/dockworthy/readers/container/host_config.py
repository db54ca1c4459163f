"""What `HostConfig` says of a container: security, limits, mounts, masked paths.

One reading for containers that are there and for requests that would make one. Source: Engine API, HostConfig.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from ...model.call_filter import CallFilter
from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.volume_options import bound_path
from ...model.workload import Device, DeviceRequest, Limits, Mount, MountKind, Profile, SELinux
from ..api_object import ApiObject
from ..engine_context import EngineContext
from ..engine_words import above_zero, ulimit_name, unless_zero
from ..seccomp_profile import read_profile


class ContainerSecurity:
    """What the security options say, and what the engine does where they are silent."""

    def __init__(self, host: ApiObject, apparmor_profile: str, context: EngineContext) -> None:
        self._host = host
        self._context = context
        self._apparmor_profile = apparmor_profile
        self._written = host.texts("SecurityOpt")
        self._options = [_parted(option) for option in self._written.value] if isinstance(self._written, Set) else []

    def _last(self, key: str) -> str | None:
        values = [value for name, value in self._options if name == key]
        return values[-1] if values else None

    @property
    def _silent(self) -> Unset | Unknown:
        if isinstance(self._written, Unknown):
            return self._written
        return Unset(self._host.at("SecurityOpt").source)

    def _platform(self, feature: str) -> bool | Unknown:
        if self._context.features is None:
            return Unknown(f"whether the engine has {feature} is unknown", source=self._context.features_source)
        return feature in self._context.features

    @property
    def _is_privileged(self) -> bool:
        return self._host.at("Privileged").data is True

    def seccomp(self) -> Field[Profile]:
        """A custom profile stands in the option as JSON: it is `Localhost` here."""
        written, silent = self._last("seccomp"), self._silent
        if isinstance(silent, Unknown):
            return silent
        if written is not None:
            kind = {"unconfined": "Unconfined", "builtin": "RuntimeDefault"}.get(written)
            if kind is not None:
                return Set(Profile(kind), silent.source)
            return Set(Profile("Localhost", calls=_calls(written, silent.source)), silent.source)
        if self._is_privileged:
            return Set(Profile("Unconfined"), self._host.at("Privileged").source, Origin.PLATFORM)
        on = self._platform("seccomp")
        if isinstance(on, Unknown):
            return on
        return Set(Profile("RuntimeDefault" if on else "Unconfined"), self._context.features_source, Origin.PLATFORM)

    def apparmor(self) -> Field[Profile]:
        """Unset where the engine's default profile holds, or the engine has no AppArmor."""
        written, silent = self._last("apparmor"), self._silent
        if isinstance(silent, Unknown):
            return silent
        if written is not None:
            return Set(_apparmor(written), silent.source)
        if self._is_privileged and self._apparmor_profile == "unconfined":  # nobody wrote that: privileged brings it
            return Set(_apparmor(self._apparmor_profile), self._host.at("Privileged").source, Origin.PLATFORM)
        if self._apparmor_profile:
            return Set(_apparmor(self._apparmor_profile), self._host.source, Origin.PLATFORM)
        on = self._platform("apparmor")
        if self._is_privileged and on is True:
            return Set(Profile("Unconfined"), self._host.at("Privileged").source, Origin.PLATFORM)
        return on if isinstance(on, Unknown) else silent

    def selinux(self) -> Field[SELinux]:
        """`label=type:T`, `label=user:U`, `label=role:R`, `label=level:L`, `label=disable`."""
        silent = self._silent
        labels = [value for name, value in self._options if name == "label"]
        on = self._platform("selinux")
        if isinstance(silent, Unknown) or not labels:
            return on if isinstance(on, Unknown) else silent
        said = dict(label.split(":", 1) for label in labels if ":" in label)
        return Set(
            SELinux(
                type=said.get("type", ""),
                user=said.get("user", ""),
                role=said.get("role", ""),
                level=said.get("level", ""),
                disabled="disable" in labels,
            ),
            silent.source,
        )

    def allow_privilege_escalation(self) -> Field[bool]:
        """`no-new-privileges`, with or without a value; the engine may have it as its own default."""
        written, silent = self._last("no-new-privileges"), self._silent
        if isinstance(silent, Unknown):
            return silent
        if written is not None:
            return Set(written.lower() not in ("", "true", "1", "t"), silent.source)
        if self._platform("no-new-privileges") is True:
            return Set(False, self._context.features_source, Origin.PLATFORM)
        return silent


def _calls(written: str, source: Source) -> Field[CallFilter]:
    if not written.lstrip().startswith("{"):  # a file of who runs `docker run`, which its client reads
        return Unknown(f"the seccomp profile {written} is not here", tell=f"cat {shlex.quote(written)}", source=source)
    return read_profile(written, source)


def _parted(option: str) -> tuple[str, str]:
    """The engine takes `=` and, from before 1.11, `:`; whichever comes first parts key and value."""
    for index, letter in enumerate(option):
        if letter in "=:":
            return option[:index], option[index + 1 :]
    return option, ""


def _apparmor(name: str) -> Profile:
    kinds = {"unconfined": "Unconfined", "docker-default": "RuntimeDefault", "runtime/default": "RuntimeDefault"}
    kind = kinds.get(name, "Localhost")
    return Profile(kind, name if kind == "Localhost" else "")


_NANO = 1_000_000_000
_DEFAULT_PERIOD = 100_000


def read_limits(host: ApiObject) -> Limits:
    return Limits(
        memory=above_zero(host.integer("Memory")),
        memory_swap=unless_zero(host.integer("MemorySwap")),
        cpus=_cpus(host),
        pids=above_zero(host.integer("PidsLimit")),
        ulimits=read_ulimits(host),
        oom_kill_disabled=host.boolean("OomKillDisable"),
        oom_score=host.integer("OomScoreAdj"),
    )


def _cpus(host: ApiObject) -> Field[float]:
    """`--cpus` is NanoCpus, `--cpu-quota` CpuQuota in each CpuPeriod (microseconds, 100,000 where 0)."""
    nano, quota, period = host.integer("NanoCpus"), host.integer("CpuQuota"), host.integer("CpuPeriod")
    for field in (nano, quota, period):
        if isinstance(field, Unknown):
            return field
    if isinstance(nano, Set) and nano.value > 0:
        return Set(nano.value / _NANO, nano.source)
    if isinstance(quota, Set) and quota.value > 0:
        length = period.value if isinstance(period, Set) and period.value > 0 else _DEFAULT_PERIOD
        return Set(quota.value / length, quota.source)
    return Unset(host.at("NanoCpus").source)


def read_ulimits(host: ApiObject) -> Field[dict[str, tuple[int, int]]]:
    said: dict[str, tuple[int, int]] = {}
    for item in host.items("Ulimits"):
        name = ulimit_name(item.word("Name"))
        bounds, others = (item.number("Soft"), item.number("Hard")), said.get(name, (0, 0))
        said[name] = (_higher(bounds[0], others[0]), _higher(bounds[1], others[1]))
    source = host.at("Ulimits").source
    return Set(said, source) if said else Unset(source)


def _higher(one: int, other: int) -> int:
    """Of a ulimit that comes twice; for the kernel all that is below 0 is without end, which people write as -1."""
    return -1 if min(one, other) < 0 else max(one, other)


_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_KINDS = {kind.value: kind for kind in MountKind}


def read_mounts(inspect: ApiObject, context: EngineContext, resolved: Mapping[str, str]) -> tuple[Mount, ...]:
    """From `Mounts`, and the tmpfs of `HostConfig.Tmpfs`, which it leaves out. `resolved`: bind source -> real path."""
    seen = [_mount(item, context, resolved) for item in inspect.items("Mounts")]
    targets = {mount.target for mount in seen}
    return (*seen, *(mount for mount in _tmpfs(inspect.at("HostConfig", "Tmpfs")) if mount.target not in targets))


def _mount(item: ApiObject, context: EngineContext, resolved: Mapping[str, str]) -> Mount:
    kind = _KINDS.get(item.word("Type"), MountKind.BIND)
    name, source = item.word("Name"), item.word("Source")
    volume = ApiObject(context.volumes.get(name), "GET /volumes") if kind is MountKind.VOLUME else None
    options = {} if volume is None else volume.words("Options")
    path = source if kind is MountKind.BIND else bound_path(item.word("Driver"), options)
    return Mount(
        kind=kind,
        source=name if kind is MountKind.VOLUME else source,
        target=item.word("Destination"),
        read_only=item.at("RW").data is False,
        declared_at=item.source,
        propagation=item.word("Propagation"),
        host_path=resolved.get(path, path),
        driver=item.word("Driver"),
        options=options,
        anonymous=kind is MountKind.VOLUME and _is_anonymous(name, volume),
    )


def _is_anonymous(name: str, volume: ApiObject | None) -> bool:
    labelled = volume is not None and "com.docker.volume.anonymous" in volume.words("Labels")
    return labelled or _ANONYMOUS.fullmatch(name) is not None


def _tmpfs(tmpfs: ApiObject) -> Iterator[Mount]:
    for target, options in tmpfs.words().items():
        read_only = "ro" in options.split(",")
        yield Mount(MountKind.TMPFS, "", target, read_only, Source(tmpfs.where, f"{tmpfs.path}.{target}"))


def read_device_requests(host: ApiObject) -> tuple[DeviceRequest, ...]:
    """`DeviceRequests`, as `--gpus` makes them."""
    return tuple(
        DeviceRequest(item.word("Driver"), f"DeviceRequests: {item.word('Driver') or 'gpu'}", item.source)
        for item in host.items("DeviceRequests")
    )


def read_devices(host: ApiObject) -> tuple[Device, ...]:
    return tuple(
        Device(item.word("PathOnHost"), item.word("PathInContainer"), item.word("CgroupPermissions"), item.source)
        for item in host.items("Devices")
    )


def read_proc_mount(host: ApiObject) -> Field[str]:
    """`Unmasked` where one of both lists is empty, by `systempaths=unconfined` or because the container is privileged:
    a /proc/sys that root in the container writes is the host's."""
    privileged = host.boolean("Privileged")
    if isinstance(privileged, Set) and privileged.value:
        return Set("Unmasked", privileged.source, Origin.PLATFORM)
    lists = (host.texts("MaskedPaths"), host.texts("ReadonlyPaths"))
    for listed in lists:
        if isinstance(listed, Unknown):
            return listed
        if isinstance(listed, Set) and not listed.value:
            return Set("Unmasked", listed.source)
    written = next((listed for listed in lists if isinstance(listed, Set)), None)
    return (
        Set("Default", host.at("MaskedPaths").source, Origin.PLATFORM)
        if written is None
        else Set("Default", written.source)
    )
