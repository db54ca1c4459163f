"""Asks the firewall's own programs for the rules in force: read-only, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .elsewhere import Asked, ask, which
from .programs import ProgramFailed
from .root import Root

_LEGACY_TABLES = {"iptables": "/proc/net/ip_tables_names", "ip6tables": "/proc/net/ip6_tables_names"}


class Answer(NamedTuple):
    """What a program printed, or `problem`: why it didn't."""

    program: str
    text: str
    problem: str = ""


class FirewallPrograms:
    """Starts the programs at once; `answers` collects later. None is started for a saved tree, or without root."""

    def __init__(self, root: Root) -> None:
        self._asked: dict[str, Asked] = {}
        if root.is_live and root.as_root:
            for name, command in _commands(root):
                self._asked[name] = ask(root, command)

    def answers(self) -> list[Answer]:
        return [_answer(name, asked) for name, asked in self._asked.items()]

    def close(self) -> None:
        for asked in self._asked.values():
            asked.close()


def _answer(name: str, asked: Asked) -> Answer:
    try:
        return Answer(name, bytes(asked.answer()).decode("utf-8", "replace"))
    except ProgramFailed as failure:
        return Answer(name, "", str(failure))


def _commands(root: Root) -> Iterator[tuple[str, list[str]]]:
    """(name for the report, command) of the programs that are installed.

    The legacy ones are asked only where the kernel has legacy tables: asking would create them.
    """
    if nft := which(root, "nft"):
        yield "nft list ruleset", [nft, "list", "ruleset"]
    for family, tables in _LEGACY_TABLES.items():
        usual = which(root, f"{family}-save")
        modern = which(root, f"{family}-nft-save")
        if not modern and usual and "nft" in root.identity(usual):
            modern = usual
        if modern:
            yield f"{family}-nft-save", [modern]
        legacy = which(root, f"{family}-legacy-save") or (usual if usual != modern else "")
        if legacy and root.word(tables):
            yield f"{family}-legacy-save", [legacy]
