"""What a log says of rights that are missing: the line that shows it, and the capabilities it hints at.

A hint only decides what is tried first. What is needed, a trial tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_COMPLAINT = re.compile(
    r"(?i)read-only file ?system|\bEROFS\b|operation not permitted|\bEPERM\b|permission denied|\bEACCES\b"
    r"|not permitted|cannot allocate memory|out of memory|resource temporarily unavailable|no space left"
)
_ERROR = re.compile(r"(?i)\b(?:error|fatal|panic|failed|failure|cannot|can't|unable|denied|exception|traceback)\b")
_READ_ONLY = re.compile(r"(?i)read-only file ?system|\bEROFS\b")
_PATH = re.compile(r"(?<![\w.:/])/[^\s\"'`:;,()<>\[\]{}]+")
_VARYING = re.compile(r"\d+|0x[0-9a-f]+")

_HINTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(?i)chown|changing ownership|change owner"), ("CHOWN",)),
    (re.compile(r"(?i)chmod|changing permissions|change permissions|utime"), ("FOWNER", "FSETID")),
    (re.compile(r"(?i)set(?:res|re|e)?uid|setpriv|gosu|su-exec|switching to|setuidgid"), ("SETUID", "SETGID")),
    (re.compile(r"(?i)set(?:res|re|e)?gid|setgroups|initgroups"), ("SETGID", "SETUID")),
    (re.compile(r"(?i)bind|listen|port"), ("NET_BIND_SERVICE",)),
    (re.compile(r"(?i)chroot"), ("SYS_CHROOT",)),
    (re.compile(r"(?i)mknod"), ("MKNOD",)),
    (re.compile(r"(?i)raw socket|icmp|ping"), ("NET_RAW",)),
    (re.compile(r"(?i)kill|signal"), ("KILL",)),
    (re.compile(r"(?i)permission denied|EACCES"), ("DAC_OVERRIDE",)),
)

USUAL = ("CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER")
"""What a program needs that starts as root, takes over its data and steps down."""


def hinted_capabilities(lines: Iterable[str]) -> tuple[str, ...]:
    """Capabilities that complaints of a log hint at, in order."""
    found: dict[str, None] = {}
    for line in lines:
        if _COMPLAINT.search(line) or _ERROR.search(line):
            for words, capabilities in _HINTS:
                if words.search(line):
                    found.update(dict.fromkeys(capabilities))
    return tuple(found)


def refused_paths(lines: Iterable[str]) -> tuple[str, ...]:
    """Paths that a log says lie on a read-only file system. The last one of a line is what could not be written:
    before it programs name themselves."""
    found = (_PATH.findall(line) for line in lines if _READ_ONLY.search(line))
    return tuple(dict.fromkeys(paths[-1].rstrip("/.") for paths in found if paths))


def new_complaints(lines: Iterable[str], before: Iterable[str]) -> list[str]:
    """Lines about missing rights or room of which the unchanged service's log has none alike (numbers apart)."""
    known = {_alike(line) for line in before}
    return [line for line in lines if _COMPLAINT.search(line) and _alike(line) not in known]


def telling_line(lines: Sequence[str], before: Iterable[str] = ()) -> str:
    """The line that shows best why it failed: one about rights, else an error, else the last; "" of none."""
    known = {_alike(line) for line in before}
    new = [line for line in lines if line.strip() and _alike(line) not in known]
    for shape in (_COMPLAINT, _ERROR):
        for line in new:
            if shape.search(line):
                return line.strip()[:300]
    return new[-1].strip()[:300] if new else ""


def _alike(line: str) -> str:
    return _VARYING.sub("#", line.strip())
