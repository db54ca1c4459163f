"""Docker contexts: the command line's named engines, in ~/.docker (or DOCKER_CONFIG)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ..errors import OutputError, UnreadableInput, UsageError
from .certificate_files import write_certificates


class Context(NamedTuple):
    """A docker context: its engine's address, and the folder of its certificates (which may not exist)."""

    name: str
    host: str
    certificates: Path


def current_context(environ: Mapping[str, str]) -> Context | None:
    """The context that the docker command line would use; None for the default one, which is no file.

    Raises UsageError where it is named and does not exist, UnreadableInput where a file is not what it should be.
    """
    folder = configuration_folder(environ)
    name = environ.get("DOCKER_CONTEXT") or _current_name(folder / "config.json")
    if not name or name == "default":
        return None
    digest = hashlib.sha256(name.encode()).hexdigest()
    file = folder / "contexts" / "meta" / digest / "meta.json"
    metadata = _json(file)
    if metadata is None:
        raise UsageError(
            f'the current docker context "{name}" does not exist', hint="docker context ls shows those that do"
        )
    host = _host(metadata)
    if not host:
        raise UnreadableInput("the context names no engine (Endpoints.docker.Host)", file=str(file))
    return Context(name, host, folder / "contexts" / "tls" / digest / "docker")


def write_context(folder: Path, name: str, host: str, certificates: Mapping[str, bytes] | None = None) -> Path:
    """A context, whole or not at all; `certificates`: file name -> text. Raises OutputError; UsageError where one of
    that name asks another engine: it is somebody's."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    file = folder / "contexts" / "meta" / digest / "meta.json"
    there = _json(file)
    if there is not None and _host(there) != host:
        raise UsageError(
            f'there is a docker context "{name}" already, for {_host(there)}', hint=f"docker context rm {name}"
        )
    if certificates:
        write_certificates(folder / "contexts" / "tls" / digest / "docker", certificates)
    endpoint = {"Host": host, "SkipTLSVerify": False}
    content = msgspec.json.encode({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}})
    aside = file.with_name(f".meta.json.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        # The home may be somebody else's (sudo -E): a link that waits there under this name is not followed.
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as written:
            written.write(content)
        aside.replace(file)
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error.strerror}") from None
    return file


def configuration_folder(environ: Mapping[str, str]) -> Path:
    """Where the docker command line keeps its configuration."""
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or "/") / ".docker")


def _current_name(file: Path) -> str:
    configuration = _json(file)
    name = configuration.get("currentContext") if isinstance(configuration, dict) else None
    return name if isinstance(name, str) else ""


def _host(metadata: Any) -> str:
    for key in ("Endpoints", "docker", "Host"):
        metadata = metadata.get(key) if isinstance(metadata, dict) else None
    return metadata if isinstance(metadata, str) else ""


def _json(file: Path) -> Any:
    """The file's content; None where there is none (another user's is as good as none: docker goes on, too)."""
    try:
        return msgspec.json.decode(file.read_bytes())
    except OSError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableInput(
            f"not valid JSON: {error}", file=str(file), hint="mend it, or name the engine with DOCKER_HOST"
        ) from None
