"""`dockworthy guard grant`, `grants` and `revoke`: roles for a time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ...errors import OutputError, UsageError
from .. import options
from ..output import deliver, say

if TYPE_CHECKING:
    from ...guard.audit.entry import Note
    from ...guard.rights.grants import Grant, Grants
    from ...model.guard_policy import Binding, Role

_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
LONGEST = 31 * 86400
"""Seconds. What somebody needs for longer stands in dockworthy.yaml, where others read it."""


@click.command(short_help="Gives a person a role for a limited time.")
@click.argument("who", metavar="WHO")
@click.argument("role", type=click.Choice(("viewer", "deployer", "operator", "admin")))
@click.option("--for", "span", metavar="TIME", required=True, help="How long: 30m, 1h, 2d.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; `guard grants` and the audit log show it.")
@click.option("--project", "projects", metavar="NAME", multiple=True, help="Only objects of that Compose project.")
@click.option("--image", "images", metavar="PATTERN", multiple=True, help="Only containers of such images.")
def grant(who: str, role: str, span: str, reason: str, projects: tuple[str, ...], images: tuple[str, ...]) -> int:
    """WHO is a user's name, or user:NAME, group:NAME, certificate:NAME, container:NAME.

    It holds from the next request on, at the socket of `guard serve --people`, and ends by itself. It is refused where
    no guard serves people, for users and groups that do not exist, and for a user who may not open that socket.

    \b
    Examples:
      dockworthy guard grant alice operator --for 1h --reason "the shop is down"
      dockworthy guard grant group:ops deployer --for 2d --reason "release 7"
    """
    from ...guard.audit.entry import of_grant
    from ...guard.rights.grantees import check_grantee, group_number, user_number
    from ...model.guard_policy import Role

    folder = _grants()
    binding = binding_of(who, Role(role), projects, images)
    for warning in check_grantee(binding.who):
        say(f"note: {warning}")
    tell = _audit()
    for over in folder.take_ended():
        tell(of_grant("end", over, f"the grant {over.id} of {over.binding.who} has ended"))
    given = folder.give(
        binding, _seconds(span), _one_line(reason), _giver(),
        uid=user_number(binding.who), gid=group_number(binding.who),
    )  # fmt: skip
    if not tell(of_grant("grant", given, f"{given.by} gives {binding.who} a role", who=given.by)):
        folder.revoke(given.id)
        raise OutputError("the audit log takes no line, and a grant leaves one: nothing was given")
    deliver(_line(given), None)
    return 0


@click.command(short_help="Lists the grants in force.")
@options.format_of("table", "json")
@options.output
def grants(format_: str, output: str | None) -> int:
    """One line for each grant: its id, who has it, the role, until when, why, and who gave it."""
    found = _grants().now()
    if format_ == "json":
        deliver(_as_json(found), output)
        return 0
    if not found:
        say("no grant is in force")
    deliver("".join(map(_line, found)), output)
    return 0


def _as_json(found: list[Grant]) -> str:
    import msgspec

    from ...report.json_text import json_text

    return json_text({"grants": [msgspec.to_builtins(grant) for grant in found]})


@click.command(short_help="Ends grants before they expire.")
@click.argument("which", metavar="ID|WHO")
def revoke(which: str) -> int:
    """Ends one grant, by its id, or all grants of somebody. Streams that it opened (exec, attach, logs, events) end
    within two seconds; a command that runs in a container goes on there."""
    from ...guard.audit.entry import of_grant

    folder = _grants()
    tell = _audit()
    for gone in folder.revoke(which if ":" in which or re.fullmatch("[0-9a-f]{8}", which) else f"user:{which}"):
        tell(of_grant("revoke", gone, f"{_giver()} takes the role of {gone.binding.who} away", who=_giver()))
        deliver(f"revoked {_line(gone)}", None)
    return 0


def _audit() -> Callable[[Note], bool]:
    """Writes to the audit of each guard that serves people here. Raises UsageError where one can't be written."""
    from ...guard.serving_now import serving_now
    from .audit_options import telling

    places = {(each.audit, each.syslog) for each in serving_now() if each.people and not each.role}
    audits = [telling(audit or None, syslog=syslog) for audit, syslog in sorted(places)]
    return lambda note: sum(audit.note(note) for audit in audits) == len(audits)  # each hears it


def _grants() -> Grants:
    """Raises UsageError for anybody but root, whose guard would not look there."""
    from ...guard.rights.grants import Grants, grants_folder

    if os.geteuid() != 0:
        raise UsageError("grants are root's to give and to see", hint="sudo dockworthy guard …")
    return Grants(grants_folder())


def binding_of(who: str, role: Role, projects: tuple[str, ...], images: tuple[str, ...]) -> Binding:
    """Raises UsageError."""
    import msgspec

    from ...model.guard_policy import NO_LIMIT, Binding

    for option, limits in (("--project", projects), ("--image", images)):
        if not all(limit.strip() for limit in limits):
            raise UsageError(f"{option} is empty", hint=NO_LIMIT)
    limited = {key: limits for key, limits in (("projects", projects), ("images", images)) if limits}
    whom = who if ":" in who else f"user:{who}"
    try:
        return msgspec.convert({"who": whom, "role": role, **limited}, Binding)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{who}: {error}", hint="user:NAME, group:NAME, certificate:NAME or container:NAME; an admin has no limits"
        ) from None


def _seconds(span: str) -> int:
    match = _SPAN.fullmatch(span)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 0 < seconds <= LONGEST:
        raise UsageError(
            f"--for {span}: not a time from 1m to 31d", hint="30m, 1h, 2d; longer belongs in dockworthy.yaml"
        )
    return seconds


def _one_line(reason: str) -> str:
    text = " ".join(reason.split())
    if not text:
        raise UsageError("--reason is empty", hint="say it for whoever reads the list")
    return text[:500]


def _giver() -> str:
    return os.environ.get("SUDO_USER") or "root"


def _line(grant: Grant) -> str:
    from ...report.visible import visible

    binding = grant.binding
    limits = "".join(
        f" {kind} {each}" for kind, all_ in (("project", binding.projects), ("image", binding.images)) for each in all_
    )
    until = grant.until.strftime("%Y-%m-%d %H:%M:%S UTC")
    return (
        visible(
            f"{grant.id}  {binding.who}  {binding.role.value}{limits}  until {until}  {grant.reason} (by {grant.by})"
        )
        + "\n"
    )
