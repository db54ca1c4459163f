"""What `guard install` and `uninstall` share: root alone, a plan that is shown, and somebody who agrees to it."""

from __future__ import annotations

import os
import sys

import click

from ...errors import UsageError
from ..output import say

yes_option = click.option("--yes", is_flag=True, help="Ask nothing.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")


def only_root() -> None:
    """Raises UsageError for anybody else."""
    if os.geteuid() != 0:
        raise UsageError("this changes the machine, and needs root", hint="sudo dockworthy guard …")


def agreed(title: str, steps: tuple[str, ...], *, dry_run: bool, yes: bool) -> bool:
    """Shows the plan; a person at a terminal is asked. Raises UsageError where nobody is there to agree."""
    say(f"{title}:")
    for number, step in enumerate(steps, 1):
        say(f"  {number}. {step}")
    if dry_run:
        return False
    if not yes and not sys.stdin.isatty():
        raise UsageError("nobody is there to agree to that", hint="say --yes, or --dry-run")
    return yes or click.confirm("Do it?", err=True)


__all__ = ["agreed", "dry_run_option", "only_root", "yes_option"]
