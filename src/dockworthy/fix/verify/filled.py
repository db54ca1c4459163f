"""The cut-off project, filled: copies of what its services bind, and stand-ins for their secrets."""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .copies import Copies
from .images import Image
from .owner import Owner
from .scratch import cut_off
from .stand_ins import StandIns


def put_in_secrets(
    config: dict[str, Any],
    rendered: Mapping[str, Any],
    stand_ins: StandIns,
    copies: Copies,
    environ: Mapping[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Adds what the services use. Returns the variables that Compose needs for those that come from the environment."""
    variables: dict[str, str] = {}
    for kind in ("secrets", "configs"):
        used = {entry["source"]: None for service in config["services"].values() for entry in service.get(kind) or ()}
        made = {
            name: _stand_in(kind, name, (rendered.get(kind) or {}).get(name) or {}, stand_ins, copies, environ, notes)
            for name in used
        }
        for definition in made.values():
            if "environment" in definition:
                variables[definition["environment"]] = definition.pop("value")
        if made:
            config[kind] = made
    return variables


def learn_secrets(
    rendered: Mapping[str, Any], scope: tuple[str, ...], stand_ins: StandIns, environ: Mapping[str, str]
) -> None:
    """Finds the project's secrets before anything is copied, so that each is known wherever it stands."""
    for name in {entry["source"] for each in scope for entry in rendered["services"][each].get("secrets") or ()}:
        definition = (rendered.get("secrets") or {}).get(name) or {}
        content = _content(definition, environ)
        if content is not None and not stand_ins.keeps(name, content):
            stand_ins.secret(content)
    for each in scope:
        variables = rendered["services"][each].get("environment") or {}
        stand_ins.environment({k: None if v is None else str(v).replace("$$", "$") for k, v in variables.items()})


def _stand_in(
    kind: str,
    name: str,
    written: Mapping[str, Any],
    stand_ins: StandIns,
    copies: Copies,
    environ: Mapping[str, str],
    notes: list[str],
) -> dict[str, Any]:
    content = _content(written, environ)
    if content is None:
        notes.append(f"the {kind[:-1]} {name} can't be read here: a random value stands in for it")
        content = random.token_hex(16)
    elif not stand_ins.keeps(name):
        content = stand_ins.secret(content) if kind == "secrets" else stand_ins.text(content)
        if "PRIVATE KEY" in content:
            notes.append(f"the {kind[:-1]} {name} holds a key that no stand-in can be made for (--hand-in {name})")
    if written.get("environment"):
        return {"environment": str(written["environment"]), "value": content}
    if written.get("content") is not None:
        return {"content": content.replace("$", "$$")}
    source = Path(str(written["file"])) if written.get("file") else None
    like = source if source is not None and source.exists() else None
    return {"file": str(copies.file(content.encode(errors="surrogateescape"), like=like))}


def _content(written: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """None where it can't be had: it is external, or unreadable."""
    if written.get("external"):
        return None
    if written.get("environment"):
        return environ.get(str(written["environment"]))
    if written.get("content") is not None:
        return str(written["content"]).replace("$$", "$")
    try:
        return Path(str(written.get("file"))).read_bytes().decode(errors="surrogateescape")
    except OSError:
        return None


def cut_off_project(
    rendered: Mapping[str, Any],
    scope: Sequence[str],
    images: Mapping[str, Image],
    owner: Owner,
    stand_ins: StandIns,
    copies: Copies,
    note: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, str]]:
    """A Compose configuration, and the variables that Compose needs for it. `note` is told what is missing in it."""
    learn_secrets(rendered, tuple(scope), stand_ins, os.environ)
    scratch = cut_off(rendered, scope, images, owner, stand_ins)
    copies.put_in(scratch.config, scratch.binds)
    notes: list[str] = []
    variables = put_in_secrets(scratch.config, rendered, stand_ins, copies, os.environ, notes)
    for each in (*scratch.notes, *copies.notes, *notes):
        note(each)
    return scratch.config, variables
