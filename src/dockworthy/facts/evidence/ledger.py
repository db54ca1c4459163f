"""What drills proved, as dockworthy's ledger keeps it on the host (model/kept_proof.py)."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ...model.demands import DEMANDS
from ...model.drill_proof import DrillProof
from ...model.evidence import Drill, ToolTask
from ...model.field import Source
from ...model.kept_on_swarm import is_of_admins
from ...model.kept_proof import MOST_BYTES, DamagedProof, newest_names, proof_from_json
from ...model.own_places import PROVEN
from ...model.standing_proofs import holds, standing_proofs, what_it_proves
from ..host.root import Root, clean
from ..redaction import redacted_text

LEDGER = PROVEN
_EACH, _MOST = 3, 300
"""Files that are read of each drill, subject and claim, and of all of them."""
_WORDS = 300
"""Characters of a sentence."""
_TASKS = {
    "restore": ToolTask.RESTORE,
    "rollback": ToolTask.DEPLOY,
    "deploy": ToolTask.DEPLOY,
    "alert": ToolTask.ALERTS,
    "logs": ToolTask.LOGS,
    "registry": ToolTask.PIPELINE,
}
"""Drill -> whose work it tries. The others try what was set up on the host."""


def read_proven(root: Root) -> Iterator[Drill]:
    """Of each claim, drill and subject the proof that counts. Raises OSError where the ledger may not be read. A
    damaged file tells nothing here; `dockworthy drill` names it."""
    return _counting(read_ledger(root, LEDGER)[0])


def read_proven_on_swarm(configs: Any) -> Iterator[Drill]:
    """The same of the configs of a swarm, as its manager's API lists them: only of those with the label that a guard
    lets nobody give but admins."""
    found = []
    for config in configs if isinstance(configs, list) else ():
        try:
            spec = config["Spec"]
            if is_of_admins(spec.get("Labels") or {}):
                found.append((f"config {spec['Name']}", proof_from_json(base64.b64decode(spec.get("Data") or ""))))
        except (ValueError, TypeError, KeyError, AttributeError):  # not what the API promises, or a damaged proof
            continue
    return _counting(found)


def _counting(found: Sequence[tuple[str, DrillProof]]) -> Iterator[Drill]:
    places = {id(proof): place for place, proof in found}
    for each in standing_proofs((proof for _, proof in found), datetime.now(UTC)):
        if each.proof.claim in DEMANDS:
            yield drill_of(each.proof, Source(clean(places[id(each.proof)])))


def drill_of(proof: DrillProof, source: Source) -> Drill:
    """A proof as a fact: its text is cleaned and cut, and holds no secret."""
    return Drill(
        proof.claim,
        _TASKS.get(proof.drill, ToolTask.SETUP),
        f"dockworthy drill {_words(proof.drill)}",
        _words(proof.says),
        _words(proof.at),
        holds(proof),
        source,
        _words(proof.lapses),
        _words(what_it_proves(proof)),
    )


def read_ledger(
    root: Root, folder: str, owners: frozenset[int] = frozenset()
) -> tuple[list[tuple[str, DrillProof]], tuple[str, ...]]:
    """The newest proofs in a folder, each with its path; and what there is none, a sentence each.

    Only regular files of `owners` count that nobody else may write. Without them that is root; in a tree that is no
    running host's, also who has the folder. Raises OSError where it may not be read.
    """
    try:
        names = newest_names(root.names(folder), each=_EACH, most=_MOST)
        owners = owners or frozenset({0} if root.is_live else {0, root.stat(folder).st_uid})
    except (FileNotFoundError, NotADirectoryError):
        return [], ()
    found: list[tuple[str, DrillProof]] = []
    damaged: list[str] = []
    for name in names:
        path = f"{folder}/{name}"
        try:
            status = root.stat(path, follow=False)
            if not _is_trusted(status.st_mode, status.st_uid, owners):
                damaged.append(f"{path}: it is no file that root alone may write")
            elif status.st_size > MOST_BYTES:
                damaged.append(f"{path}: it is too large")
            else:
                found.append((path, proof_from_json(root.read_bytes(path))))
        except FileNotFoundError:  # newer ones took its place meanwhile
            continue
        except DamagedProof as error:
            damaged.append(f"{path}: {error}")
    return found, tuple(damaged)


def _is_trusted(mode: int, uid: int, owners: frozenset[int]) -> bool:
    return stat.S_ISREG(mode) and uid in owners and not mode & (stat.S_IWGRP | stat.S_IWOTH)


def _words(text: str) -> str:
    return clean(redacted_text(text))[:_WORDS]
