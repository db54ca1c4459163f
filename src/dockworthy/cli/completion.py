"""`dockworthy completion`: the script by which a shell completes commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

COMPLETE_VARIABLE = "_DOCKWORTHY_COMPLETE"
"""The environment variable by which a completion script asks this program (click's protocol)."""


@click.command(short_help="Prints the completion script of your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """The script that makes SHELL complete commands, options and values of dockworthy.

    It goes where your shell looks for such scripts; a new shell then knows it. The script calls `dockworthy`, so the
    program must be found by that name.

    \b
    Examples:
      dockworthy completion bash > /etc/bash_completion.d/dockworthy
      dockworthy completion zsh > "${fpath[1]}/_dockworthy"
      dockworthy completion fish > ~/.config/fish/completions/dockworthy.fish
    """
    from .program import program

    kind = get_completion_class(shell)
    assert kind is not None, f"click has no completion for {shell}"
    click.echo(kind(program, {}, "dockworthy", COMPLETE_VARIABLE).source())
