"""^C and SIGTERM cancel what a command began, which takes it back, and only then the program ends. What a deploy takes
back: deploy/rolling_out.py."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from .errors import DockworthyError

Result = TypeVar("Result")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs `work`. A signal cancels it and waits until it has cleaned up, however long; KeyboardInterrupt follows.

    Signals that come meanwhile are ignored: what cleans up is not to be interrupted.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        return asyncio.run(_cancelled_by_signals(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for number, handler in before.items():
            with contextlib.suppress(ValueError, TypeError):  # not the main thread; a handler that is not Python's
                signal.signal(number, handler)


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """For what is taken back, and must be taken back whole: a caller that is cancelled meanwhile waits for the end of
    `work` first, and is cancelled then. `asyncio.shield` alone would leave it at work beside what comes next, and cut
    off where nothing comes."""
    doing = asyncio.ensure_future(work)
    interrupted = False
    while not doing.done():
        try:
            await asyncio.shield(doing)
        except asyncio.CancelledError:
            if doing.cancelled():
                raise
            interrupted = True
        except Exception:  # its own: it is raised below
            break
    if interrupted and doing.exception() is None:
        raise asyncio.CancelledError
    return doing.result()


async def all_to_their_end(works: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Runs `works` at once, and waits until each has ended, also where one fails. Returns what they return, in their
    order. Raises what the first of them in that order raised; what is no error of ours comes before."""
    ended = await asyncio.gather(*works, return_exceptions=True)
    failed = [each for each in ended if isinstance(each, BaseException)]
    if failed:
        raise next((each for each in failed if not isinstance(each, DockworthyError)), failed[0])
    return [each for each in ended if not isinstance(each, BaseException)]


async def _cancelled_by_signals(work: Coroutine[Any, Any, Result]) -> Result:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    asked = False

    def cancel() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()

    for number in _SIGNALS:
        with contextlib.suppress(ValueError, RuntimeError):  # not the main thread: nobody sends us signals there
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, cancel)
    return await task
