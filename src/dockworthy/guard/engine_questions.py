"""Questions to the engine, each with an end: an object that the engine keeps locked holds up only who asks for it.

An engine locks a container while it starts, stops or removes it, and answers nobody about it meanwhile: with a thousand
ports, or a mount or driver that hangs, for minutes. It answers about all others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import unquote

from ..errors import EngineTimeout

ANSWERS_WITHIN = 5.0
"""Seconds in which the engine answers a question of the guard's. A busy one takes a fraction of one."""
_AT_ONCE = 16
"""Questions under way that get on: more do not make an engine faster."""
_OF_ONE = 4
"""Questions under way about one object."""
_SLOW = 0.05
"""Seconds: a question that takes longer gives its place to others."""
_HELD = 64
"""Questions that gave their places away."""
MOST_UNDER_WAY = _AT_ONCE + _HELD


class DoesNotAnswer(EngineTimeout):
    """The engine does not say what a request is about."""


class _About:
    """One object: how many ask, and the moment of the loop's clock at which the engine answered last about it."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(_OF_ONE)
        self.asking = 0
        self.answered = 0.0


class Questions:
    def __init__(self) -> None:
        self._about: dict[str, _About] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._held = 0
        self._answered = 0.0

    async def ask(self, path: str, answer: Callable[[str], Coroutine[Any, Any, Any]]) -> Any:
        """What `answer` gives for `path`, a GET of the API. Who waits for a turn waits as long as others get answers.
        Raises DoesNotAnswer, and what `answer` raises."""
        about = self._about.setdefault(path, _About())
        about.asking += 1
        began = _now()

        def silent_since() -> float:
            return max(began, about.answered)

        try:
            async with _turn(about.places, silent_since, path):
                waits = _now()
                async with _turn(self._places, lambda: max(waits, self._answered), path) as place:
                    until = silent_since() + ANSWERS_WITHIN + (_now() - waits)
                    asking = await self._until_answered(answer(path), until, place, path)
                    about.answered = self._answered = _now()
                    return asking.result()
        finally:
            about.asking -= 1
            if not about.asking:
                del self._about[path]

    async def _until_answered(
        self, answer: Coroutine[Any, Any, Any], until: float, place: _Place, path: str
    ) -> asyncio.Task[Any]:
        asking = asyncio.get_running_loop().create_task(answer)
        try:
            if not (await asyncio.wait((asking,), timeout=_SLOW))[0]:
                with self._held_aside(place):
                    await asyncio.wait((asking,), timeout=max(until - _now(), 0.0))
            if not asking.done() or isinstance(asking.exception(), EngineTimeout):
                raise _does_not_answer(path)
            return asking
        finally:
            asking.cancel()

    @contextlib.contextmanager
    def _held_aside(self, place: _Place) -> Iterator[None]:
        if self._held >= _HELD:
            yield
            return
        self._held += 1
        place.give_away()
        try:
            yield
        finally:
            self._held -= 1


class _Place:
    """A place of a semaphore, which is given back once."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places, self._is_given_away = places, False

    def give_away(self) -> None:
        if not self._is_given_away:
            self._is_given_away = True
            self._places.release()


@contextlib.asynccontextmanager
async def _turn(places: asyncio.Semaphore, since: Callable[[], float], path: str) -> AsyncIterator[_Place]:
    """`since`: when waiting began, or somebody who waited was answered. Raises DoesNotAnswer."""
    while True:
        until = since() + ANSWERS_WITHIN
        try:
            async with asyncio.timeout_at(until):
                await places.acquire()
            break
        except TimeoutError:
            if since() + ANSWERS_WITHIN <= _now():
                raise _does_not_answer(path) from None
    place = _Place(places)
    try:
        if since() + ANSWERS_WITHIN <= _now() + _SLOW:  # the turn came with the end of the time
            raise _does_not_answer(path)
        yield place
    finally:
        place.give_away()


def _does_not_answer(path: str) -> DoesNotAnswer:
    kind, _, rest = path.partition("?")[0].strip("/").partition("/")
    name, one = unquote(rest.removesuffix("/json")), kind.removesuffix("s")
    if not name or name == "json":
        what, when = f"GET {path}", "does `docker ps` answer? If not"
    else:
        what = f"what {one} {name} is"
        waits = "it may be starting or ending, or wait for a mount or a driver"
        when = f"ask again when `docker {one} inspect {name}` answers: {waits}. If that stays so"
    return DoesNotAnswer(
        f"the engine does not tell within {ANSWERS_WITHIN:g} s {what}",
        hint=f"{when}, the engine's log tells why (journalctl -u docker), and restarting the engine ends it",
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
