"""Who may change what is judged may not change, in the same breath, what it is judged by."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity
from ...model.policy_change import PolicyChange

_ASKED = """policy:
  level: restricted
  unknown: fail
  comments: refuse
  levels: {web: production}
  before_deploy: {host: restricted, tests: [make test]}
  exceptions:
    - {control: workload/writable-root, subject: db, reason: r, owner: o, expires: 2999-03-01}
  rules:
    - {id: custom/own, severity: high, when: "workload.image == 'a'", says: s}
"""


def _change(before: str, now: str) -> str:
    return f"{before}--- # and now\n{now}"


control = Control(
    id="policy/loosened",
    title="A change does not loosen the policy that it is judged by",
    fault="The change loosens the policy that it is judged by",
    rationale="A pull request that adds an exception, lowers the level or takes out a rule excuses itself: whatever it "
    "brings along is green. With --changed-since the policy of the base counts, and the loosening is a failure of its "
    "own: somebody must decide it, apart from what it would excuse.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="2.policy",
    subject=Subject.POLICY,
    remedy=Remedy(
        "Bring the policy in by a change of its own, approved by who answers for it, or keep it out of the project's "
        "hands: `--policy FILE` names one that the pipeline has.",
        "",
    ),
    bad={
        "policy": [
            _change("", "policy: {level: baseline}\n"),
            _change(_ASKED, ""),
            _change(_ASKED, _ASKED.replace("subject: db", "subject: '*'")),
            _change(_ASKED, _ASKED.replace("2999-03-01", "2999-04-01")),
            _change(_ASKED, _ASKED.replace("== 'a'", "== 'b'")),
            _change(_ASKED, _ASKED.replace("comments: refuse", "comments: accept")),
            _change(_ASKED, _ASKED.replace("unknown: fail", "unknown: accept")),
            _change(_ASKED, _ASKED.replace("tests: [make test]", "tests: []")),
            _change(_ASKED, _ASKED.replace("levels: {web: production}", "levels: {}")),
        ]
    },
    good={
        "policy": [
            _change("", "policy: {level: production, unknown: fail}\n"),
            _change(_ASKED, _ASKED.replace("level: restricted\n  unknown", "level: production\n  unknown")),
            _change(_ASKED, _ASKED.replace("2999-03-01", "2998-03-01")),
        ]
    },
)


@control.judge
def loosened(policy: PolicyChange) -> Judgement:
    if not policy.loosened:
        return passed(f"it asks no less than at {policy.since}", policy.source)
    return Judgement(Outcome.FAIL, tuple(Evidence(each.says, each.source) for each in policy.loosened))
