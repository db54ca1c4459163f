"""What a restored database holds otherwise than the manifest says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """What a restore did not bring back of one database as it was saved, as sentences. More of a sequence is none."""
    said: list[str] = []
    for table, wanted in expected.get("tables", {}).items():
        there = found.get("tables", {}).get(table)
        if there is None:
            said.append(f"the table {table} is missing")
        elif there["rows"] != wanted["rows"]:
            said.append(f"{table} has {there['rows']:,} rows and should have {wanted['rows']:,}")
        elif there["sum"] != wanted["sum"]:
            said.append(f"{table} has as many rows as it should, with other content")
    for kind, wanted in expected.get("objects", {}).items():
        if (there := found.get("objects", {}).get(kind, 0)) != wanted:
            said.append(f"{there} {kind} are there, and should be {wanted}")
    missing = expected.get("extensions", {}).keys() - found.get("extensions", {}).keys()
    said += [f"the extension {name} is missing" for name in sorted(missing)]
    for name, wanted in expected.get("sequences", {}).items():
        there = found.get("sequences", {}).get(name)
        if there is None or (there < wanted and wanted > 0):
            said.append(f"the sequence {name} stands at {there} and should be at {wanted} or above")
    return tuple(said)
