"""The engine's query parameter `filters`. Source: Engine API v1.45, /containers/json, /services, /tasks, /events."""

from __future__ import annotations

import json
from urllib.parse import quote


def filters(**wanted: list[str]) -> str:
    """`filters=...`, ready for an address: of each kind (`label`, `service`, `status`), what is looked for."""
    return f"filters={quote(json.dumps(wanted))}"
