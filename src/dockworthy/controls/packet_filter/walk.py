"""Follows a packet through chains: what becomes of it, by who sent it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct

from .rule import Match, Packet, match, parsed

_WITHOUT_EFFECT = {"", "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "NOTRACK", "CT", "SET", "TRACE", "AUDIT", "TCPMSS"}
_BANS = "f2b-"
"""fail2ban's chains: who is in them changes by the minute, and says nothing of who is meant to get in."""
_ENDS = {"ACCEPT": True, "DROP": False, "REJECT": False}
_DEEPEST = 60
_MOST_BRANCHES = 64
_TOO_MANY = "there are too many rules for senders"


class Branch(Struct, frozen=True):
    """Senders that meet all `conditions` (options of iptables; empty: everybody else) get in, or don't."""

    conditions: tuple[str, ...]
    opens: bool


class FilterPassage(Struct, frozen=True):
    """What becomes of a packet: the first branch whose conditions its sender meets; the last one has none.

    `unclear` says what can't be told; there are then no branches.
    """

    branches: tuple[Branch, ...] = ()
    unclear: str = ""

    @property
    def opens_to_all(self) -> bool:
        return self.branches == (Branch((), True),)

    @property
    def closed(self) -> bool:
        return not self.unclear and not any(branch.opens for branch in self.branches)


class _Leaf(Struct, frozen=True):
    opens: bool
    unclear: str = ""


class _Fork(Struct, frozen=True):
    match: Match
    then: _Leaf | _Fork
    other: _Leaf | _Fork


_Tree = _Leaf | _Fork
_Next = Callable[[], _Tree]


def walk(chains: Mapping[str, Sequence[str]], start: str, packet: Packet, *, at_end: bool) -> FilterPassage:
    """From the chain `start`; `at_end` is its policy."""
    try:
        tree = _Walk(chains, packet).through(start, 0, lambda: _Leaf(at_end), 0)
        branches = list(_flat(tree, ()))
    except _Unclear as why:
        return FilterPassage(unclear=str(why))
    except RecursionError:
        return FilterPassage(unclear=_TOO_MANY)
    return FilterPassage(_shortened(branches)) if len(branches) <= _MOST_BRANCHES else FilterPassage(unclear=_TOO_MANY)


class _Walk:
    def __init__(self, chains: Mapping[str, Sequence[str]], packet: Packet) -> None:
        self._chains = chains
        self._packet = packet

    def through(self, chain: str, position: int, back: _Next, depth: int) -> _Tree:
        """The rest of a chain; `back` is what follows it."""
        rules = self._chains.get(chain, ())
        while position < len(rules):
            rule = parsed(rules[position])
            position += 1
            found = match(rule, self._packet)
            if found is None or rule.target in _WITHOUT_EFFECT or rule.target.startswith(_BANS):
                continue
            here, goes = position, rule.goes
            rest: _Next = cache(lambda: self.through(chain, here, back, depth))  # noqa: B023 - called before the next round
            then = self._target(rule.target, rule.text, back if goes else rest, back, depth)
            if not found.conditions and not found.unclear:
                return then
            other = rest()
            return then if then == other else _Fork(found, then, other)
        return back()

    def _target(self, target: str, text: str, after: _Next, back: _Next, depth: int) -> _Tree:
        if target in _ENDS:
            return _Leaf(_ENDS[target])
        if target == "RETURN":
            return back()
        if target not in self._chains:
            return _Leaf(False, f"what {target} does can't be told: {text}")
        if depth > _DEEPEST:
            return _Leaf(False, "the chains are nested too deep")
        return self.through(target, 0, after, depth + 1)


class _Unclear(Exception):
    pass


def _flat(tree: _Tree, conditions: tuple[str, ...]) -> Iterator[Branch]:
    """First the senders of a rule, then everybody else. Raises _Unclear."""
    while isinstance(tree, _Fork):
        if tree.match.unclear:
            raise _Unclear(f"what depends on more than sender and port: {tree.match.unclear}")
        both = tuple(sorted({*conditions, *tree.match.conditions}))
        if len({condition.removeprefix("! ").split()[0] for condition in both}) < len(both):
            raise _Unclear("two rules after each other limit the senders: " + ", ".join(both))
        yield from _flat(tree.then, both)
        tree = tree.other
    if tree.unclear:
        raise _Unclear(tree.unclear)
    yield Branch(conditions, tree.opens)


def _shortened(branches: list[Branch]) -> tuple[Branch, ...]:
    """Without senders to whom the same happens as to everybody after them."""
    kept = list(branches)
    while len(kept) > 1 and kept[-2].opens == kept[-1].opens:
        del kept[-2]
    return tuple(kept)
