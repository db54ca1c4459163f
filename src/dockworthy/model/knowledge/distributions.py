"""Until when a distribution's release gets security updates without a contract."""

from __future__ import annotations

import datetime

WHAT = "end-of-life dates of distributions"
KNOWN_ON = datetime.date(2026, 11, 24)
SOURCES = ("the Debian wiki's LTS page", "Ubuntu's release cycle page", "the Enterprise Linux life-cycle pages")

SECURITY_UPDATES_UNTIL: dict[tuple[str, str], datetime.date] = {
    ("debian", "9"): datetime.date(2022, 6, 30),
    ("debian", "10"): datetime.date(2024, 6, 30),
    ("debian", "11"): datetime.date(2026, 8, 31),
    ("debian", "12"): datetime.date(2028, 6, 30),
    ("debian", "13"): datetime.date(2030, 6, 30),
    ("ubuntu", "18.04"): datetime.date(2023, 5, 31),
    ("ubuntu", "20.04"): datetime.date(2025, 5, 31),
    ("ubuntu", "22.04"): datetime.date(2027, 4, 30),
    ("ubuntu", "24.04"): datetime.date(2029, 4, 30),
    ("ubuntu", "26.04"): datetime.date(2031, 4, 30),
    ("centos", "7"): datetime.date(2024, 6, 30),
    ("centos", "8"): datetime.date(2021, 12, 31),
    ("rocky", "8"): datetime.date(2029, 5, 31),
    ("rocky", "9"): datetime.date(2032, 5, 31),
    ("almalinux", "8"): datetime.date(2029, 3, 1),
    ("almalinux", "9"): datetime.date(2032, 5, 31),
}
"""(`ID`, `VERSION_ID` of /etc/os-release; the major number where point releases share an end) -> the last day."""


def security_updates_until(id: str, version_id: str) -> datetime.date | None:
    """The last day with updates; None where it is not known here."""
    known = SECURITY_UPDATES_UNTIL
    return known.get((id, version_id)) or known.get((id, version_id.split(".")[0]))
