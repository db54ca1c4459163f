"""The cloud's metadata service hands the role's keys to whoever can make a container send one plain request."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit

_JOB = (
    "{{applicationName: shop, container: {{resources: {{cpu: 1, memoryMB: 512}}, image: {{name: shop, tag: '1'}}, "
    "attributes: {{{attributes}}}}}, batch: {{size: 1}}}}"
)
_KEY = "titusParameter.agent.imds.requireToken"

control = Control(
    id="workload/metadata-token",
    title="The metadata service asks a job for a token",
    fault="{who} [reaches|reach] the metadata service without a token",
    rationale="Without a token a request that an intruder slips into the program (a URL to fetch, a redirect) is answered with "
    "the keys of its IAM role. With one it must first be asked for, which such a request can't do.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.reach",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.TITUS}),
    remedy=Remedy(
        f"Set the container's attribute `{_KEY}` to `true`.", "starts new tasks; old cloud libraries get no keys"
    ),
    bad={"titus": [_JOB.format(attributes=""), _JOB.format(attributes=f"{_KEY}: 'false'")]},
    good={"titus": _JOB.format(attributes=f"{_KEY}: 'true'")},
)


@control.judge
def metadata_token(unit: Unit) -> Judgement:
    field = unit.orchestrated.metadata_token
    if isinstance(field, Set) and field.value:
        return passed("a token is asked for", field.source)
    says = "no token is asked for" if isinstance(field, Set) else "nobody asks for a token"
    return failed(says, field.source or unit.source)
