"""containerd and runc make the containers; most escapes of the last years were theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Field, Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.knowledge.releases import CONTAINERD_LINES, KNOWN_ON, RUNC_MENDED, line_of, numbers, text
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._builds import installed, marked_by_distribution

_ABOUT = "engine"
_SOURCE = Source("GET /version", "Components")
_UPGRADE = "apt-get update && apt-get install --only-upgrade containerd.io"


def _with(containerd: str, runc: str, package: str = "containerd.io") -> dict[str, Any]:
    parts = [{"Name": "containerd", "Version": containerd}, {"Name": "runc", "Version": runc}]
    said = {"is": "set", "value": {"Version": "29.7.2", "Components": parts}, "source": {"where": "GET /version"}}
    return both({"engine": {"version": said}}, on_host(packages=[{"name": package, "version": containerd}]))


control = Control(
    id="engine/runtime-release",
    title="containerd and runc are mended versions",
    fault="containerd or runc has known faults or gets no more fixes",
    rationale="runc before 1.2.8, 1.3.3 and 1.4.0 lets an image write to the host's kernel settings and so take the "
    "host (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881). containerd lines that ended get no fixes.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="5.current",
    subject=Subject.MACHINE,
    references=(nist("4.4.1"), owasp("D02")),
    remedy=Remedy(
        "Upgrade the package containerd.io, which brings both (Red Hat, Fedora: `dnf upgrade containerd.io`). Where no "
        "package brought them, put newer programs of both in their place.",
        "restart of containerd and the engine: containers go on with live-restore; a new runc holds for containers "
        "started afterwards, so restart them",
    ),
    check_yourself="runc --version; containerd --version; apt-cache policy containerd.io runc",
    bad={"snapshot": [_with("v2.1.5", "1.3.2"), _with("v2.3.1", "1.1.15"), _with("v1.6.33", "1.4.1")]},
    good={"snapshot": _with("v2.3.1", "1.4.1")},
    unclear={
        "snapshot": [
            {"engine": {"version": not_seen(), "info": not_seen()}},
            both(_with("v2.1.5", "1.3.2"), on_host(packages=not_seen())),
        ]
    },
)


@control.judge
def runtime_release(machine: Machine) -> Judgement:
    components = dict(_components(machine.engine.version_details))
    if not components:
        return unknown("the versions of containerd and runc could not be read", _SOURCE, about=_ABOUT)
    build = _build(machine, components)
    seen = ", ".join(f"{name} {version}" for name, version in components.items())
    if build == "distribution":
        says = f"{seen}: built by the distribution, which mends within the version (see host/pending-updates)"
        return not_applicable(says, _SOURCE, about=_ABOUT)
    faults = [fault for name, version in components.items() if (fault := _fault(name, version, machine.taken))]
    if not faults:
        return passed(seen, _SOURCE, about=_ABOUT)
    if isinstance(build, Unknown):
        says = f"{'; '.join(faults)}, unless a distribution mended it: {build.reason}"
        return unknown(says, _SOURCE, tell=build.tell, about=_ABOUT)
    packaged = installed(machine.host, ("containerd.io",)) and not isinstance(machine.host.packages, Unknown)
    return failed("; ".join(faults), _SOURCE, about=_ABOUT, command=_UPGRADE if packaged else "")


def _components(details: Field[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    parts = details.value.get("Components") if isinstance(details, Set) else None
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict) and part.get("Name") in ("containerd", "runc"):
            yield str(part["Name"]), str(part.get("Version", ""))


def _build(machine: Machine, components: dict[str, str]) -> str | Unknown:
    """`upstream` or `distribution`; Docker's package containerd.io carries the projects' own programs."""
    upstream = installed(machine.host, ("containerd.io",))
    if isinstance(upstream, str) and upstream:
        return "upstream"
    if any(marked_by_distribution(version) for version in components.values()):
        return "distribution"
    if isinstance(upstream, Unknown):
        return upstream
    return "distribution" if installed(machine.host, ("runc", "containerd", "moby-runc")) else "upstream"


def _fault(name: str, version: str, now: str) -> str:
    number = numbers(version)
    if name == "runc":
        return _runc_fault(version, number)
    line = line_of(number, CONTAINERD_LINES)
    if line is None:
        old = number and number < CONTAINERD_LINES[-1].version
        return f"containerd {version}: its line ended years ago" if old else ""
    return f"containerd {version}: its line ended {line.ended}" if line.ended < now else ""


def _runc_fault(version: str, number: tuple[int, ...]) -> str:
    """A line newer than those known here is taken for mended: its first version came after the fixes."""
    if not number or number[:2] > RUNC_MENDED[-1][:2]:
        return ""
    mended = next((first for first in RUNC_MENDED if first[:2] == number[:2]), None)
    if mended is None:
        return f"runc {version}: its line has known escapes that nobody mends (known on {KNOWN_ON})"
    return f"runc {version}: known escapes, mended in {text(mended)}" if number < mended else ""
