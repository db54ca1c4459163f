"""`dockworthy guard`: the same policy for everyone who talks to the engine. Each command's file
is imported when it is asked for."""

from __future__ import annotations

import importlib

import click

FILES = {
    "serve": "serve",
    "socket": "socket",
    "grant": "grants",
    "grants": "grants",
    "revoke": "grants",
    "login": "login",
    "certificate": "certificate",
    "explain": "explain",
    "observe": "observe",
    "report": "observe",
    "install": "install",
    "uninstall": "uninstall",
    "unlock": "unlock",
}
"""Command -> the file that holds it, in the order in which `--help` shows them."""


class Guard(click.Group):
    """Loads a command by its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in FILES:
            return None
        module = importlib.import_module(f"{__package__}.{FILES[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=Guard, short_help="Judges every request to the engine's API.")
def guard() -> None:
    """The same controls and policy that judge files and what runs, for everyone who talks to the engine.

    \b
    Examples:
      dockworthy guard serve --socket /run/docker/plugins/dockworthy.sock
      dockworthy guard explain docker run --privileged busybox
    """


__all__ = ["guard"]
