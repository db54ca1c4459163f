"""What this engine still accepts, a newer one refuses, or does in another way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from ...model.control import Control, Subject
from ...model.engine import Engine
from ...model.field import Origin, Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.knowledge.engine_changes import (
    KNOWN_ON,
    LINKS,
    LINKS_INSTEAD,
    LINKS_SINCE,
    NEXT_MAJOR,
    SETTINGS,
    EngineChange,
)
from ...model.knowledge.releases import Numbers, numbers, text
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, known, not_seen, on_host, settings_not_seen
from ._running import running

_ABOUT = "engine"


def _engine(version: str, **settings: Any) -> dict[str, Any]:
    said = known({"Version": version, "MinAPIVersion": "1.24"})
    return both(on_host(daemon_json=known(settings)), {"engine": {"version": said}})


control = Control(
    id="machine/next-engine-settings",
    title="A newer engine starts with these settings, and does the same",
    fault="{n} [setting of the engine fails or changes|settings of the engine fail or change] with a newer engine",
    rationale="Settings and habits that were removed show at the upgrade: the engine does not start, or starts and no "
    "longer does what something here relies on.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.current",
    subject=Subject.MACHINE,
    remedy=Remedy("Change it before the upgrade, while this engine still takes both.", "a restart of the engine"),
    check_yourself="cat /etc/docker/daemon.json; dockerd --validate",
    bad={
        "snapshot": [
            _engine("20.10.24", **{"graph": "/srv/docker"}),
            _engine("24.0.9", **{"oom-score-adjust": -500}),
            _engine("27.5.1", **{"api-cors-header": "*"}),
            _engine("29.3.0", **{"insecure-registries": ["10.0.0.5:5000"]}),
            both(_engine("23.0.6"), {"engine": {"info": {"Driver": "devicemapper"}}}),
            both(
                _engine("28.5.2"), {"engine": {"containers": [{"inspect": {"HostConfig": {"Links": ["/db:/web/db"]}}}]}}
            ),
        ]
    },
    good={"snapshot": [_engine("28.5.2"), _engine("29.3.0", **{"insecure-registries": ["127.0.0.0/8"]})]},
    unclear={
        "snapshot": [
            both(settings_not_seen(), {"engine": {"version": known({"Version": "28.5.2"}), "info": not_seen()}}),
            {"engine": {"version": not_seen(), "info": not_seen()}},
        ]
    },
)


@control.judge
def next_engine_settings(machine: Machine) -> Iterator[Judgement]:
    version = machine.engine.version
    number = numbers(version.value) if isinstance(version, Set) else ()
    if not number:
        yield unknown("the engine's version could not be read, nor so what comes next", version.source, about=_ABOUT)
        return
    coming = [change for change in SETTINGS if change.since > number]
    found = [fault for change in coming if (fault := _fault(machine, change)) is not None]
    found += list(_links(machine, number))
    yield from found
    if found:
        return
    if not coming:
        yield not_applicable(
            f"no newer engine than {text(number)} is known here ({KNOWN_ON})", version.source, about=_ABOUT
        )
    else:
        says = f"no setting here was removed or changed between engine {text(number)} and {NEXT_MAJOR} ({KNOWN_ON})"
        yield _gap(machine.engine, coming) or passed(says, version.source, about=_ABOUT)


def _fault(machine: Machine, change: EngineChange) -> Judgement | None:
    field = _written(machine, change.setting)
    if field is None or not _concerns(change, field.value):
        return None
    value = field.value if isinstance(field.value, str | int) else ""
    effect = "it will not start with it" if change.stops else "it starts"
    says = f"{change.setting} {value}".rstrip() + f": {change.says} in engine {text(change.since)}; {effect}"
    judged = failed(
        says,
        field.source,
        about=f"{_ABOUT}/{change.setting}",
        remedy=f"{change.instead[0].upper()}{change.instead[1:]}.",
    )
    return structs.replace(judged, severity=Severity.HIGH if change.stops else Severity.LOW)


def _written(machine: Machine, setting: str) -> Set[Any] | None:
    """A setting that somebody wrote; the storage driver also as it runs, for nobody needs to write it."""
    engine, file = machine.engine, machine.host.daemon_json
    if setting == "storage-driver" and isinstance(engine.info, Set) and engine.info.value.get("Driver"):
        return Set(str(engine.info.value["Driver"]), Source("GET /info", "Driver"))
    if isinstance(file, Set) and setting in file.value:
        return Set(file.value[setting], Source(file.source.where, setting))
    field = engine.setting(setting)
    written = (
        isinstance(field, Set) and field.origin is not Origin.PLATFORM and not field.source.where.startswith("GET")
    )
    return field if isinstance(field, Set) and written else None


def _concerns(change: EngineChange, value: Any) -> bool:
    if change.values:
        return value in change.values
    if change.setting == "insecure-registries":
        entries = [str(entry) for entry in value] if isinstance(value, list | tuple) else []
        return bool(entries) and not any(entry.startswith(("127.", "localhost", "::1")) for entry in entries)
    return True


def _gap(engine: Engine, coming: list[EngineChange]) -> Judgement | None:
    """No fault among what was seen says nothing of what was not."""
    if isinstance(engine.settings_seen, Set) or not coming:
        return None
    why = getattr(engine.settings_seen, "reason", "the engine's settings were not read")
    return unknown(why, engine.settings_seen.source, tell=getattr(engine.settings_seen, "tell", ""), about=_ABOUT)


def _links(machine: Machine, number: Numbers) -> Iterator[Judgement]:
    if number >= LINKS_SINCE:
        return
    for unit, container in running(machine):
        if isinstance(container.links, Set) and container.links.value:
            says = f"{unit.name} is linked to {', '.join(container.links.value)}: from engine {text(LINKS_SINCE)} on {LINKS}"
            judged = failed(says, container.links.source, about=unit.id, remedy=LINKS_INSTEAD)
            yield structs.replace(judged, severity=Severity.LOW)
