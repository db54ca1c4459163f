"""The one door to files that somebody else may have written: regular, bounded, and inside of what is judged.

A pull request chooses what its files refer to. While somebody else's files are judged, nothing outside of their
checkout is opened: whatever it is, links and `..` included, and neither is what Git keeps for itself there (a token,
often).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import BinaryIO, Final

from msgspec import Struct

from .errors import UnreadableInput

MEBIBYTE: Final = 1024 * 1024
_ALLOWED: Final = "only `--trust-environment` reads it"
_GITS: Final = (".git", "git~1")
"""The folder, and its short name on NTFS."""
_IGNORED: Final = dict.fromkeys(
    map(ord, "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u206a\u206b\u206c\u206d\u206e\u206f\ufeff")
)
"""Letters that HFS+ passes over in a name."""
_NO_FILES: Final = ("/proc", "/sys", "/dev")
"""What the kernel tells and takes there is in no checkout, wherever that begins."""
_HAS_PATHS: Final = hasattr(os, "O_PATH") and os.path.isdir("/proc/self/fd")
"""Linux alone can open a file again that was only looked at."""


class Checkout(Struct, frozen=True):
    """What may be read: the folders `roots`, by their real paths."""

    roots: tuple[str, ...]

    def refusal(self, path: str | os.PathLike[str]) -> str:
        """Why that file or folder is not read; "" where it may be. Whether it exists makes no difference."""
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):  # opening it says why
            return ""
        root = next((root for root in self.roots if is_inside(real, root)), None)
        if root is None or any(is_inside(real, folder) and not is_inside(root, folder) for folder in _NO_FILES):
            return f"it is outside of {' and '.join(self.roots)}: {_ALLOWED}"
        if any(map(_is_gits, real[len(root) :].split(os.sep))):
            return f"it is Git's own: {_ALLOWED}"
        return ""

    def names(self, path: str | os.PathLike[str]) -> bool:
        """Is that a name inside of the checkout, wherever a link there may lead?"""
        whole = os.path.join(os.path.realpath(os.path.dirname(os.path.abspath(path))), os.path.basename(path))
        return any(is_inside(name, root) for name in (os.path.abspath(path), whole) for root in self.roots)


_CHECKOUT: ContextVar[Checkout | None] = ContextVar("the checkout that is judged", default=None)


@contextmanager
def reading_only(checkout: Checkout | None) -> Iterator[None]:
    """Nothing outside of the checkout is read meanwhile. None: whatever is referred to is read."""
    token = _CHECKOUT.set(checkout)
    try:
        yield
    finally:
        _CHECKOUT.reset(token)


def _is_gits(name: str) -> bool:
    """Is `.git` so called where a file system takes other spellings for the same: letters in either case, and what git
    itself refuses in a name for NTFS (a dot, a blank or a stream at the end) and HFS+."""
    return name.translate(_IGNORED).partition(":")[0].rstrip(". ").casefold() in _GITS


def is_inside(path: str, folder: str) -> bool:
    """Of two normal paths: is the one the other, or below it?"""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def refusal(path: str | os.PathLike[str]) -> str:
    """Why a file or folder is not read here; "" where it may be."""
    checkout = _CHECKOUT.get()
    return "" if checkout is None else checkout.refusal(path)


def is_file(path: str | os.PathLike[str]) -> bool:
    """Is there a regular file that may be read? Of what may not be read nothing is told, not even that it exists."""
    return not refusal(path) and os.path.isfile(path)


def exists(path: str | os.PathLike[str]) -> bool:
    """The same of a file or folder of any kind."""
    return not refusal(path) and os.path.exists(path)


def open_regular(path: str | os.PathLike[str], *, follow: bool = True) -> int:
    """A descriptor to read a regular file. What else it may be is found out without opening it, for a device may act
    when it is opened and a pipe may wait: also where somebody exchanges it, or a link, meanwhile. `follow`: a link at
    the end of the path. Raises OSError. Source: open(2), O_PATH."""
    ends = os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    reads = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | ends
    if not _HAS_PATHS:
        handle = os.open(path, reads)
        return _regular(handle, path)
    seen = _regular(os.open(path, os.O_PATH | ends), path)
    try:
        return os.open(f"/proc/self/fd/{seen}", reads & ~os.O_NOFOLLOW)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), os.fspath(path)) from None
    finally:
        os.close(seen)


def _regular(handle: int, path: str | os.PathLike[str]) -> int:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return handle


def read_input(
    path: str | os.PathLike[str], name: str = "", *, most: int = 64 * MEBIBYTE, stdin: bool = False, what: str = ""
) -> bytes:
    """The whole of a regular file of at most `most` bytes. Nothing else is opened: a pipe would wait, a device gives
    what never ends.

    `name`: what reports call it. `stdin`: `-` is standard input, bounded as well. `what` it is, for who gave too much.
    Raises UnreadableInput.
    """
    name = name or os.fspath(path)
    if stdin and os.fspath(path) == "-":
        try:
            return read_bounded(sys.stdin.buffer, "standard input", most=most, what=what)
        except OSError as error:
            raise UnreadableInput(f"can't be read: {error.strerror or error}", file="standard input") from None
    if why := refusal(path):
        raise UnreadableInput(why, file=name)
    try:
        _refuse_what_is_no_file(os.stat(path).st_mode, name)
        with os.fdopen(open_regular(path), "rb") as file:
            return read_bounded(file, name, most=most, what=what)
    except OSError as error:
        raise UnreadableInput(f"can't be read: {error.strerror or error}", file=name) from error
    except ValueError as error:  # a zero byte in the name
        raise UnreadableInput(f"can't be read: {error}", file=name) from error


def read_bounded(file: BinaryIO, name: str, *, most: int = 64 * MEBIBYTE, what: str = "") -> bytes:
    """Raises UnreadableInput for more than `most` bytes; no more than that is taken."""
    content = file.read(most + 1)
    if len(content) > most:
        size = f"{most // MEBIBYTE} MiB" if most >= MEBIBYTE else f"{most:,} bytes"
        raise UnreadableInput(f"larger than {size}" + (f", which no {what} is" if what else ""), file=name)
    return content


def read_start(path: str | os.PathLike[str], most: int) -> str:
    """The first `most` bytes as text, for files that only add something: "" for what can't or may not be read."""
    try:
        if not is_file(path):
            return ""
        with os.fdopen(open_regular(path), "rb") as file:
            return file.read(most).decode(errors="surrogateescape")
    except (OSError, ValueError):
        return ""


def checkout_of(paths: Sequence[str]) -> Checkout:
    """What those files and folders belong to: each one's Git checkout, else the folder that was named, or of the file
    that was. Standard input (`-`) and no path at all belong to the current folder."""
    named = [os.curdir if path == "-" else path for path in paths] or [os.curdir]
    return Checkout(tuple(dict.fromkeys(map(_root_of, named))))


def judged_checkout(folder: str) -> Checkout:
    """The one that is judged now; of trusted files, that of their folder."""
    return _CHECKOUT.get() or checkout_of([folder])


def without_links(path: str, checkout: Checkout) -> str:
    """Where an absolute path leads by the links that lie in the checkout; behind one that leads out of it, by names
    alone: nothing outside is looked at. A link is part of what somebody commits, as the path is."""
    return followed(path, lambda place: _link_at(place, checkout))


MOST_LINKS: Final = 40
"""In one path, as for the kernel: path_resolution(7)."""


def followed(path: str, link_at: Callable[[str], str | None]) -> str:
    """Where an absolute path leads. `link_at`: what a link at a path says, "" or None where there is none that is to be
    followed. A link beyond the 40th is taken as a name."""
    pending = path.split(os.sep)[::-1]
    place, links = os.sep, 0
    while pending:
        part = pending.pop()
        if part in ("", os.curdir, os.pardir):
            place = os.path.dirname(place) if part == os.pardir else place
            continue
        step = os.path.join(place, part)
        target = link_at(step) if links < MOST_LINKS else None
        if not target:
            place = step
            continue
        links += 1
        place = os.sep if target.startswith(os.sep) else place
        pending += target.split(os.sep)[::-1]
    return place


def _link_at(path: str, checkout: Checkout) -> str | None:
    if not any(is_inside(path, root) for root in checkout.roots):
        return None
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return None


def top_of(folder: str) -> str | None:
    """The top of the Git checkout that a folder lies in, by its real path; None where it lies in none."""
    place = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above
    return place


def _root_of(path: str) -> str:
    whole = os.path.abspath(path)
    here = top_of(os.curdir)
    if here is not None and is_inside(whole, here):
        return here
    top, place = None, os.sep
    for part in whole.split(os.sep)[1:]:
        place = os.path.join(place, part)
        if top is not None and os.path.islink(place):
            break  # inside of a checkout a link is the checkout's own word: it may lead to anything
        if os.path.lexists(os.path.join(place, ".git")):
            top = os.path.realpath(place)
    return top or os.path.realpath(whole if os.path.isdir(whole) else os.path.dirname(whole))


def _refuse_what_is_no_file(mode: int, name: str) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFDIR: "a folder", stat.S_IFSOCK: "a socket"}
    kinds |= {stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    kind = kinds.get(stat.S_IFMT(mode))
    raise UnreadableInput("not a regular file" + (f", but {kind}" if kind else ""), file=name)
