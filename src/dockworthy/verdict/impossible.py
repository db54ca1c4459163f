"""What Docker here can't give, whatever is configured: reasons for a plain no."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from ..model.engine import Engine
from ..model.field import Set
from ..model.host import Host
from ..model.knowledge.distributions import security_updates_until
from ..model.knowledge.kernels import is_mended_by_nobody
from ..model.machine import Machine
from ..model.policy import Code, Data, Intent

_SANDBOXES = ("runsc", "gvisor", "kata", "firecracker")
_NO_OVERLAY = {
    "nfs": "a network file system",
    "nfs4": "a network file system",
    "cifs": "a network file system",
    "smb3": "a network file system",
    "vfat": "vfat",
    "exfat": "exfat",
    "ntfs3": "NTFS",
    "ecryptfs": "eCryptfs",
    "9p": "9p",
}
"""File systems without the extended attributes and whiteouts that overlay2 writes."""
_GONE_AT_REBOOT = ("tmpfs", "ramfs")


def impossible(machine: Machine, intent: Intent, *, today: datetime.date) -> tuple[str, ...]:
    """Reasons as sentences, each resting on a fact that was seen; none where nothing speaks against it."""
    return (
        *_untrusted_code(machine.engine, intent),
        *_end_of_life(machine.host, today),
        *_storage(machine.host, intent),
    )


def _untrusted_code(engine: Engine, intent: Intent) -> Iterator[str]:
    if intent.code is not Code.UNTRUSTED or not isinstance(engine.info, Set):
        return
    runtimes = engine.info.value.get("Runtimes")
    names = list(runtimes) if isinstance(runtimes, dict) else []
    if not any(is_sandbox(name) for name in names):
        yield (
            "untrusted code would share this host's kernel: the engine has no sandbox runtime "
            f"(it has {', '.join(sorted(names)) or 'none listed'}); gVisor or Kata would make one"
        )


def is_sandbox(runtime: str) -> bool:
    """Does a runtime of this name give a container a kernel of its own?"""
    return any(sandbox in runtime.lower() for sandbox in _SANDBOXES)


def _end_of_life(host: Host, today: datetime.date) -> Iterator[str]:
    if isinstance(host.kernel, Set) and is_mended_by_nobody(host.kernel.value.release):
        yield f"kernel {host.kernel.value.release} is of a line that nobody mends any more"
    if not isinstance(host.os, Set):
        return
    release = host.os.value
    until = security_updates_until(release.id, release.version_id)
    if until is not None and until < today:
        yield f"{release.name or release.id} gets no security updates since {until}, its kernel neither"


def _storage(host: Host, intent: Intent) -> Iterator[str]:
    if not isinstance(host.storage, Set):
        return
    storage = host.storage.value
    if storage.fstype in _NO_OVERLAY:
        yield f"{storage.path} lies on {_NO_OVERLAY[storage.fstype]}, which can't carry overlay2"
    if storage.fstype == "xfs" and storage.ftype is False:
        yield f"{storage.path} lies on an xfs made without ftype=1, which can't carry overlay2"
    if storage.fstype in _GONE_AT_REBOOT and intent.data is Data.PRECIOUS:
        yield f"{storage.path} lies on {storage.fstype}: precious data there is gone with the next reboot"
