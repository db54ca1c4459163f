"""`dockworthy guard explain`: what a request would get."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from ...errors import UsageError
from ...input_files import read_input
from .. import options
from ..exit_status import ExitStatus
from ..output import deliver
from .in_force import level_option, loader

if TYPE_CHECKING:
    from ...guard.explaining import Explained
    from ...guard.policy_in_force import PolicyInForce
    from ...guard.request import GuardRequest


@click.command(
    short_help="Tells how a request or a docker run line would be judged.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("line", metavar="[docker run ...]", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--request",
    "uri",
    metavar="URI",
    help="Explain a request of the API instead: its path and query, as a client sends it.",
)
@click.option("--method", default="POST", show_default=True, help="Of the request.")
@click.option("--body", "body_file", metavar="FILE", help="Its JSON; - is standard input.")
@click.option("--docker", "endpoint", metavar="URL", help="Ask this engine what names stand for.  [default: none]")
@level_option
@options.policy
@options.format_of("table", "json")
@options.output
def explain(
    line: tuple[str, ...],
    uri: str | None,
    method: str,
    body_file: str | None,
    endpoint: str | None,
    level: str | None,
    policy: str | None,
    format_: str,
    output: str | None,
) -> int:
    """Would it pass, and if not, why?

    Nothing is sent. Without --docker what the guard would look up is listed, with what was taken for the answer.
    Where a guard is installed on this host, its policy is the one that counts unless --policy names another.
    Exit status 1 says refused, 3 that it would pass if the engine answers so. Options go before the line.

    \b
    Examples:
      dockworthy guard explain docker run --privileged busybox
      dockworthy guard explain --docker unix:///run/docker.sock docker run db
      dockworthy guard explain --request /v1.45/volumes/create --body v.json
      dockworthy guard explain --request /v1.45/swarm --method GET
    """
    import asyncio

    asked = _asked(line, uri, method, body_file)
    in_force, files = loader(level, policy or _of_this_host())()
    judged_by = str(files[0]) if files else ""

    explained = asyncio.run(_explain(asked, in_force, endpoint))
    if format_ == "json":
        deliver(_as_json(explained, in_force, judged_by), output)
    else:
        deliver(_as_text(explained, in_force, judged_by), output)
    if not explained.decision.allowed:
        return ExitStatus.NOT_WORTHY
    return ExitStatus.UNDECIDED if explained.open else ExitStatus.DONE


def _of_this_host() -> str | None:
    """The policy of the guard that is installed here."""
    from ...guard.life.places import Places

    installed = Places().policy
    return str(installed) if installed.exists() else None


def _asked(line: tuple[str, ...], uri: str | None, method: str, body_file: str | None) -> GuardRequest:
    """Raises UsageError."""
    from ...guard.explaining import as_request, request_of_run

    if bool(line) == (uri is not None):
        raise UsageError("name one thing: a docker run line, or --request URI", hint="the line comes last")
    if uri is None:
        if body_file:
            raise UsageError("--body goes with --request")
        return request_of_run(line, os.getcwd())
    body = read_input(body_file, stdin=True) if body_file else b""
    return as_request(method, uri, body)


async def _explain(asked: GuardRequest, in_force: PolicyInForce, endpoint: str | None) -> Explained:
    from ...guard.engine_world import EngineWorld
    from ...guard.explaining import explain

    if endpoint is None:
        return await explain(asked, in_force)
    world = EngineWorld(endpoint)
    try:
        return await explain(asked, in_force, world)
    finally:
        await world.close()


def _as_text(explained: Explained, in_force: PolicyInForce, judged_by: str) -> str:
    from ...report.visible import visible

    decision = explained.decision
    word = "refused" if decision.refusals else "allowed, if the engine answers so" if explained.open else "allowed"
    by = f"level {in_force.level.value}" + (f", policy {judged_by}" if judged_by else "")
    lines = [f"{word}: {decision.action} {decision.subject}".rstrip() + f" ({by})"]
    lines += [f"  - {refusal.in_words()}" for refusal in decision.refusals]
    if explained.open:
        lines += ["", "Not asked of an engine:", *(f"  - {note}" for note in explained.open)]
    rule = next((refusal.rule for refusal in decision.refusals if not refusal.rule.startswith("guard/")), None)
    if rule:
        lines += ["", f"`dockworthy explain {rule}` tells more."]
    return "".join(f"{visible(each)}\n" for each in lines)


def _as_json(explained: Explained, in_force: PolicyInForce, judged_by: str) -> str:
    import msgspec

    from ...report.json_text import json_text

    decision = explained.decision
    told: dict[str, Any] = {
        "allowed": decision.allowed,
        "level": in_force.level.value,
        "policy": judged_by or None,
        "action": decision.action,
        "subject": decision.subject,
        "refusals": [msgspec.to_builtins(refusal) for refusal in decision.refusals],
        "not_asked": list(explained.open),
    }
    return json_text(told)
