"""An image for another processor runs in an emulator: several times slower, and with faults of its own."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.engine import Image
from ...model.field import Field, Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, engine_says
from ._running import gap, image_name


def _made_for(architecture: str | None) -> dict[str, object]:
    return {"engine": {"images": [{"Architecture": architecture}], "containers": [{"name": "web"}]}}


control = Control(
    id="machine/native-images",
    title="Images in use are made for this host's processor",
    fault="{who} in use [is|are] made for another processor",
    rationale="With an emulator registered the engine runs foreign programs without a word, at a fraction of the speed.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.MACHINE,
    remedy=Remedy("Build or pull the image for this processor (`--platform`).", "recreates the containers that use it"),
    check_yourself="docker image inspect -f '{{.Architecture}}' IMAGE; uname -m",
    bad={"snapshot": [_made_for("arm64"), both(_made_for("amd64"), engine_says(Architecture="aarch64"))]},
    good={
        "snapshot": [
            _made_for("amd64"),
            _made_for("386"),
            both(_made_for("arm64"), engine_says(Architecture="aarch64")),
        ]
    },
    unclear={"snapshot": [_made_for(None), both(_made_for("amd64"), engine_says(Architecture=None))]},
)

_RUNS = {
    "x86_64": ("amd64", "386"),
    "amd64": ("amd64", "386"),
    "aarch64": ("arm64", "arm"),
    "arm64": ("arm64", "arm"),
    "armv7l": ("arm",),
    "armv6l": ("arm",),
    "i686": ("386",),
    "ppc64le": ("ppc64le",),
    "s390x": ("s390x",),
    "riscv64": ("riscv64",),
    "loongarch64": ("loong64",),
}
"""The kernel's name for a processor -> images' names for what it runs."""


@control.judge
def native_images(machine: Machine) -> Iterator[Judgement]:
    used = [image for image in machine.images if image.used_by]
    host = _architecture(machine)
    yield from (_judge(image, host) for image in used)
    if not used:
        yield gap(machine, "images", "containers") or not_applicable("no image is in use", Source("GET /images/json"))


def _architecture(machine: Machine) -> Field[str]:
    info = machine.engine.info
    if isinstance(info, Unknown):
        return info
    place = Source("GET /info", "Architecture")
    named = info.value.get("Architecture") if isinstance(info, Set) else None
    if not isinstance(named, str) or named not in _RUNS:
        return Unknown("the engine does not name a processor that is known here", tell="uname -m", source=place)
    return Set(named, place)


def _judge(image: Image, host: Field[str]) -> Judgement:
    about, made_for = image_name(image.id, image.tags), image.architecture
    if not isinstance(made_for, Set) or not made_for.value:
        reason = made_for.reason if isinstance(made_for, Unknown) else "the image names no processor"
        return unknown(reason, made_for.source, about=about)
    if not isinstance(host, Set):
        return unknown(getattr(host, "reason", ""), host.source, tell="uname -m", about=about)
    if made_for.value in _RUNS[host.value]:
        return passed(f"made for {made_for.value}", made_for.source, about=about)
    return failed(f"made for {made_for.value}; this host is {host.value}: it is emulated", made_for.source, about=about)
