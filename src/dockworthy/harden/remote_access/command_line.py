"""Addresses on the engine's command line, where they must not stand when they stand in daemon.json."""

from __future__ import annotations

import re
from collections.abc import Sequence


def without_hosts(command: str) -> str:
    """A command line without `-H` and `--host`; what else stands in it stays letter by letter."""
    return re.sub(r"\s(?:-H\s*=?\s*|--host(?:\s+|=))[^\s\\]+", "", command).strip()


def hosts_of(argv: Sequence[str]) -> list[str]:
    """The addresses that a command line names."""
    words = list(argv)
    found = []
    for at, word in enumerate(words):
        if word in ("-H", "--host"):
            found += words[at + 1 : at + 2]
        elif word.startswith("--host="):
            found.append(word.removeprefix("--host="))
        elif word.startswith("-H"):
            found.append(word[2:].removeprefix("="))
    return found
