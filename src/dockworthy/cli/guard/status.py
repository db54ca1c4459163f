"""`dockworthy guard status`: is there a guard, does it serve, does the engine ask it?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from .. import options
from ..exit_status import ExitStatus
from ..output import deliver
from .engine_option import engine_option

if TYPE_CHECKING:
    from ...guard.life.status import GuardStatus
    from ...guard.serving_now import Serving


@click.command(short_help="Shows whether the guard runs and the engine asks it.")
@engine_option("The engine, or the guard at its place.")
@options.format_of("table", "json")
@options.output
def status(endpoint: str, format_: str, output: str | None) -> int:
    """Reads only. As root it sees everything; else what anybody may see, and it says what it could not.

    Exit status 0: a guard serves, its policy can be read, and the engine asks it where it is the engine's plugin.
    1: one of these is not so. 3: that can't be told.
    """
    from ...guard.life.places import Places
    from ...guard.life.status import status_of
    from .in_force import loader

    found = status_of(Places(), endpoint, lambda path: loader(None, path, followed=True)())
    deliver(_as_json(found) if format_ == "json" else _as_text(found), output)
    if found.works is None:
        return ExitStatus.UNDECIDED
    return ExitStatus.DONE if found.works else ExitStatus.NOT_WORTHY


def _as_text(found: GuardStatus) -> str:
    from ...report.visible import visible

    lines = [_installed(found), *map(_serves, found.serving)]
    if not found.serving:
        lines.append("serving: no guard was seen")
    lines.append(f"the engine asks it: {_word(found.asks)}" + _but(found))
    if found.is_away:
        people = " --people" if found.installed and found.installed.people else ""
        lines.append(
            "the guard is out of the way (unlocked, or stopped): nothing is judged, and whoever may open the engine's "
            f"socket is root on this host; it comes back with: dockworthy guard install{people}"
        )
    if found.also_at:
        from ...guard.life.past_the_guard import in_words

        lines += in_words(found.also_at, people=any(each.people for each in found.serving))
    if found.policy:
        lines.append(f"policy: {found.policy}{_in_force(found)}")
    if found.grants is not None:
        lines.append(f"grants in force: {found.grants}")
    if found.refused is not None:
        lines.append(f"refused in the last 24 hours: {found.refused.requests} lines of the audit log")
    if found.refused is not None and found.refused.requests:
        who = f" to {found.refused.who}" if found.refused.who else ""
        lines.append(f"  the last{who} at {found.refused.last}: {found.refused.says}")
    lines += [f"not seen: {each}" for each in found.unseen]
    return "".join(f"{visible(line)}\n" for line in lines)


def _in_force(found: GuardStatus) -> str:
    time = found.policy_since and found.policy_since.strftime("%Y-%m-%d %H:%M:%S UTC")
    if not found.policy_problem:
        return f", in force since {time}" if time else ""
    if time is None:
        kept = "no last good one is kept" if os.geteuid() == 0 else "root sees which one is in force"
    else:
        kept = f"in force: the one of {time}, until the file is mended"
    return f": the policy on disk can't be used: {found.policy_problem}; {kept}"


def _installed(found: GuardStatus) -> str:
    record = found.installed
    if record is None:
        return f"installed: {_word(found.is_installed)}"
    cut_off = ""
    if not record.done:
        what = "a newer version was cut off" if record.renews else "that was cut off"
        cut_off = f"; {what}: run dockworthy guard install{'' if record.renews else ' (finishes it) or uninstall'}"
    by = "systemd" if record.by_systemd else "an init script"
    people = f", in front of the engine at {record.people.path}" if record.people else ", as plugin alone"
    return f"installed: yes, version {record.version}, by {by}{people}{cut_off}"


def _serves(each: Serving) -> str:
    doors = (
        each.plugin and f"the engine at {each.plugin}", each.people and f"{each.role or 'people'} at {each.people}",
        each.tls and f"certificates at {each.tls}",
    )  # fmt: skip
    since = each.since.strftime("%Y-%m-%d %H:%M:%S UTC")
    policy = f", by {each.policy}" if each.policy else ""
    return f"serving: process {each.pid} since {since}: {', '.join(filter(None, doors))}{policy}"


def _but(found: GuardStatus) -> str:
    if found.asks is False and found.names_plugin:
        return ", though daemon.json names it: systemctl reload docker, or restart it"
    if found.asks and not found.names_plugin and found.names_plugin is not None:
        return ", though daemon.json does not name it: it will not after the engine's next start"
    return ""


def _word(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"


def _as_json(found: GuardStatus) -> str:
    import msgspec

    from ...report.json_text import json_text

    record = found.installed
    installed: dict[str, Any] | None = None if record is None else {
        "version": record.version, "by": "systemd" if record.by_systemd else "init script", "engine": record.endpoint,
        "settings": record.settings, "people": record.people and record.people.path, "complete": record.done,
    }  # fmt: skip
    told = {
        "schema": 1,
        "works": found.works,
        "is_installed": found.is_installed,
        "installed": installed,
        "serving": msgspec.to_builtins(found.serving),
        "daemon_json_names_it": found.names_plugin,
        "engine_asks_it": found.asks,
        "policy": found.policy or None,
        "policy_problem": found.policy_problem or None,
        "policy_since": found.policy_since and found.policy_since.isoformat(),
        "grants": found.grants,
        "refused": found.refused and msgspec.to_builtins(found.refused),
        "engine_also_listens_on": None if found.also_at is None else list(found.also_at),
        "unseen": list(found.unseen),
    }
    return json_text(told)
