"""What a seccomp profile lets through: of the system calls that Docker's default profile keeps from every container."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

KEPT_BY_DEFAULT: Final = tuple(
    "acct add_key bpf clock_settime delete_module finit_module fsmount fsopen init_module ioperm iopl kexec_file_load"
    " kexec_load keyctl mount move_mount open_by_handle_at open_tree perf_event_open pivot_root quotactl reboot"
    " request_key setns settimeofday swapoff swapon umount2 unshare userfaultfd".split()
)
"""Those that change the host, or that exploits of the kernel begin with. Source: "Significant syscalls
blocked by the default profile", docs.docker.com/engine/security/seccomp; moby profiles/seccomp/default_linux.go."""


class CallFilter(Struct, frozen=True, omit_defaults=True):
    """`lets_through`: of `KEPT_BY_DEFAULT`, what a container without added capabilities may call."""

    lets_through: tuple[str, ...] = ()

    @property
    def is_no_filter(self) -> bool:
        """A profile for a browser or a builder lets some of them through, no filter lets nearly all."""
        return 2 * len(self.lets_through) > len(KEPT_BY_DEFAULT)
