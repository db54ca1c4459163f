"""Who can log in, how, and who no longer does: an account that nobody misses is one that nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from ...model.control import Control, Subject, nist
from ...model.field import Field, Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Account, Host, LoginRecord
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.moments import whole_days_between
from ..examples import both, not_seen, on_host
from ._fields import HOST, not_known

_MOST = 180
"""Days without a login."""


def _account(name: str = "ana", **more: Any) -> dict[str, Any]:
    account = {"name": name, "uid": 1000, "shell": "/bin/bash", "password": "set", "password_changed": "2024-01-01"}
    return on_host(accounts=[{**account, **more}])


def _record(since: str, **last: str) -> dict[str, Any]:
    times = {name: f"{day}T08:00:00Z" for name, day in {"root": "2026-11-20", **last}.items()}
    return on_host(logins={"last": times, "since": f"{since}T00:00:00Z"})


control = Control(
    id="host/stale-logins",
    title="Whoever can log in still does",
    fault="{n} [account|accounts] can log in, and [has|have] not for long",
    rationale="People leave and projects end; their keys and passwords stay valid, on laptops that were sold and in lists "
    "that leaked. Nobody notices when such an account is used.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    subject=Subject.MACHINE,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Ask whom it belongs to. Then lock it (`usermod -L -e 1 NAME`) and move its authorized_keys away; take it out of "
        "the groups docker and sudo at once.",
        "a locked account is opened again by `usermod -U -e ''`",
    ),
    check_yourself="last -w NAME; lastlog -u NAME; cut -d: -f1 /etc/passwd",
    bad={
        "snapshot": [
            both(_account(), _record("2024-01-01", ana="2026-03-01")),
            both(_account(keys=2, password="locked"), _record("2024-01-01")),
            both(_account(groups=["docker"]), _record("2024-01-01", ana="2025-11-01")),
        ]
    },
    good={
        "snapshot": [
            both(_account(), _record("2026-01-01", ana="2026-11-02")),
            both(_account(password_changed="2026-10-01"), _record("2024-01-01")),
        ]
    },
    unclear={
        "snapshot": [
            both(_account(), on_host(logins=not_seen())),
            both(_account(), _record("2026-10-01")),
            on_host(accounts=not_seen()),
            both(_account(password="locked", keys_seen=False), _record("2024-01-01")),
        ]
    },
)


@control.judge
def stale_logins(machine: Machine) -> Iterator[Judgement]:
    accounts = machine.host.accounts
    if not isinstance(accounts, Set):
        yield not_known(accounts, about=HOST, what="the list of accounts")
        return
    able = [account for account in accounts.value if _ways(account)]
    if not able:
        yield not_applicable("no account has a key or a password", accounts.source, about=HOST)
    for account in able:
        yield _judge(account, machine.host, machine.taken)


def _ways(account: Account) -> str:
    """How it logs in; `""` where it can't: its password is locked, and it has no key."""
    keys = f"{account.keys} {'key' if account.keys == 1 else 'keys'}" if account.keys else ""
    hidden = "" if account.keys_seen else "perhaps by keys that could not be seen"
    password = {"set": "a password", "none": "no password at all", "unknown": "perhaps a password"}.get(
        account.password
    )
    return " and ".join(part for part in (keys, password, hidden) if part)


def _judge(account: Account, host: Host, now: str) -> Judgement:
    about = f"{HOST}/account/{account.name}"
    what = f"{account.name} can log in by {_ways(account)}"
    field: Field[LoginRecord] = host.logins
    if not isinstance(field, Set):
        return structs.replace(not_known(field, what="when somebody logged in"), about=about)
    record = field.value
    last = record.last.get(account.name, "")
    idle = whole_days_between(last, now) if last else None
    if idle is not None and idle <= _MOST:
        return passed(f"{what}; last on {last[:10]}", field.source, about=about)
    if _is_certain(account) and idle is not None:
        return _stale(f"{what}, and last did on {last[:10]}, {idle} days ago", account, host, about)
    if (_older(account.password_changed, now) is False) and not last:
        return passed(f"{what}; its password is of {account.password_changed}, younger than half a year", about=about)
    kept, works = _older(record.since, now), _newest(record, now)
    if _is_certain(account) and kept and works and _older(account.password_changed, now):
        return _stale(f"{what}, and never did since {record.since[:10]}", account, host, about)
    says = f"{what}; the record of logins ({record.since[:10]} to {_last_of(record)}) does not tell when it last did"
    return unknown(says, field.source, tell="who owns the account", about=about)


def _is_certain(account: Account) -> bool:
    return account.keys > 0 or account.password in ("set", "none")


def _older(day: str, now: str) -> bool | None:
    """Is this more than half a year ago? None where it is no day."""
    days = whole_days_between(day, now) if day else None
    return None if days is None else days > _MOST


def _newest(record: LoginRecord, now: str) -> bool:
    """Is the record still kept? One in which nobody at all logged in for half a year may just have stopped."""
    return any(_older(moment, now) is False for moment in record.last.values())


def _last_of(record: LoginRecord) -> str:
    return max(record.last.values(), default="")[:10]


def _stale(says: str, account: Account, host: Host, about: str) -> Judgement:
    powers = [group for group in account.groups if group in ("docker", "sudo", "wheel", "admin")]
    in_docker = isinstance(host.docker_group, Set) and account.name in host.docker_group.value
    if in_docker and "docker" not in powers:
        powers.append("docker")
    if account.uid == 0 or powers:
        why = "it is root" if account.uid == 0 else f"it is in the group {', '.join(powers)}"
        return structs.replace(failed(f"{says}; {why}", host.logins.source, about=about), severity=Severity.HIGH)
    return failed(says, host.logins.source, about=about)
