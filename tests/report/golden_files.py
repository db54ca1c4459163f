"""Reports compared with files that a person has looked at. `UPDATE_GOLDEN=1 pytest tests/report` writes them again."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """`text` is what golden/NAME holds."""
    path = HERE / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} differs; UPDATE_GOLDEN=1 writes it, then read the diff"
