"""Somebody agrees to a plan before it is carried out."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from ..errors import UsageError
from .output import say


def agreed(title: str, lines: Iterable[str], *, dry_run: bool, yes: bool) -> bool:
    """Shows the plan; a person at a terminal is asked. Raises UsageError where nobody is there to agree."""
    say(f"{title}:")
    for line in lines:
        say(f"  {line}")
    return not dry_run and confirmed(yes=yes)


def shown_and_agreed(plan: str, *, yes: bool, question: str = "Do it?") -> bool:
    """Shows the plan. A person at a terminal is asked, but where `yes` says that nothing need be asked; elsewhere who
    gave the command agreed by that."""
    for line in plan.splitlines():
        say(line)
    return yes or not sys.stdin.isatty() or click.confirm(question, err=True)


def confirmed(*, yes: bool) -> bool:
    """Does somebody agree to what was just shown: by --yes, or asked at a terminal? Raises UsageError where nobody is
    there to agree."""
    if not yes and not sys.stdin.isatty():
        raise UsageError("nobody is there to agree to that", hint="say --yes, or --dry-run")
    return yes or click.confirm("Do it?", err=True)
