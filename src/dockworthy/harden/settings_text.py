"""daemon.json with some settings changed: what a person wrote stays, in its order and with its indentation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .situation import parse_settings


def changed_settings(text: str | None, values: Mapping[str, Any], file: str) -> str:
    """The file's new text. None takes a setting away; a map is laid over the map that is there.

    Raises UnreadableInput where the old text isn't JSON.
    """
    settings = parse_settings(text, file)
    for name, value in values.items():
        if value is None:
            settings.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(settings.get(name), dict):
            settings[name] = {**settings[name], **value}
        else:
            settings[name] = value
    return json.dumps(settings, indent=_indentation(text), ensure_ascii=False) + "\n"


def _indentation(text: str | None) -> int | str:
    """As the file has it: spaces or a tab; two spaces where it can't be told."""
    found = re.search(r"\n([ \t]+)\"", text or "")
    if found is None:
        return 2
    return found[1] if "\t" in found[1] else len(found[1])
