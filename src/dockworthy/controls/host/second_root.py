"""A second account with the number 0 is root under another name: the oldest back door there is."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known


def _accounts(*accounts: tuple[str, int]) -> dict[str, Any]:
    return on_host(accounts=[{"name": name, "uid": uid, "shell": "/bin/bash"} for name, uid in accounts])


control = Control(
    id="host/second-root",
    title="Only root has the user number 0",
    fault="Another account than root has the user number 0",
    rationale="The kernel knows numbers, not names: every account with the number 0 is root, with a password of its "
    "own that nobody thinks of.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="7.credentials",
    also_for=("3.least-privilege",),
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Find out who made it and why. Then give it another number, or delete its line: `vipw`, then `vipw -s` (`userdel` "
        "and `usermod` refuse an account whose number has running processes, and this one's always has).",
        "none",
    ),
    check_yourself="awk -F: '$3 == 0 {print $1}' /etc/passwd",
    bad={
        "host": {"/etc/passwd": "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n"},
        "snapshot": _accounts(("root", 0), ("toor", 0)),
    },
    good={"snapshot": [_accounts(("root", 0), ("ana", 1000)), _accounts()]},
    unclear={"snapshot": on_host(accounts=not_seen())},
)


@control.judge
def second_root(host: Host) -> Judgement:
    accounts = host.accounts
    if not isinstance(accounts, Set):
        return not_known(accounts, what="the list of accounts")
    others = [account.name for account in accounts.value if account.uid == 0 and account.name != "root"]
    if others:
        return failed(f"{', '.join(others)}: root under another name", accounts.source)
    return passed("only root has the number 0", accounts.source)
