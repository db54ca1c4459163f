"""What the engine does where a request is silent: its log driver, twice the memory for swap, SELinux or not."""

from __future__ import annotations

from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.workload import Limits, Logging, SELinux
from ..api_object import ApiObject
from ..container.operation import read_logging
from ..engine_context import EngineContext

_ROTATED_BY_OPTIONS = "json-file"


def logging_of(log: ApiObject, context: EngineContext) -> Field[Logging]:
    """A silent request takes the engine's driver with the engine's options, which its API does not show."""
    written = read_logging(log)
    if isinstance(written, Unknown) or (isinstance(written, Set) and written.value.driver):
        return written
    if not context.log_driver:
        return Unknown("the engine's log driver is unknown", source=log.source)
    source = Source("GET /info", "LoggingDriver")
    if context.log_driver == _ROTATED_BY_OPTIONS:
        reason = f"it logs as the engine does by default ({_ROTATED_BY_OPTIONS}), whose options are unknown"
        return Unknown(reason, tell="log-opts in the engine's daemon.json", source=source)
    return Set(Logging(context.log_driver), source, Origin.PLATFORM)


def swap_of(limits: Limits) -> Field[int]:
    """Where memory is limited and swap is not spoken of, both together may be twice the memory."""
    if isinstance(limits.memory_swap, Unset) and isinstance(limits.memory, Set):
        return Set(2 * limits.memory.value, limits.memory.source, Origin.PLATFORM)
    return limits.memory_swap


def selinux_of(written: Field[SELinux], host: ApiObject) -> Field[SELinux]:
    """The engine writes `label=disable` itself where a container is privileged, or in the host's PIDs or IPC."""
    if isinstance(written, Set):
        return written
    for key, value in (("Privileged", True), ("PidMode", "host"), ("IpcMode", "host")):
        part = host.at(key)
        if part.data == value:
            return Set(SELinux(disabled=True), part.source, Origin.PLATFORM)
    return written


__all__ = ["logging_of", "selinux_of", "swap_of"]
