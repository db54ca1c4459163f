"""What the machine is: disks and memory with their health as the kernel sees it, processors, and how busy they are."""

from __future__ import annotations

import math

from ...model.field import Field, Source, Unknown, Unset
from ...model.host import Disk, Memory
from .reading import measured, number_or
from .root import Root, clean

_BLOCK = "/sys/block"
_EDAC = "/sys/devices/system/edac/mc"
_SECTOR = 512  # the unit of /sys/block/*/size, whatever the disk's own sectors are


def read_disks(root: Root) -> Field[tuple[Disk, ...]]:
    """Disks of the machine and software RAIDs; no loop, RAM or mapped devices."""
    disks = [_disk(root, name) for name in root.names(_BLOCK) if _is_disk(root, name)]
    return measured(tuple(disks), _BLOCK)


def _is_disk(root: Root, name: str) -> bool:
    return name.startswith("md") or root.exists(f"{_BLOCK}/{name}/device")


def _disk(root: Root, name: str) -> Disk:
    folder = f"{_BLOCK}/{name}"
    return Disk(
        name=clean(name),
        size=min(number_or(root.word(f"{folder}/size"), 0), 1 << 54) * _SECTOR,
        model=" ".join(root.word(f"{folder}/device/model").split()),
        read_only=root.word(f"{folder}/ro") == "1",
        io_errors=_hexadecimal(root.word(f"{folder}/device/ioerr_cnt")),
        state=_raid_state(root, folder) or root.word(f"{folder}/device/state"),
        rotational=root.word(f"{folder}/queue/rotational") == "1",
    )


def _raid_state(root: Root, folder: str) -> str:
    """`degraded` where members are missing, else the array's own word (`clean`, `active`, …)."""
    state = root.word(f"{folder}/md/array_state")
    return "degraded" if state and number_or(root.word(f"{folder}/md/degraded"), 0) > 0 else state


def _hexadecimal(text: str) -> int | None:
    try:
        value = int(text, 16)
    except ValueError:
        return None
    return value if 0 <= value < 1 << 63 else None


def read_memory_errors(root: Root) -> Field[int]:
    """Errors of the memory since the start, corrected and not; Unset where the machine doesn't count them."""
    counts = [
        number_or(root.word(f"{_EDAC}/{controller}/{kind}"), 0)
        for controller in root.names_or_none(_EDAC)
        if controller.startswith("mc")
        for kind in ("ce_count", "ue_count")
        if root.exists(f"{_EDAC}/{controller}/{kind}")
    ]
    if not counts:
        return Unset(Source(_EDAC))
    return measured(min(sum(counts), (1 << 63) - 1), _EDAC)


_MAKERS = {
    "qemu": "qemu",
    "kvm": "kvm",
    "vmware": "vmware",
    "innotek": "oracle",
    "virtualbox": "oracle",
    "xen": "xen",
    "amazon ec2": "amazon",
    "google": "google",
    "bochs": "bochs",
    "parallels": "parallels",
    "openstack": "openstack",
    "digitalocean": "kvm",
    "hetzner": "kvm",
    "microsoft corporation virtual machine": "microsoft",
}
"""What the firmware says (vendor and product in lower case) -> who makes the machine virtual."""


def read_virtualization(root: Root) -> Field[str]:
    """`none` on bare metal; a hypervisor's name; `vm` for one that hides its name; `container`, `wsl`."""
    if root.exists("/run/systemd/container") or root.exists("/.dockerenv"):
        return measured("container", "/run/systemd/container")
    if "microsoft" in root.word("/proc/sys/kernel/osrelease").lower():
        return measured("wsl", "/proc/sys/kernel/osrelease")
    if hypervisor := root.word("/sys/hypervisor/type"):
        return measured(hypervisor, "/sys/hypervisor/type")
    firmware = " ".join(root.word(f"/sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name")).lower()
    named = next((maker for words, maker in _MAKERS.items() if words in firmware), "")
    flags = next((line for line in root.word("/proc/cpuinfo").splitlines() if line.startswith("flags")), "")
    if flags:
        virtual = "hypervisor" in flags.split()
        return measured((named or "vm") if virtual else "none", "/proc/cpuinfo", "flags")
    if named:
        return measured(named, "/sys/class/dmi/id/sys_vendor")
    return Unknown("neither the processor nor the firmware tells whether this is a virtual machine")


def read_memory(root: Root) -> Field[Memory]:
    """/proc/meminfo, in bytes."""
    values: dict[str, int] = {}
    for line in root.read("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        values[name] = min(number_or((rest.split() or [""])[0], 0), 1 << 50) * 1024
    if not values.get("MemTotal"):
        return Unknown("/proc/meminfo names no memory", source=Source("/proc/meminfo"))
    return measured(
        Memory(
            total=values["MemTotal"],
            available=values.get("MemAvailable", values.get("MemFree", 0)),
            swap_total=values.get("SwapTotal", 0),
            swap_free=values.get("SwapFree", 0),
        ),
        "/proc/meminfo",
    )


def read_cpus(root: Root) -> Field[int]:
    """Processors that are online: /sys/devices/system/cpu/online (`0-3,8`), else /proc/cpuinfo."""
    path = "/sys/devices/system/cpu/online"
    count = count_ranges(root.word(path))
    if count:
        return measured(count, path)
    lines = root.read("/proc/cpuinfo").splitlines()
    count = sum(1 for line in lines if line.partition(":")[0].strip() == "processor")
    if not count:
        return Unknown("/proc/cpuinfo names no processor", source=Source("/proc/cpuinfo"))
    return measured(count, "/proc/cpuinfo")


def count_ranges(text: str) -> int:
    """`0-3,8` -> 5; 0 for what is no such list."""
    count = 0
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        low, high = number_or(first, -1), number_or(last or first, -1)
        if low < 0 or high < low or high > 1 << 20:
            return 0
        count += high - low + 1
    return count


def read_load(root: Root) -> Field[tuple[float, float, float]]:
    """Mean number of runnable tasks over 1, 5 and 15 minutes."""
    try:
        one, five, fifteen = (float(word) for word in root.read("/proc/loadavg").split()[:3])
    except ValueError:
        return Unknown("/proc/loadavg can't be understood", source=Source("/proc/loadavg"))
    if not all(map(math.isfinite, (one, five, fifteen))):
        return Unknown("/proc/loadavg can't be understood", source=Source("/proc/loadavg"))
    return measured((one, five, fifteen), "/proc/loadavg")
