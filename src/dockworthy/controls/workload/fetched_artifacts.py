"""What is fetched in the clear can be exchanged on its way, and is then run."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._graded import GradedFault, judge_graded

_APP = "{{id: /shop, container: {{docker: {{image: shop}}}}, {more}}}"

control = Control(
    id="workload/fetched-artifacts",
    title="Marathon fetches files over encrypted connections only",
    fault="{who} [fetches|fetch] files over unencrypted connections",
    rationale="The agent fetches the file before each start and unpacks it beside the program. Over http or ftp everybody on "
    "the way can put another one in its place; Mesos compares no checksum.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.orchestrators",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.MARATHON}),
    remedy=Remedy("Put the file into the image, or fetch it from an https address.", "replaces the task"),
    bad={
        "marathon": [
            _APP.format(more="fetch: [{uri: 'http://files.example.com/shop.tgz', executable: true}]"),
            _APP.format(more="uris: ['ftp://files.example.com/shop.tgz']"),
        ]
    },
    good={
        "marathon": [
            _APP.format(more="fetch: [{uri: 'https://files.example.com/shop.tgz'}]"),
            _APP.format(more="uris: ['file:///etc/docker.tar.gz']"),
        ]
    },
)

_IN_THE_CLEAR = ("http://", "ftp://")


@control.judge
def fetched_artifacts(unit: Unit) -> Judgement:
    artifacts = unit.orchestrated.artifacts
    if not artifacts:
        return not_applicable("nothing is fetched", unit.source)
    faults = [
        GradedFault(
            f"{artifact.address} is fetched in the clear{' and made executable' if artifact.is_executable else ''}",
            artifact.source,
            Severity.HIGH if artifact.is_executable else Severity.MEDIUM,
        )
        for artifact in artifacts
        if artifact.address.lower().startswith(_IN_THE_CLEAR)
    ]
    return judge_graded(faults, good="nothing is fetched in the clear", source=artifacts[0].source)
