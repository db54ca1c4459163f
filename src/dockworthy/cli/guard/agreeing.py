"""What `guard install` and `uninstall` share: root alone, a plan that is shown, and somebody who agrees to it."""

from __future__ import annotations

import os

import click

from ...errors import UsageError
from ..agreeing import agreed as agreed_to

dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")


def only_root() -> None:
    """Raises UsageError for anybody else."""
    if os.geteuid() != 0:
        raise UsageError("this changes the machine, and needs root", hint="sudo dockworthy guard …")


def agreed(title: str, steps: tuple[str, ...], *, dry_run: bool, yes: bool) -> bool:
    """Shows the plan in its order. Raises UsageError where nobody is there to agree."""
    return agreed_to(title, (f"{number}. {step}" for number, step in enumerate(steps, 1)), dry_run=dry_run, yes=yes)
