"""Room for more connections in the kernel's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Step, WriteFile
from ..situation import Planning, Situation, causes_of
from .kernel_settings import AS_BEFORE, set_in_kernel

_FILE = "/etc/sysctl.d/60-dockworthy-connections.conf"
_MODULE_FILE = "/etc/modules-load.d/dockworthy-connections.conf"
_MODULE = "# Written by dockworthy harden: loaded later, it would lose its setting.\nnf_conntrack\n"
_COUNT, _MAX = "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max"
_BYTES_EACH = 400
_LARGEST = 1 << 22
"""Places (1.7 GB): a table that is still too small then is no matter of its size."""


def plan_connection_table(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """Four times what is used now, to the next power of two."""
    sysctls = situation.machine.host.sysctls
    used, most = sysctls.get(_COUNT), sysctls.get(_MAX)
    if not isinstance(used, Set) or not isinstance(most, Set):
        return
    wanted = 1 << (max(4 * int(used.value), int(most.value)) - 1).bit_length()
    if wanted > _LARGEST:
        yield NotDone(
            id=findings[0].control,
            why=f"{used.value} connections at once are more than a larger table is good for",
            instead="see whose they are: conntrack -L | awk '{print $5}' | sort | uniq -c | sort -n | tail",
        )
        return
    yield Step(
        id=findings[0].control,
        title="Make room in the kernel's table of connections",
        causes=causes_of(findings),
        deeds=(
            *set_in_kernel(_FILE, {_MAX: str(wanted)}, situation),
            WriteFile(
                path=_MODULE_FILE,
                before=situation.files.get(_MODULE_FILE),
                after=_MODULE,
                mode=0o644,
                owner=(0, 0),
            ),
        ),
        disturbs=(f"a full table takes {wanted * _BYTES_EACH >> 20} MiB of the kernel's memory",),
        undone_by=AS_BEFORE,
    )


PLANNINGS = {"host/connection-table": Planning(plan=plan_connection_table, reads=(_FILE, _MODULE_FILE))}
