"""A Compose file before and after its safe fixes."""

from __future__ import annotations

from pathlib import Path

BEFORE = (
    "# the shop\nservices:\n  web:\n    image: shop   # ours\n    environment: {DB_PASSWORD: hunter2}\n"
    "    privileged: true\n    logging: {driver: json-file}\n"
)
AFTER = BEFORE.replace("{driver: json-file}", '{driver: json-file, options: {max-size: "10m", max-file: "3"}}')


def kept_files(compose: Path) -> list[Path]:
    """Old contents that dockworthy kept, in the state folder of the fixture."""
    return sorted((compose.parent.parent / "state" / "fixed").glob("*"))
