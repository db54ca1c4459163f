"""Where results go: standard output or a file, whole or not at all; and what is said to the person meanwhile."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator

from ..errors import OutputError

Content = str | bytes | Iterator[bytes]


def deliver(content: Content, file: str | None) -> None:
    """Writes to `file`, or to standard output where it is None or `-`. Raises OutputError."""
    if file is None or file == "-":
        _to_standard_output(content)
        return
    try:
        _to_file(_encoded(content, "utf-8"), os.path.realpath(file))
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error.strerror}") from error


def say(line: str) -> None:
    """A line for the person, on standard error. Nobody there to read it is no reason to fail."""
    from ..report.visible import visible

    with contextlib.suppress(OSError, ValueError, AttributeError):
        encoding = sys.stderr.encoding or "utf-8"
        shown = visible(line).encode(encoding, "backslashreplace").decode(encoding)
        print(shown, file=sys.stderr, flush=True)


def discard_standard_output() -> None:
    """Whoever read it has left: what is still buffered must not be an error when the program ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _encoded(content: Content, encoding: str) -> Iterator[bytes]:
    """What the encoding has no letter for is written out, as `\\xe4`."""
    if isinstance(content, str):
        yield content.encode(encoding, "backslashreplace")
    elif isinstance(content, bytes):
        yield content
    else:
        yield from content


def _to_standard_output(content: Content) -> None:
    if sys.stdout is None:
        raise OutputError("standard output is closed", hint="`-o FILE` writes to a file")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(_encoded(content, sys.stdout.encoding or "utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # `| head` has seen enough; the exit status still says what was found
        discard_standard_output()
    except OSError as error:
        discard_standard_output()
        raise OutputError(f"standard output can't be written: {error.strerror}") from error


def _to_file(content: Iterator[bytes], path: str) -> None:
    """A regular file is replaced at once by a finished one beside it; a device or pipe is written into."""
    mode = _mode_of(path)
    if mode is not None and not stat.S_ISREG(mode):
        from ..output_files import write_to_device

        write_to_device(path, content, follow=False)
        return
    import tempfile  # only where a file is written

    handle, beside = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(handle)
            # By the open file: in somebody else's folder another one may have its name by now.
            os.fchmod(handle, stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
        os.replace(beside, path)
    except BaseException:  # ^C too: nothing half written may stay behind
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _mode_of(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
