"""A host that was set up by hand can't be set up again in the night it is lost."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import LAST_NIGHT, THREE_WEEKS_AGO, drill, evidence, job, not_read
from ._proofs import judged, proofs_of

_FILE = {"where": "/opt/puppetlabs/puppet/public/last_run_summary.yaml"}


def _set_up(tool: str, **more: object) -> dict[str, object]:
    return evidence(set_up=[{"tool": tool, "source": _FILE, **more}])


control = Control(
    id="machine/setup-automatic",
    title="The host is set up by a program, and again with the same result",
    fault="The host is not set up by a program that gives the same result again",
    rationale="What is written as code can be read, reviewed and run on a new host. What was typed once is partly forgotten "
    "by the time the host is lost.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.setup",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Describe the host in Ansible, Puppet, cloud-init, NixOS or a script under version control, run it on an empty "
        "machine, and run it again: nothing may change.",
        "a day or two for one kind of host",
    ),
    check_yourself="cloud-init status --long; ls -l /opt/puppetlabs/puppet/public/last_run_summary.yaml ~/.ansible/tmp",
    bad={"snapshot": [_set_up("Puppet", failures=3, last_run=LAST_NIGHT), _set_up("cloud-init", failures=1)]},
    good={
        "snapshot": [
            _set_up("Puppet", failures=0, last_run=LAST_NIGHT),
            evidence(drills=[drill("3.setup", "setup", passed=True)]),
        ]
    },
    unclear={
        "snapshot": [
            not_read(),
            _set_up("cloud-init", failures=0, last_run=THREE_WEEKS_AGO),
            _set_up("Puppet", failures=0, last_run=THREE_WEEKS_AGO),
            _set_up("Ansible", last_run=LAST_NIGHT),
            evidence(jobs=[job("setup", "Ansible")]),
        ]
    },
)


@control.judge
def setup_automatic(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "3.setup", ToolTask.SETUP),
        looked_for="Puppet, Ansible, Salt, Chef, cloud-init, Ignition and NixOS",
        tell="whoever set this host up: from what would the next one be made, and when was that last tried?",
        looked_in=("set_up", "running"),
    )
