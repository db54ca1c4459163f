"""Smallest sets by bisecting: which of many things are needed, in as few tries as that takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Passes = Callable[[tuple[Item, ...]], Awaitable[bool]]


async def smallest(items: Sequence[Item], passes: Passes[Item], *, known_to_pass: bool = False) -> tuple[Item, ...]:
    """A subset that passes and from which nothing can be left out (QuickXplain). Order is kept.

    It is enough that a superset of what passes passes, too. No set is tried twice. Where not even all `items` pass, all
    are returned (`known_to_pass` says that they were seen to).
    """
    asked: dict[frozenset[int], bool] = {}

    async def ask(wanted: Iterable[int]) -> bool:
        chosen = frozenset(wanted)
        if chosen not in asked:
            asked[chosen] = await passes(tuple(items[index] for index in sorted(chosen)))
        return asked[chosen]

    everything = tuple(range(len(items)))
    if known_to_pass:
        asked[frozenset(everything)] = True
    if not await ask(everything) or not everything:
        return tuple(items)
    if await ask(()):
        return ()
    needed = await _needed((), False, everything, ask)
    return tuple(items[index] for index in sorted(needed))


async def _needed(
    base: tuple[int, ...],
    grown: bool,
    rest: tuple[int, ...],
    ask: Callable[[Iterable[int]], Awaitable[bool]],
) -> tuple[int, ...]:
    """What of `rest` is needed beside `base`; `grown`: base is larger than when it was last seen to fail."""
    if grown and await ask(base):
        return ()
    if len(rest) == 1:
        return rest
    left, right = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    of_right = await _needed((*base, *left), True, right, ask)
    of_left = await _needed((*base, *of_right), bool(of_right), left, ask)
    return (*of_left, *of_right)


async def without_superfluous(items: Sequence[Item], passes: Passes[Item]) -> tuple[Item, ...]:
    """The same for few items of which most are needed, and that were seen to pass: one try for each."""
    kept = tuple(items)
    for item in reversed(items):
        fewer = tuple(each for each in kept if each != item)
        if await passes(fewer):
            kept = fewer
    return kept


async def largest(items: Sequence[Item], passes: Passes[Item], kept: tuple[Item, ...] = ()) -> tuple[Item, ...]:
    """As many of `items` as pass together with `kept`: the whole first, then halves; one that fails alone is out."""
    if not items:
        return kept
    together = (*kept, *items)
    if await passes(together):
        return together
    if len(items) == 1:
        return kept
    middle = len(items) // 2
    kept = await largest(items[:middle], passes, kept)
    return await largest(items[middle:], passes, kept)
