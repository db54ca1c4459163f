"""Does dockworthy's guard stand at the engine's socket, and where is the engine behind it?"""

from __future__ import annotations

from .reading import number_or
from .root import Root
from .settings import flag

SERVING = "/run/dockworthy-guard.serving"
"""Root's file, in which the guard that answers is named: its process, and its program. Source: guard/life/places."""


def engine_behind(root: Root, socket: str) -> str:
    """The path of the engine's own socket; `""` where no guard serves at `socket`."""
    pid = number_or(root.word(SERVING).partition(" ")[0], 0)
    argv = root.word(f"/proc/{pid}/cmdline").split("\0") if pid else []
    people = flag(argv, "--people")
    if not {"guard", "serve"} <= set(argv) or people is None or root.identity(people) != root.identity(socket):
        return ""
    endpoint = flag(argv, "--docker") or ""
    return endpoint.removeprefix("unix://") if endpoint.startswith("unix:///") else ""


__all__ = ["SERVING", "engine_behind"]
