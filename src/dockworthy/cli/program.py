"""The program's commands. A command's file is imported when it is asked for, so that `--help` is quick."""

from __future__ import annotations

import click

from .. import __version__
from .exit_status import MEANINGS
from .lazy_group import LazyGroup

SECTIONS = {
    "Assess": ("assess", "check", "explain", "policy", "intent", "path", "facts"),
    "Fix and harden": ("fix", "harden", "guard"),
    "Deploy": ("deploy", "rollback", "releases", "remove", "edge", "hosts"),
    "Back up": ("backup", "restore"),
    "Prove": ("drill",),
    "This program": ("completion",),
}
"""The sections of `--help`, in the order in which a person needs them."""

COMMANDS = tuple(name for names in SECTIONS.values() for name in names)
"""Each is `cli/NAME.py`, and in it a click command of that name."""


class Program(LazyGroup):
    """Suggests the nearest command for an unknown name; its help has sections, the exit status and examples."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"there is no command {name!r}{_nearest(name)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for title, names in SECTIONS.items():
            commands = ((name, self.get_command(ctx, name)) for name in names)
            room = formatter.width - widest - 6
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(widest), command.get_short_help_str(room)) for name, command in commands if command]
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit status"):
            formatter.write_dl([(str(int(status)), meaning) for status, meaning in MEANINGS.items()])
        with formatter.section("Examples"):
            formatter.write_dl(EXAMPLES)


EXAMPLES = [
    ("sudo dockworthy assess", "judge this machine and its engine"),
    ("dockworthy check deploy/", "judge the files of a folder"),
    ("dockworthy explain privileged", "what a control asks, and why"),
]


@click.group(
    cls=Program,
    package=__package__,
    files={name: name for name in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__version__, message="dockworthy %(version)s")
def program() -> None:
    """Should we run Docker in production, here?

    dockworthy answers from evidence: it reads this host, its engine and your files, judges them, and says why.
    Reading changes nothing.
    """


def _nearest(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
