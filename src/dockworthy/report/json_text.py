"""JSON for programs that a person can read, too."""

from __future__ import annotations

from typing import Any

import msgspec

from ..model.compose_project import project_as_json
from .visible import json_for_logs


def json_text(told: Any) -> str:
    """Indented by two, with a line's end."""
    return (
        json_for_logs(msgspec.json.format(msgspec.json.encode(told, enc_hook=project_as_json), indent=2)).decode()
        + "\n"
    )
