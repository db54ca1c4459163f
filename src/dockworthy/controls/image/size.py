"""A large image is slow to ship when it matters, and most of what it holds is never used."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Image
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ..sizes import GIGABYTE, in_words

control = Control(
    id="image/size",
    title="Images hold little more than they need",
    fault="{who} [holds|hold] more than needed",
    rationale="Each package more is one more to be updated, and each gigabyte delays the start on a new host.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.IMAGE,
    references=(cis("1.6.0", "4.3"), cis("1.8.0", "4.3"), nist("4.1.2")),
    remedy=Remedy(
        "Build in one stage and copy the result into a slim one; leave compilers and package caches behind.",
        "a new build of the image",
    ),
    check_yourself="docker history {name}",
    bad={"snapshot": {"engine": {"images": [{"inspect": {"Size": 3_200_000_000}}]}}},
    good={"snapshot": {"engine": {"images": [{"inspect": {"Size": 45_000_000}}]}}},
    unclear={"snapshot": {"engine": {"images": [{"id": "sha256:a1", "inspect": {"is": "unknown", "reason": "gone"}}]}}},
)

LARGEST = 2 * GIGABYTE
"""No standard names a number: nine of ten images of public registries are smaller than this by far."""


@control.judge
def size(image: Image) -> Judgement:
    field = image.size
    if not isinstance(field, Set):
        return unknown(getattr(field, "reason", "the engine does not tell the size"), field.source)
    says = f"{in_words(field.value)}"
    return (
        failed(f"{says}, more than {in_words(LARGEST)}", field.source)
        if field.value > LARGEST
        else passed(says, field.source)
    )
