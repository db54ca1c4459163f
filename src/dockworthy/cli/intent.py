"""`dockworthy intent`: what will you do with Docker in production?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from . import options
from .output import deliver, say

if TYPE_CHECKING:
    from ..model.policy import Intent

CHOICES = {
    "data": ("none", "rebuildable", "precious"),
    "code": ("own", "third-party", "untrusted"),
    "exposure": ("private", "internal", "internet"),
    "availability": ("best-effort", "zero-downtime", "survives-host-loss"),
}
"""As in model/policy.py, which is not imported for `--help`; a test holds them equal."""

QUESTIONS = {
    "data": "What is lost when this disk is lost? none: nothing; rebuildable: work; precious: what can't be made again",
    "code": "Who wrote what will run? own: you; third-party: images of others; untrusted: anybody, your users too",
    "exposure": "Who can reach it? private: you; internal: your network; internet: everybody",
    "availability": "May it stop? best-effort: yes; zero-downtime: not for a deploy; survives-host-loss: never",
}


@click.command(short_help="Asks what you will run, and writes it to dockworthy.yaml.")
@click.option("--data", type=click.Choice(CHOICES["data"]), help="What is lost when a disk is lost.")
@click.option("--code", type=click.Choice(CHOICES["code"]), help="Who wrote what runs.")
@click.option("--exposure", type=click.Choice(CHOICES["exposure"]), help="Who can reach it.")
@click.option("--availability", type=click.Choice(CHOICES["availability"]), help="Whether it may stop.")
@click.option("--operators", type=click.IntRange(0), metavar="N", help="How many people can repair it.")
@click.option("--on-call/--no-on-call", "on_call", default=None, help="Whether one of them answers at night.")
@options.policy
@click.option("--dry-run", is_flag=True, help="Print the file that would be written; write nothing.")
def intent(policy: str | None, dry_run: bool, **answers: Any) -> int:
    """What will you do with Docker in production?

    The verdict depends on it: a cache that can be rebuilt and a customer database need different things. On a terminal
    it asks for what no option gives. The answers are written to dockworthy.yaml; comments and everything else in it
    stay.

    \b
    Examples:
      dockworthy intent                             asks
      dockworthy intent --data none --code own      these two alone
      dockworthy intent --data none --dry-run       shows the file
    """
    from ..policy.stating import with_intent
    from ..readers.project_file import NAME, find_project_file, parse_project_file

    path = Path(policy) if policy is not None else find_project_file(Path()) or Path(NAME)
    before = _text(path)
    known = parse_project_file(before, str(path)).intent
    given = {name: value for name, value in answers.items() if value is not None}
    stated = _intent(given or _asked(known))
    after = with_intent(before, stated)
    parse_project_file(after, str(path))  # what is written must be readable
    if dry_run:
        deliver(after, None)
        return 0
    deliver(after, str(path))
    say(f"{path}: {'unchanged' if after == before else 'written'}; `dockworthy assess` judges for this use")
    return 0


def _text(path: Path) -> str:
    from ..readers.project_file import text_of_file

    return text_of_file(path) if path.exists() else ""


def _asked(known: Intent) -> dict[str, Any]:
    """Asks on the terminal. Raises UsageError where there is none."""
    if not sys.stdin.isatty():
        flags = ", ".join(f"--{name}" for name in CHOICES)
        raise UsageError("there is no terminal to ask on", hint=f"say it by options: {flags}")
    answers: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        click.echo(f"\n{question}", err=True)
        choice = click.Choice(CHOICES[name])
        answers[name] = click.prompt(name, type=choice, default=getattr(known, name), err=True)
    answers["operators"] = click.prompt(
        "\nHow many people can mend it?", type=click.IntRange(0), default=known.team.operators or 1, err=True
    )
    answers["on_call"] = click.confirm("Does one of them answer at night?", default=bool(known.team.on_call), err=True)
    return answers


def _intent(answers: dict[str, Any]) -> Intent:
    from ..model.policy import Availability, Code, Data, Exposure, Intent, Team

    team = Team(answers.get("operators"), answers.get("on_call"))
    stated = Intent(
        data=Data(answers["data"]) if "data" in answers else None,
        code=Code(answers["code"]) if "code" in answers else None,
        exposure=Exposure(answers["exposure"]) if "exposure" in answers else None,
        availability=Availability(answers["availability"]) if "availability" in answers else None,
        team=team,
    )
    if team.operators == 0 and stated.availability not in (None, Availability.BEST_EFFORT):
        raise UsageError(
            f"--availability {stated.availability} with --operators 0: nobody would bring it back",
            hint="say how many people can mend it, or --availability best-effort",
        )
    return stated
