"""Runs the program once: whatever happens becomes a sentence on standard error and an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

import click

from ..errors import DockworthyError, EngineError
from .exit_status import ExitStatus
from .output import discard_standard_output, say
from .program import program


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit status. Click's own `main` is not used: it takes a broken pipe and an engine's hang-up for the same."""
    if "_DOCKWORTHY_COMPLETE" in os.environ:
        program.main(prog_name="dockworthy")  # a shell asks for completions; click answers and exits
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _invoke(words)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitStatus.USAGE
    except click.ClickException as error:
        return _usage(error, words)
    except DockworthyError as error:
        _report(error.says, error.hint, error.excerpt)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        say("dockworthy: interrupted")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        discard_standard_output()
        return ExitStatus.DONE
    except Exception as crash:
        return _bug(crash)


def _invoke(arguments: list[str]) -> int:
    with program.make_context("dockworthy", arguments) as context:
        try:
            status = program.invoke(context)
        except EngineError as error:
            from ..engine.faults import NoLeader

            if not isinstance(error, NoLeader):
                raise
            from .hosts.managers import told_by_others

            raise told_by_others(error, context) from None
    return int(status or ExitStatus.DONE)


def _usage(error: click.ClickException, words: Sequence[str]) -> int:
    context = getattr(error, "ctx", None) or _asked_for(words)
    says = " ".join(error.format_message().split())  # click lists choices on lines of their own
    _report(says.rstrip("."), f"`{context.command_path} --help` shows what it takes")
    return ExitStatus.USAGE


def _asked_for(words: Sequence[str]) -> click.Context:
    """Of the command that the first words name: of an option without its value click does not say whose it is."""
    context = click.Context(program, info_name="dockworthy")
    for word in words:
        command = context.command.get_command(context, word) if isinstance(context.command, click.Group) else None
        if command is None:
            break
        context = click.Context(command, parent=context, info_name=word)
    return context


def _report(says: str, hint: str, excerpt: tuple[str, ...] = ()) -> None:
    say(f"dockworthy: {says}")
    for line in excerpt:
        say(f"  {line}")
    if hint:
        say(f"hint: {hint}")


def _bug(crash: Exception) -> int:
    with contextlib.suppress(Exception):
        say(f"dockworthy: {type(crash).__name__}: {crash}")
    say("hint: this is a bug in dockworthy; please report it, with what DOCKWORTHY_DEBUG=1 prints")
    if os.environ.get("DOCKWORTHY_DEBUG") == "1":
        import traceback

        traceback.print_exception(crash)
    return ExitStatus.BUG
