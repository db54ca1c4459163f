"""systemd timers and the commands that they start. Read from unit files: no question is put to systemd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ..host.root import Root
from .shell import words_of

FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""The first that has a unit wins."""
_OF_THE_ADMINISTRATOR = ("/etc/systemd/system", "/usr/local/lib/systemd/system")
_STAMPS = "/var/lib/systemd/timers"
_WHEN = ("OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec", "OnBootSec", "OnStartupSec", "OnActiveSec")
_STARTS = ("ExecStartPre", "ExecStart", "ExecStartPost")


class UnitSetting(NamedTuple):
    section: str
    name: str
    value: str
    line: int


class Start(NamedTuple):
    """A command line that a timer starts, as written, and where."""

    line_of_command: str
    file: str
    line: int


class SystemdTimer(NamedTuple):
    """`last_run`: when it last went off (only persistent timers leave that behind)."""

    name: str
    enabled: bool
    schedule: str
    last_run: str
    starts: tuple[Start, ...]
    environment: dict[str, str]


def parse_unit(text: str) -> list[UnitSetting]:
    """systemd.syntax(7): sections, `name=value`, comments, lines that end in a backslash go on. Never raises."""
    found: list[UnitSetting] = []
    section, begun, held = "", 0, ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        begun = begun if held else number
        held = f"{held} {line}".strip() if held else line
        if held.endswith("\\"):
            held = held[:-1].rstrip() or " "
            continue
        if held.startswith("[") and held.endswith("]"):
            section = held[1:-1]
        elif "=" in held:
            name, _, value = held.partition("=")
            found.append(UnitSetting(section, name.strip(), value.strip(), begun))
        held = ""
    return found


def read_timers(root: Root) -> list[SystemdTimer]:
    """Timers that are switched on, and those that the administrator wrote. What can't be read is left out."""
    enabled = _wanted(root)
    own = {name for folder in _OF_THE_ADMINISTRATOR for name in root.names_or_none(folder)}
    # A package's timer that nobody switched on is an offer, and a template is nothing without its instances.
    names = {name for name in own | enabled if name.endswith(".timer") and not name.endswith("@.timer")}
    return [timer for name in sorted(names) if (timer := _timer(root, name, name in enabled)) is not None]


def _timer(root: Root, name: str, enabled: bool) -> SystemdTimer | None:
    settings = [setting for _, setting in _unit(root, name)]
    if not settings:
        return None
    schedule = ", ".join(s.value for s in settings if s.section == "Timer" and s.name in _WHEN and s.value)
    service = next((s.value for s in settings if s.name == "Unit"), name.removesuffix(".timer") + ".service")
    starts: list[Start] = []
    environment: dict[str, str] = {}
    for file, setting in _unit(root, service):
        if setting.name in _STARTS:
            starts = starts if setting.value else []
            starts.append(Start(_specified(setting.value, service).lstrip("@-:+!|"), file, setting.line))
        elif setting.name == "Environment":
            environment |= dict(_assignments(setting.value))
        elif setting.name == "EnvironmentFile":
            environment |= environment_file(root, _specified(setting.value, service).lstrip("-"))
    starts = [start for start in starts if start.line_of_command]
    return SystemdTimer(name, enabled, schedule, _last_run(root, name), tuple(starts), environment) if starts else None


def _unit(root: Root, name: str) -> Iterator[tuple[str, UnitSetting]]:
    """(file, setting) of a unit and its drop-ins; nothing where it is masked."""
    template = f"{name.split('@')[0]}@.{name.rsplit('.', 1)[-1]}" if "@" in name else name
    for candidate in dict.fromkeys((name, template)):
        for folder in FOLDERS:
            path = f"{folder}/{candidate}"
            if root.identity(path) == "/dev/null":
                return
            if (text := _text(root, path)) is not None:
                yield from ((path, setting) for setting in parse_unit(text))
                yield from _drop_ins(root, candidate)
                return


def _drop_ins(root: Root, name: str) -> Iterator[tuple[str, UnitSetting]]:
    for folder in reversed(FOLDERS):
        for entry in root.names_or_none(f"{folder}/{name}.d"):
            path = f"{folder}/{name}.d/{entry}"
            if entry.endswith(".conf") and (text := _text(root, path)) is not None:
                yield from ((path, setting) for setting in parse_unit(text))


def environment_file(root: Root, path: str) -> dict[str, str]:
    """`NAME=value` lines. The values stay in here: they may be secrets."""
    text = _text(root, path) if path.startswith("/") else None
    return dict(pair for line in (text or "").splitlines() for pair in _assignment(line))


def _assignment(line: str) -> Iterator[tuple[str, str]]:
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    if equals and name.replace("_", "").isalnum() and not line.lstrip().startswith("#"):
        yield name, value.strip().strip("\"'")


def _assignments(value: str) -> Iterator[tuple[str, str]]:
    for word in words_of(value):
        yield from _assignment(word)


def _specified(text: str, unit: str) -> str:
    """`%i` of an instance, `%%` is a percent sign. Others are left as they are."""
    stem = unit.rsplit(".", 1)[0]
    instance = stem.split("@", 1)[1] if "@" in stem else ""
    return (
        text.replace("%%", "\0").replace("%i", instance).replace("%I", instance).replace("%n", unit).replace("\0", "%")
    )


def _wanted(root: Root) -> set[str]:
    """Names of units that others want: those are enabled."""
    names: set[str] = set()
    for folder in FOLDERS:
        for entry in root.names_or_none(folder):
            if entry.endswith((".wants", ".requires")):
                names |= set(root.names_or_none(f"{folder}/{entry}"))
    return names


def _last_run(root: Root, timer: str) -> str:
    try:
        moment = root.stat(f"{_STAMPS}/stamp-{timer}").st_mtime
    except OSError:
        return ""
    return rfc3339(moment)


def rfc3339(seconds: float) -> str:
    """A moment of the host's clock as RFC 3339 in UTC, `""` where it is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return ""


def _text(root: Root, path: str) -> str | None:
    try:
        return root.read(path)
    except OSError:
        return None
