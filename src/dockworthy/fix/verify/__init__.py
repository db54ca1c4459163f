"""`fix --verify`: which changes a service works with, proven in the engine on a copy cut off from the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model.fix import Fix
from ...model.verified import FinalState, Measured, ProvenChange, RefusedChange, Verified
from .limits import Options

__all__ = ["FinalState", "Measured", "Options", "ProvenChange", "RefusedChange", "Verified", "prove"]


def prove(
    file: str,
    text: str,
    services: Sequence[str] = (),
    candidates: Sequence[Fix] = (),
    options: Options | None = None,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> Verified:
    """The tightest form in which services of a Compose file still work, seen in a scratch project of the engine.

    `text` is what the file says (or would, with other fixes made); paths in it are relative to the file's folder.
    `services`: those to make tighter (all); what they depend on is started, too. `candidates` are fixes to be proven.
    `say` is told what happens, a line at a time. The file is not written, and the running project not touched.

    Raises NotProven where a service does not come up as it is, UsageError and UnreadableInput for what can't be used,
    EngineError for what the engine did not do, KeyboardInterrupt when interrupted: after all that was made is removed.
    """
    from ...interruption import run_to_its_end
    from .session import Session

    session = Session(file, text, services, candidates, options or Options(), say)
    return run_to_its_end(session.run())
