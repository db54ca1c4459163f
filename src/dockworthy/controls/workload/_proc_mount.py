"""What both controls on the masks over /proc ask of a container."""

from __future__ import annotations

from ...model.field import Set, Unknown
from ...model.workload import Container
from ._containers import Fault


def unmasked(container: Container) -> Fault | Unknown | None:
    """The fault, where anything but the default masks is asked for."""
    field = container.proc_mount
    if isinstance(field, Unknown):
        return field
    if isinstance(field, Set) and field.value != "Default":
        return Fault(f"the masks over /proc are off ({field.value})", field.source)
    return None
