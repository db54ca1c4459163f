"""An installation that was cut off is taken back, and then installed by the same command with all that was asked for.

Its record says what that was. It stays until the next one has written its own, so that one which is cut off again, in
between, is gone on with, too. Where what it was to add can't be had, what was whole before it comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, structs

from ...errors import DockworthyError
from ...model.saying import Say
from .places import Places
from .record import Record, write_record
from .uninstalling import uninstall


class InstallFlags(Struct, frozen=True, kw_only=True):
    """What `guard install` is asked to add to the plugin. `tls`: an address; None: as before."""

    people: bool = False
    tls: str | None = None
    confine_builds: bool = False

    @property
    def flags(self) -> str:
        """As they are written on a command line, `""` for none."""
        flags = (
            "--people" if self.people else "",
            f"--tls {self.tls}" if self.tls else "",
            "--confine-builds" if self.confine_builds else "",
        )
        return " ".join(filter(None, flags))


def asked_of(record: Record) -> InstallFlags:
    """What a record's installation was asked to add, this time or earlier."""
    people = record.people
    return InstallFlags(
        people=people is not None, tls=(people.tls or None) if people else None, confine_builds=record.confines
    )


def together(now: InstallFlags, before: InstallFlags) -> InstallFlags:
    """What is asked for now wins where both say something."""
    return InstallFlags(
        people=now.people or before.people,
        tls=before.tls if now.tls is None else now.tls,
        confine_builds=now.confine_builds or before.confine_builds,
    )


def in_words(record: Record, asked: InstallFlags) -> tuple[str, ...]:
    """What will be done, as steps."""
    was, now = asked_of(record).flags, asked.flags
    earlier = asked_of(record.previous) if record.previous is not None else None
    steps = [
        f"an installation{_with(was)} was cut off: take back what it did, so that the engine is as before the guard; "
        "grants and the policy stay",
        f"right after that, install the guard again{_with(now)}",
    ]
    if earlier is not None and earlier != asked:
        was_before = _with(earlier.flags) or " as the plugin alone"
        steps.append(f"where that fails, install the guard{was_before}, as it was before the one that was cut off")
    return tuple(steps)


def take_back(places: Places, record: Record, say: Say) -> None:
    """Until the engine is as before; the record stays, for a run that is cut off here. Raises DockworthyError."""
    uninstall(places, record, say, bundle_stays=_runs_from(places.bundle), comes_back=True)
    write_record(places, structs.replace(record, files=(), folders=(), changed=(), restarts=False))


def install_or_as_before(record: Record, asked: InstallFlags, bring: Callable[[InstallFlags], None], say: Say) -> None:
    """`bring` installs what is asked for. Raises DockworthyError where it could not, with what was whole before in its
    place where there was something."""
    try:
        bring(asked)
    except DockworthyError as error:
        earlier = asked_of(record.previous) if record.previous is not None else None
        if earlier is None or earlier == asked:
            raise
        say(f"{error.says}: installing the guard as it was before{_with(earlier.flags)}")
        bring(earlier)
        raise


def _runs_from(bundle: Path) -> bool:
    """Does this program, which goes on, lie there?"""
    return Path(__file__).resolve().is_relative_to(bundle.resolve())


def _with(flags: str) -> str:
    return f" with {flags}" if flags else ""
