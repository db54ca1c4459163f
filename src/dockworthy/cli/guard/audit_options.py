"""`--audit FILE` and `--syslog`: where it is written down who asked what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..output import say

if TYPE_CHECKING:
    from ...guard.audit.recording import AuditTelling

_OPTIONS = (
    click.option(
        "--audit",
        "audit_file",
        metavar="FILE",
        help="Write who asked what, and the answer, to this file as JSON lines.",
    ),
    click.option(
        "--syslog", is_flag=True, help="Send the same lines to the machine's log (journald or a syslog daemon)."
    ),
)


def audit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """As `audit_file` and `syslog`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def telling(audit_file: str | None, *, syslog: bool) -> AuditTelling:
    """Hears of each decision, and gives back the one that holds. Raises UsageError for a file that can't be written."""
    from ...guard.audit import Audit
    from ...guard.audit.recording import AuditTelling
    from ...guard.audit.rotating_file import RotatingFile
    from ...guard.audit.syslog import Syslog

    file = RotatingFile(Path(audit_file)) if audit_file else None
    return AuditTelling(Audit(file, Syslog() if syslog else None, say=say), say)
