"""What both seccomp controls ask: profiles as written in a pod, filters in force on an engine."""

from __future__ import annotations

from ...model.call_filter import KEPT_BY_DEFAULT
from ...model.dialect import Version
from ...model.field import NOT_READ, Set, Source, Unknown
from ...model.finding import Judgement
from ...model.workload import Container, Profile, Unit
from ._containers import Fault, judge_containers

ALLOWED = ("RuntimeDefault", "Localhost")

_FIELDS_SINCE = Version(1, 19)
_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/"


def wrong_profiles(unit: Unit) -> list[Fault]:
    """Profiles outside the allowed ones: in annotations up to v1.18 of the standards, in fields from v1.19."""
    if unit.dialect.version < _FIELDS_SINCE:
        return _wrong_annotations(unit)
    setters = [("the pod", unit.context.seccomp)]
    setters += [(container.name, container.context.seccomp) for container in unit.containers]
    return [
        Fault(f"{who}: seccomp profile {field.value.type or 'without a type'}", field.source)
        for who, field in setters
        if isinstance(field, Set) and field.value.type not in ALLOWED
    ]


def _wrong_annotations(unit: Unit) -> list[Fault]:
    keys = [_POD_ANNOTATION, *(_CONTAINER_ANNOTATION + container.name for container in unit.containers)]
    found = [(key, annotation) for key in keys if (annotation := unit.annotations.get(key)) is not None]
    return [
        Fault(f"annotation {key}={annotation.value}", annotation.source)
        for key, annotation in found
        if annotation.value not in ("runtime/default", "docker/default")
        and not annotation.value.startswith("localhost/")
    ]


def judge_filtered(unit: Unit) -> Judgement:
    """On an engine: is a filter in force, by what was asked for and by what the processes show?"""
    return judge_containers(unit, _unfiltered, good="a seccomp filter is in force")


def _unfiltered(container: Container) -> Fault | Unknown | None:
    privileged, profile, processes = container.privileged, container.context.seccomp, container.processes
    if isinstance(privileged, Set) and privileged.value:
        return Fault("privileged switches seccomp off, whatever profile is named", privileged.source)
    if isinstance(profile, Set) and profile.value.type not in ALLOWED:
        return Fault(f"seccomp profile {profile.value.type}", profile.source)
    if isinstance(profile, Set) and profile.value.calls != NOT_READ:
        calls = profile.value.calls
        if isinstance(calls, Unknown):
            return calls
        if too_open := _too_open(profile.value, profile.source):
            return too_open
    if isinstance(processes, Set):
        for process in processes.value:
            if process.seccomp == 0:
                return Fault(f"process {process.pid} ({process.program}) runs without a filter", processes.source)
        if processes.value:
            return None
    return profile if isinstance(profile, Unknown) else None


def _too_open(profile: Profile, source: Source) -> Fault | None:
    """It is somebody's own, and no filter."""
    if not isinstance(profile.calls, Set) or not profile.calls.value.is_no_filter:
        return None
    through = profile.calls.value.lets_through
    named = f"seccomp profile {profile.name}".rstrip()
    allows = f"it allows {len(through)} of {len(KEPT_BY_DEFAULT)} system calls"
    which = "that Docker's default profile blocks, and that exploits begin with"
    return Fault(f"{named}: {allows} {which} ({', '.join(through[:3])}, …)", source)
