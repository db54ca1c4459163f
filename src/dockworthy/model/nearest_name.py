"""The hint for a name that nothing has: the nearest one, and all that there are."""

from __future__ import annotations

from collections.abc import Collection


def names_there(name: str, known: Collection[str], has: str) -> str:
    """`has`: where they are, with its verb: `compose.yaml has`."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}{has}: {', '.join(sorted(known)) or 'none'}"
