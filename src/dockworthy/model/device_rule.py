"""Rules of the device cgroup (`c 189:* rmw`), and which devices stand behind their numbers.

Sources: opts/opts.go and profiles of Engine 26.1 for the form; Documentation/admin-guide/devices.txt of Linux for the
numbers; runc's specconv.AllowedDevices for what every container may open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

_RULE = re.compile(r"([abc])\s+([0-9]+|\*):([0-9]+|\*)(?:\s+([rwm]+))?")
_LARGEST = 2**32 - 1
"""Of a number of the kernel's. What is larger is cut off, or refused, by whoever reads it next."""


class DeviceRule(Struct, frozen=True):
    """`kind` is `c`, `b`, or `a` for every device whatever its numbers. A number that is None stands for all."""

    kind: str
    major: int | None
    minor: int | None
    access: str = "rwm"

    @property
    def opens(self) -> bool:
        """Without `r` and `w` nodes can be made and not opened, which every container may."""
        return bool({"r", "w"} & set(self.access))

    def includes(self, other: DeviceRule) -> bool:
        """Is each device of `other` one of this rule's? Whatever may be done with it."""
        return self.kind == other.kind and all(
            mine is None or mine == theirs for mine, theirs in ((self.major, other.major), (self.minor, other.minor))
        )


def read_device_rule(text: str) -> DeviceRule | None:
    """None for what has another form. Without an access (`c 189:*`, as a policy lists it) all of them."""
    match = _RULE.fullmatch(text.strip())
    if match is None:
        return None
    kind, major, minor, access = match.groups()
    numbers = [None if number == "*" else int(number) for number in (major, minor)]
    if any(number is not None and number > _LARGEST for number in numbers):
        return None
    return DeviceRule(kind, numbers[0], numbers[1], access or "rwm")


def _one(major: int, names: str) -> Iterator[tuple[int, int, int, str]]:
    for entry in names.split():
        minor, _, name = entry.partition("=")
        yield major, int(minor), int(minor), f"/dev/{name}"


_CHARACTER: tuple[tuple[int, int, int, str], ...] = (
    *_one(1, "1=mem 2=kmem 3=null 4=port 5=zero 7=full 8=random 9=urandom 11=kmsg 12=crash"),
    (2, 0, 255, "/dev/console (BSD terminals)"),
    (3, 0, 255, "/dev/console (BSD terminals)"),
    (4, 0, 63, "/dev/tty0"),
    (4, 64, 255, "/dev/ttyS0"),
    *_one(5, "0=tty 1=console 2=ptmx 3=console"),
    (7, 0, 255, "/dev/vcs"),
    *_one(
        10,
        "144=nvram 183=hwrng 184=cpu/microcode 196=vfio/vfio 200=net/tun 203=cuse 223=uinput 224=tpm0 229=fuse"
        " 231=snapshot 232=kvm 234=btrfs-control 236=mapper/control 237=loop-control 238=vhost-net 239=uhid 242=rfkill",
    ),
    (13, 0, 1023, "/dev/input/event0"),
    (21, 0, 1048575, "/dev/sg0"),
    (29, 0, 255, "/dev/fb0"),
    (90, 0, 1048575, "/dev/mtd0"),
    (116, 0, 1048575, "/dev/snd/seq"),
    (136, 0, 1048575, "/dev/pts/0"),
    *((major, 0, 1048575, "/dev/pts/0") for major in range(137, 144)),
    (162, 0, 1048575, "/dev/raw/raw1"),
    (166, 0, 1048575, "/dev/ttyACM0"),
    (188, 0, 1048575, "/dev/ttyUSB0"),
    (189, 0, 1048575, "/dev/bus/usb/001/001"),
    (195, 0, 255, "/dev/nvidia0"),
    (202, 0, 1048575, "/dev/cpu/0/msr"),
    (203, 0, 1048575, "/dev/cpu/0/cpuid"),
    (226, 0, 1048575, "/dev/dri/card0"),
    (229, 0, 255, "/dev/hvc0"),
)
"""Major, first and last minor, and a device that has such numbers."""

ALWAYS_OPEN = tuple(
    DeviceRule("c", major, minor)
    for major, minor in ((1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, None))
)
"""Every container may open these: null, zero, full, random, urandom, tty, ptmx, and its own terminals."""


def devices_behind(rule: DeviceRule) -> Mapping[str, str]:
    """The character devices that a rule opens, as far as their numbers are the same on every host: name -> numbers."""
    if rule.kind != "c":
        return {}
    return {
        name: f"{major}:{first}" if first == last else f"{major}:{first}-{last}"
        for major, first, last, name in _CHARACTER
        if rule.major in (None, major) and (rule.minor is None or first <= rule.minor <= last)
    }
