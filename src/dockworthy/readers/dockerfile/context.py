"""The build context as far as files beside the Dockerfile tell: what its .dockerignore leaves out."""

from __future__ import annotations

from pathlib import Path

from ...model.field import Field, Set, Source, Unknown, Unset

_MOST_CHARACTERS = 1024 * 1024


def ignored_patterns(dockerfile: Path) -> Field[tuple[str, ...]]:
    """The patterns of `<name>.dockerignore`, else of the nearest .dockerignore up to the top of the repository.

    Which folder is the context only the build command says; the nearest one that has such a file is taken for it.
    """
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    if own.is_file():
        return _read(own)
    for folder in dockerfile.parents:
        if (folder / ".dockerignore").is_file():
            return _read(folder / ".dockerignore")
        if (folder / ".git").exists():
            break
    return Unset(Source(str(dockerfile.parent / ".dockerignore")))


def _read(path: Path) -> Field[tuple[str, ...]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(_MOST_CHARACTERS)
    except OSError as error:
        return Unknown(f"{path} can't be read: {error.strerror}")
    lines = (line.strip() for line in text.splitlines())
    return Set(tuple(line for line in lines if line and not line.startswith("#")), Source(str(path)))
