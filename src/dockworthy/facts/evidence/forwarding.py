"""Logs that the host's own log service sends to another host: rsyslog, syslog-ng, systemd-journal-upload."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ...model.evidence import Forwarding
from ...model.field import Source
from ..host.masking import mask_urls
from ..host.root import Root, clean
from .programs import running_on_host
from .systemd import parse_unit

_RSYSLOG = re.compile(r"^[^#\n]*?\s(@{1,2})(?:\([^)]*\))?(\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(\d+))?\s*(?:;.*)?$")
_ACTION = re.compile(
    r"type=\"(omfwd|omrelp|omelasticsearch|omkafka|omhttp)\"[^)]*?(?:target|server|broker)=\[?\"([^\"]+)\""
)
_SYSLOG_NG = re.compile(r"\b(?:network|syslog|tcp|udp|http|elasticsearch-http|loki)\s*\(\s*(?:url\()?\s*\"([^\"]+)\"")
_LineReader = Callable[[str], str]
_OF_CONTAINERS = "/docker/containers"
_HERE = ("127.", "localhost", "[::1]", "::1")
_FILES = ("/etc/rsyslog.conf", "/etc/rsyslog.d")
_NG_FILES = ("/etc/syslog-ng/syslog-ng.conf", "/etc/syslog-ng/conf.d")
_UPLOAD = "/etc/systemd/journal-upload.conf"


def read_forwarding(root: Root) -> tuple[Forwarding, ...]:
    """What is written, of services that run now. Raises OSError where a file may not be read."""
    running = running_on_host(root, "rsyslogd", "syslog-ng", "systemd-journal-upload")
    found: list[Forwarding] = []
    if "rsyslogd" in running:
        found += _of_files(root, _FILES, "rsyslog", _rsyslog_line)
    if "syslog-ng" in running:
        found += _of_files(root, _NG_FILES, "syslog-ng", _syslog_ng_line)
    if "systemd-journal-upload" in running and root.exists(_UPLOAD):
        urls = [setting for setting in parse_unit(root.read(_UPLOAD)) if setting.name == "URL" and setting.value]
        found += [_forwarding("systemd-journal-upload", url.value, _UPLOAD, url.line, False) for url in urls]
    return tuple(entry for entry in found if not entry.to.startswith(_HERE))


def _of_files(root: Root, places: tuple[str, ...], tool: str, line_of: _LineReader) -> Iterator[Forwarding]:
    for place in places:
        names = [name for name in root.names_or_none(place) if name.endswith(".conf")]
        files = [place] if place.endswith(".conf") else [f"{place}/{name}" for name in names]
        for file in files:
            text = root.read(file) if root.exists(file) else ""
            reads_files = _OF_CONTAINERS in text
            for number, line in enumerate(text.splitlines(), 1):
                if to := line_of(line):
                    yield _forwarding(tool, to, file, number, reads_files)


def _forwarding(tool: str, to: str, file: str, line: int, reads_files: bool) -> Forwarding:
    return Forwarding(tool, mask_urls(clean(to)), Source(clean(file), "", line), reads_files)


def _rsyslog_line(line: str) -> str:
    """`*.* @@host:6514`, or an action that sends away."""
    if line.lstrip().startswith("#"):
        return ""
    if written := _RSYSLOG.match(line):
        return f"{written[2]}:{written[3] or 514}"
    return action[2] if (action := _ACTION.search(line)) else ""


def _syslog_ng_line(line: str) -> str:
    if line.lstrip().startswith("#") or "source" in line.split("{", 1)[0]:
        return ""
    return found[1] if (found := _SYSLOG_NG.search(line)) else ""
