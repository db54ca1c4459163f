"""`--unit`: the systemd unit that runs exactly this command, printed for whoever keeps the machine's services."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from ..output import deliver, say

unit_option = click.option(
    "--unit", "as_unit", is_flag=True, help="Print a systemd unit that runs exactly this, and do nothing else."
)

_UNIT = """\
[Unit]
Description={description}
Wants=docker.service
After=docker.service

[Service]
Type={kind}
WorkingDirectory={folder}
ExecStart={command}
Restart=on-failure
RestartSec=2s
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
"""


def print_unit(name: str, description: str, *, notifies: bool) -> None:
    """`name`: what to call it; `notifies`: the command tells when it is ready. To standard output; what to do with it
    goes to standard error."""
    from ...guard.path_ownership import who_may_write

    program = _program()
    arguments = [word for word in sys.argv[1:] if word != "--unit"]
    command = " ".join(map(_quoted, (*program, *arguments)))
    text = _UNIT.format(
        description=_plain(description), kind="notify" if notifies else "simple", folder=_plain(os.getcwd()),
        command=command,
    )  # fmt: skip
    deliver(text, None)
    line = shlex.join(["sudo", *program, *arguments])
    say(f"{line} --unit | sudo tee /etc/systemd/system/{name}.service && sudo systemctl enable --now {name}")
    if why := who_may_write(program[0]):
        say(f"note: root would run {program[0]}, and {why}: use a copy that is root's (guard install brings one)")


def _program() -> list[str]:
    """This program, by absolute paths, as a service starts it."""
    started = Path(sys.argv[0])
    if started.name == "start.py":  # of the bundle, whose Python needs its own script
        return [str(started.with_name("start.sh"))]
    if started.name == "__main__.py":
        return [sys.executable, "-m", "dockworthy"]
    return [os.path.abspath(shutil.which(sys.argv[0]) or sys.argv[0])]


def _quoted(word: str) -> str:
    """For a command line of a unit. Source: systemd.service(5), "Command lines"."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or set(word) & set(" \t\n';") else word


def _plain(text: str) -> str:
    return text.replace("%", "%%").replace("\n", " ")
