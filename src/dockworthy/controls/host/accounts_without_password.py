"""An account with an empty password field lets in whoever types its name."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known


def _account(password: str) -> dict[str, Any]:
    return on_host(accounts=[{"name": "ana", "uid": 1000, "shell": "/bin/bash", "password": password}])


control = Control(
    id="host/accounts-without-password",
    title="Every account that can log in has a password, or none that fits",
    fault="Somebody can log in without a password",
    rationale="An empty field in /etc/shadow asks for nothing: at the console, with su, and over the network where a "
    "service allows it. A locked one (`!`, `*`) is right for whoever logs in with a key.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="7.credentials",
    also_for=("3.least-privilege",),
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy("Lock the account's password (`passwd -l NAME`), or set one.", "none for logins with a key"),
    check_yourself="awk -F: '$2 == \"\" {print $1}' /etc/shadow",
    bad={
        "host": {
            "/etc/passwd": "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n",
            "/etc/shadow": "root:*:20000:0:99999:7:::\nana::20000:0:99999:7:::\n",
        },
        "snapshot": _account("none"),
    },
    good={"snapshot": [_account("set"), _account("locked"), on_host(accounts=[])]},
    unclear={"snapshot": [on_host(accounts=not_seen()), _account("unknown")]},
)


@control.judge
def accounts_without_password(host: Host) -> Judgement:
    accounts = host.accounts
    if not isinstance(accounts, Set):
        return not_known(accounts, what="the list of accounts")
    open_ones = [account.name for account in accounts.value if account.password == "none"]
    if open_ones:
        return failed(f"no password is asked of {', '.join(open_ones)}", accounts.source)
    if any(account.password == "unknown" for account in accounts.value):
        return unknown("/etc/shadow could not be read", accounts.source, tell="run as root")
    return passed("no account with a shell has an empty password", accounts.source)
