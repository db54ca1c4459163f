"""Which capabilities a container of an engine holds: by its configuration, and by what its processes show."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import structs

from ...model.field import Origin, Set, Unknown
from ...model.finding import Judgement, Outcome
from ...model.levels import Severity
from ...model.workload import Container, Unit

_KERNEL_ORDER = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()
"""By bit number, from linux/capability.h."""

ALL = frozenset(_KERNEL_ORDER)

DOCKER_DEFAULT = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT".split()
)
"""What the engine gives where nothing is written (moby, `oci/caps/defaults.go`)."""

EQUAL_TO_ROOT = frozenset({"DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO"})
"""Each alone, with no other opening, hands over the host: its file systems, kernel modules, memory, or any file by
its handle."""


def effective(container: Container) -> Set[frozenset[str]] | Unknown:
    """What any process in it can have: the configured ones and, where larger, the measured bounding sets."""
    configured = _configured(container)
    processes = container.processes
    if not isinstance(processes, Set) or isinstance(configured, Unknown):
        return configured
    measured: frozenset[str] = frozenset().union(*(_of_bits(process.cap_bounding) for process in processes.value))
    if measured <= configured.value:
        return configured
    return Set(configured.value | measured, processes.source, Origin.MEASURED)


def _configured(container: Container) -> Set[frozenset[str]] | Unknown:
    privileged, add, drop = container.privileged, container.capabilities_add, container.capabilities_drop
    for field in (privileged, add, drop):
        if isinstance(field, Unknown):
            return field
    if isinstance(privileged, Set) and privileged.value:
        return Set(ALL, privileged.source)
    added = _expanded(add.value) if isinstance(add, Set) else frozenset()
    dropped = frozenset(drop.value) if isinstance(drop, Set) else frozenset()
    # The engine adds back by name after dropping all, and drops by name after adding all: dropping all drops nothing
    # then (moby, oci/caps/utils.go, TweakCapabilities).
    everything = isinstance(add, Set) and "ALL" in add.value
    held = (ALL - dropped) if everything else (DOCKER_DEFAULT - _expanded(dropped)) | added
    written = add if added else drop
    return Set(held, written.source if written.source is not None else container.source)


def _expanded(names: Collection[str]) -> frozenset[str]:
    return ALL if "ALL" in names else frozenset(names)


def _of_bits(bits: int) -> frozenset[str]:
    return frozenset(name for bit, name in enumerate(_KERNEL_ORDER) if bits >> bit & 1)


def named(names: Collection[str]) -> str:
    """The names in words: all of them, or five, the most dangerous first."""
    if ALL <= set(names) | DOCKER_DEFAULT:
        return "every capability"
    ordered = sorted(names, key=lambda name: (_danger(name), name))
    return ", ".join(ordered[:5]) + (f" and {len(ordered) - 5} more" if len(ordered) > 5 else "")


def _danger(name: str) -> int:
    """0 for what alone gives the host away, 1 for what the engine does not give by default, 2 for what it does."""
    if name in EQUAL_TO_ROOT:
        return 0
    return 2 if name in DOCKER_DEFAULT else 1


def with_severity_of_the_worst(
    judgement: Judgement, unit: Unit, *, beyond_default: Severity | None = None
) -> Judgement:
    """A failure weighs as the worst capability that was added. `beyond_default`: what one that is not equal to root
    costs, where that is more than the control says.

    A privileged container is another control's matter: there the added ones change nothing.
    """
    if judgement.outcome is not Outcome.FAIL:
        return judgement
    added: set[str] = set()
    for container in unit.containers:
        if not (isinstance(container.privileged, Set) and container.privileged.value):
            added |= _beyond_default(container)
    if added & EQUAL_TO_ROOT:
        return structs.replace(judgement, severity=Severity.CRITICAL)
    return structs.replace(judgement, severity=beyond_default) if added and beyond_default is not None else judgement


def _beyond_default(container: Container) -> set[str]:
    """On a pod the names are held as they are written, `CAP_SYS_ADMIN` too."""
    held = effective(container)
    names = held.value if isinstance(held, Set) else frozenset()
    return {name.upper().removeprefix("CAP_") for name in names} - DOCKER_DEFAULT


def entries_beyond(written: Iterable[str], allowed: Collection[str]) -> list[str]:
    """Those of a list as a person wrote it (`cap_net_admin`) that are none of the allowed ones."""
    return [entry for entry in written if entry.upper().removeprefix("CAP_") not in allowed]
