"""An engine whose release line has ended gets no security fixes any more."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.knowledge.releases import (
    ENGINE_BY_OTHERS,
    ENGINE_LINES,
    ENGINE_NEWEST,
    ENGINE_OLDEST,
    KNOWN_ON,
    line_of,
    numbers,
    text,
)
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._builds import DISTRIBUTIONS, UPSTREAM, installed, marked_by_distribution

_ABOUT = "engine"


def _engine(version: str, package: str = "") -> dict[str, Any]:
    packages = [{"name": package, "version": version}] if package else []
    said = {"is": "set", "value": {"Version": version}, "source": {"where": "GET /version"}}
    return both({"engine": {"version": said}}, on_host(packages=packages))


control = Control(
    id="engine/release",
    title="The engine's release line is still mended",
    fault="The engine's release gets no more fixes",
    rationale="Escapes from containers are found every year. Only lines that are still maintained get the fixes; the "
    "others stay open, known to everybody.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="5.current",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "1.2.2"), cis("1.8.0", "1.2.2"), nist("4.4.1"), owasp("D02")),
    remedy=Remedy(
        "Upgrade to the newest engine. Before: find clients that speak an API version which it refuses "
        "(`docker version`, agents, CI runners), and read its release notes for settings that were removed.",
        "restart of the engine: containers stop unless live-restore is on, which does not hold over major versions",
    ),
    check_yourself="docker version -f '{{.Server.Version}}'; apt-cache policy docker-ce docker.io",
    bad={"snapshot": [_engine("27.5.1", "docker-ce"), _engine("17.06.0-ce", "docker-ce"), _engine("28.0.1")]},
    good={
        "snapshot": [
            _engine("29.7.2", "docker-ce"),
            _engine("31.0.0", "docker-ce"),
            _engine("26.1.5+dfsg1", "docker.io"),
            _engine("27.5.1", "docker.io"),
        ]
    },
    unclear={
        "snapshot": [
            {"engine": {"version": not_seen(), "info": not_seen()}},
            _engine("25.0.14"),
            both(_engine("27.5.1"), on_host(packages=not_seen())),
        ]
    },
)


@control.judge
def release(machine: Machine) -> Judgement:
    version = machine.engine.version
    if not isinstance(version, Set):
        why = version.reason if isinstance(version, Unknown) else "the engine did not say its version"
        return unknown(why, version.source, about=_ABOUT)
    upstream, distribution = (installed(machine.host, names) for names in (UPSTREAM, DISTRIBUTIONS))
    by_docker = isinstance(upstream, str) and upstream != ""
    who = distribution if isinstance(distribution, str) else ""
    if not by_docker and (who or marked_by_distribution(version.value)):
        says = f"{version.value}, built and mended by the distribution ({who or 'its mark is in the version'})"
        return passed(says, version.source, about=_ABOUT)
    return _judge_upstream(version, upstream)


def _judge_upstream(version: Set[str], package: str | Unknown) -> Judgement:
    number = numbers(version.value)
    if not number:
        return unknown(f"{version.value!r} is no version of an engine", version.source, about=_ABOUT)
    line = line_of(number, ENGINE_LINES)
    ended = line.ended if line is not None else ("2020" if number < ENGINE_OLDEST else "")
    if ended and isinstance(package, Unknown):
        says = f"{version.value}: Docker's own line ended {ended}; who built this one can't be told: {package.reason}"
        return unknown(says, version.source, tell=package.tell, about=_ABOUT)
    if ended:
        newest = text(ENGINE_NEWEST)
        says = f"{version.value}: this line ended {ended}; the newest known on {KNOWN_ON} is {newest}"
        return failed(says, version.source, about=_ABOUT)
    if number[:2] in ENGINE_BY_OTHERS:
        return unknown(f"{version.value}: {ENGINE_BY_OTHERS[number[:2]]}", version.source, about=_ABOUT)
    return _judge_patch(version, number, package)


def _judge_patch(version: Set[str], number: tuple[int, ...], package: str | Unknown) -> Judgement:
    """Where a package manager looks after the engine, host/pending-updates tells of newer patches."""
    if number >= ENGINE_NEWEST:
        newer = number[:1] > ENGINE_NEWEST[:1]
        says = f"newer than what is known here ({KNOWN_ON})" if newer else "the line is maintained"
        return passed(f"{version.value}: {says}", version.source, about=_ABOUT)
    behind = f"{version.value}: the line is maintained, {text(ENGINE_NEWEST)} was out on {KNOWN_ON}"
    if package == "":
        says = f"{behind}, and no package manager looks after this engine"
        return failed(says, version.source, about=_ABOUT)
    return passed(behind, version.source, about=_ABOUT)
