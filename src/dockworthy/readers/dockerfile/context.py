"""The build context as far as files beside the Dockerfile tell: what its .dockerignore leaves out."""

from __future__ import annotations

from pathlib import Path

from ...input_files import is_file, read_start, refusal
from ...model.field import Field, Set, Source, Unknown, Unset

_MOST_CHARACTERS = 1024 * 1024


def ignored_patterns(dockerfile: Path) -> Field[tuple[str, ...]]:
    """The patterns of `<name>.dockerignore`, else of the nearest .dockerignore up to the top of the repository.

    Which folder is the context only the build command says; the nearest one that has such a file is taken for it.
    """
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    if is_file(own):
        return _read(own)
    for folder in dockerfile.parents:
        ignoring = folder / ".dockerignore"
        if is_file(ignoring):
            return _read(ignoring)
        if ignoring.is_symlink() and not refusal(folder) and (why := refusal(ignoring)):
            return Unknown(f"{ignoring}: {why}")
        if (folder / ".git").exists():
            break
    return Unset(Source(str(dockerfile.parent / ".dockerignore")))


def _read(path: Path) -> Field[tuple[str, ...]]:
    lines = (line.strip() for line in read_start(path, _MOST_CHARACTERS).splitlines())
    return Set(tuple(line for line in lines if line and not line.startswith("#")), Source(str(path)))
