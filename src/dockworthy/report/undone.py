"""What `fix --undo --format json` prints."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from .as_json import TOOL, encode
from .document import ToolOut


class UndoneFile(Struct, frozen=True):
    """`state`: undone, planned (a dry run), as_before (it said so already), undone_already.

    `at` is when dockworthy changed the file; of `undone_already`, when that was undone.
    """

    file: str
    state: str
    at: str


class UndoneDocument(Struct, frozen=True):
    """`written`: what is named as undone was put back, else it is a plan."""

    schema: int
    tool: ToolOut
    command: str
    written: bool
    files: Sequence[UndoneFile]


def undone_json(files: Sequence[UndoneFile], *, written: bool) -> bytes:
    return encode(UndoneDocument(1, TOOL, "fix", written, files))
