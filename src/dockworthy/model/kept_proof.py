"""A proof as it is kept: its bytes, how its file is called, and in which folder of the state it lies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC

import msgspec
from msgspec import Struct, structs

from .drill_proof import DrillProof
from .moments import read_moment

PROOF_KIND = "proof"
"""Of a swarm's config that is one: its label `dockworthy.kind`."""
KEPT = 20
"""Of each claim, drill and subject."""
MOST_BYTES = 20_000
"""Of one proof."""
SCHEMA = 1
"""The newest that is known here."""

_SAYS, _SENTENCES, _NUMBERS = 1_000, 30, 100
"""Characters of a sentence; sentences of evidence; measured values."""
_NAME = re.compile(r"(?P<of>[A-Za-z0-9.-]+_[A-Za-z0-9.-]*_[A-Za-z0-9.-]+)_(?P<at>\d{8}T\d{6}Z)_[0-9a-f]{8}\.json")


class DamagedProof(ValueError):
    """What is kept there is no proof that can be read; the reason in words."""


class _Schema(Struct):
    schema: int = SCHEMA


def proof_as_json(proof: DrillProof) -> bytes:
    """One line. What is longer than anybody reads is cut. Raises DamagedProof for one that could not be read back."""
    shown = structs.replace(
        proof,
        says=_cut(proof.says),
        evidence=tuple(map(_cut, proof.evidence[:_SENTENCES])),
        measured=dict(list(proof.measured.items())[:_NUMBERS]),
    )
    content = _encoded(shown)
    while len(content) > MOST_BYTES and shown.evidence:
        shown = structs.replace(shown, evidence=shown.evidence[:-1])
        content = _encoded(shown)
    proof_from_json(content)
    return content


def proof_from_json(content: bytes) -> DrillProof:
    """Raises DamagedProof."""
    if len(content) > MOST_BYTES:
        raise DamagedProof(f"it has {len(content):,} bytes, and a proof has {MOST_BYTES:,} at most")
    try:
        schema = msgspec.json.decode(content, type=_Schema).schema
        if schema > SCHEMA:
            raise DamagedProof(f"a newer dockworthy wrote it (schema {schema}; {SCHEMA} is known here)")
        proof = msgspec.json.decode(content, type=DrillProof)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise DamagedProof("it is damaged") from None
    for name, text in (("at", proof.at), ("lapses", proof.lapses)):
        if read_moment(text) is None:
            raise DamagedProof(f"its `{name}` is no moment")
    return proof


def file_name(proof: DrillProof, unique: str) -> str:
    """`restore_project-shop_1.backup_20261202T030000Z_3f9a2c1b.json`. `unique`: eight hexadecimal digits, so that two
    proofs of one second have two files. Raises DamagedProof."""
    at = read_moment(proof.at)
    if at is None:
        raise DamagedProof("its `at` is no moment")
    of = "_".join(_part(text) for text in (proof.drill, proof.subject, proof.claim))
    return f"{of}_{at.astimezone(UTC):%Y%m%dT%H%M%SZ}_{unique}.json"


def newest_names(names: Iterable[str], *, each: int, most: int) -> list[str]:
    """Of the files in a folder of proofs: of each drill, subject and claim the newest `each`, and of all of these the
    newest `most`. What is called otherwise is left out."""
    by_moment = sorted((found for name in names if (found := _NAME.fullmatch(name))), key=lambda found: found["at"])
    counts: dict[str, int] = {}
    kept = []
    for found in reversed(by_moment):
        counts[found["of"]] = counts.get(found["of"], 0) + 1
        if counts[found["of"]] <= each:
            kept.append(found.string)
    return kept[:most]


def _encoded(proof: DrillProof) -> bytes:
    return msgspec.json.encode({"schema": SCHEMA, **msgspec.to_builtins(proof)})


def _part(text: str) -> str:
    """Of a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text)[:60]


def _cut(text: str) -> str:
    return text if len(text) <= _SAYS else f"{text[: _SAYS - 2]} …"
