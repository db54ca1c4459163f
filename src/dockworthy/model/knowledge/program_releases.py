"""Until when release lines of programs that come as images get fixes from their makers."""

from __future__ import annotations

import datetime
import re
from typing import Final

WHAT = "last days of release lines of programs"
KNOWN_ON = datetime.date(2026, 8, 22)
HOLDS_FOR = datetime.timedelta(days=240)
"""Projects say years ahead when a line ends, and a line that is too new for this table is judged by nothing of it."""
SOURCES = ("the release policies of the projects, as endoflife.date lists them",)

_LINES: Final = {
    "postgres": (
        "9.3 2018-11-08, 9.4 2020-02-13, 9.5 2021-02-11, 9.6 2021-11-11, 10 2022-11-10, 11 2023-11-09, "
        "12 2024-11-21, 13 2025-11-13, 14 2026-11-12, 15 2027-11-11, 16 2028-11-09, 17 2029-11-08, "
        "18 2030-11-14"
    ),
    "mysql": (
        "5.5 2018-12-31, 5.6 2021-02-28, 5.7 2023-10-31, 8.0 2026-04-30, 8.1 2023-10-25, 8.2 2023-12-14, "
        "8.3 2024-04-10, 8.4 2032-04-30, 9.0 2024-10-15, 9.1 2025-01-21, 9.2 2025-04-15, 9.3 2025-07-22, "
        "9.4 2025-10-21, 9.5 2026-01-20, 9.6 2026-04-21, 9.7 2034-04-21"
    ),
    "mariadb": (
        "5.5 2020-04-11, 10.0 2019-03-31, 10.1 2020-10-17, 10.2 2022-05-23, 10.3 2023-05-25, "
        "10.4 2024-06-18, 10.5 2025-06-24, 10.6 2026-07-06, 10.7 2023-02-09, 10.8 2023-05-20, "
        "10.9 2023-08-22, 10.10 2023-11-17, 10.11 2028-02-16, 11.0 2024-06-06, 11.1 2024-08-21, "
        "11.2 2024-11-21, 11.3 2024-05-29, 11.4 2029-05-29, 11.5 2024-11-21, 11.6 2025-02-13, "
        "11.7 2025-05-12, 11.8 2028-06-04, 12.0 2025-11-18, 12.1 2026-02-13, 12.2 2026-05-28, "
        "12.3 2029-06-12"
    ),
    "mongo": (
        "3.0 2018-02-28, 3.2 2018-09-30, 3.4 2020-01-31, 3.6 2021-04-30, 4.0 2022-04-30, 4.2 2023-04-30, "
        "4.4 2024-02-29, 5.0 2024-10-31, 5.1 2022-01-19, 5.2 2022-03-23, 5.3 2022-07-19, 6.0 2025-07-31, "
        "6.1 2023-02-09, 6.2 2023-04-24, 6.3 2023-08-31, 7.0 2027-08-31, 7.1 2024-01-23, 7.2 2024-03-27, "
        "7.3 2024-10-02, 8.0 2029-10-31, 8.1 2025-09-30, 8.2 2026-07-31, 8.3 2029-10-31"
    ),
    "redis": (
        "5.0 2022-04-27, 6.0 2022-05-31, 6.2 2027-04-01, 7.0 2024-07-29, 7.2 2029-12-01, 7.4 2029-12-01, "
        "8.0 2026-12-01, 8.2 2030-09-01, 8.4 -, 8.6 -, 8.8 -, 8.10 -"
    ),
    "elasticsearch": "6 2022-02-10, 7 2026-01-15, 8 -, 9 -",
    "rabbitmq": (
        "3.6 2018-05-31, 3.7 2020-09-30, 3.8 2022-07-31, 3.9 2023-01-31, 3.10 2022-09-28, 3.11 2023-06-01, "
        "3.12 2024-02-21, 3.13 2024-09-17, 4.0 2025-04-15, 4.1 2026-01-30, 4.2 2026-07-31, 4.3 -"
    ),
    "haproxy": (
        "1.4 2020-01-10, 1.5 2020-01-10, 1.6 2020-10-01, 1.7 2021-10-01, 1.8 2022-12-09, 1.9 2020-07-31, "
        "2.0 2024-04-05, 2.1 2021-03-18, 2.2 2025-04-23, 2.3 2022-07-27, 2.4 2026-04-01, 2.5 2023-05-02, "
        "2.6 2027-04-01, 2.7 2024-04-05, 2.8 2028-04-01, 2.9 2025-03-21, 3.0 2029-04-01, 3.1 2026-01-01, "
        "3.2 2030-04-01, 3.3 2027-01-01, 3.4 2031-04-01"
    ),
    "nginx": (
        "1.12 2018-04-17, 1.14 2019-04-23, 1.16 2020-04-20, 1.18 2021-04-20, 1.19 2021-05-25, "
        "1.20 2022-05-24, 1.21 2022-06-21, 1.22 2023-04-11, 1.23 2023-05-23, 1.24 2024-04-23, "
        "1.25 2024-05-29, 1.26 2025-04-23, 1.27 2025-06-24, 1.28 2026-04-14, 1.29 2026-05-13, 1.30 -, "
        "1.31 -"
    ),
    "traefik": "1 2021-12-31, 2 2026-02-01, 3 -",
    "nextcloud": (
        "11 2018-03-31, 12 2018-11-30, 13 2019-02-28, 14 2019-09-30, 15 2019-12-31, 16 2020-06-30, "
        "17 2020-10-31, 18 2021-01-31, 19 2021-06-30, 20 2021-11-30, 21 2022-02-28, 22 2022-07-31, "
        "23 2022-12-31, 24 2023-04-30, 25 2023-10-31, 26 2024-03-31, 27 2024-06-30, 28 2024-12-31, "
        "29 2025-04-30, 30 2025-10-31, 31 2026-02-28, 32 2026-09-30, 33 2027-02-28, 34 2027-06-30"
    ),
    "grafana": "6 2021-06-08, 7 2022-06-14, 8 2023-06-09, 9 2024-05-14, 10 2025-06-05, 11 2026-06-25, 12 -, 13 -",
    "keycloak": (
        "10 2020-07-22, 11 2020-12-16, 12 2021-05-06, 13 2021-06-18, 14 2021-07-15, 15 2021-12-17, "
        "16 2022-03-11, 17 2022-04-20, 18 2022-07-27, 19 2022-11-01, 20 2023-02-23, 21 2023-07-11, "
        "22 2023-11-23, 23 2024-03-04, 24 2024-06-10, 25 2024-10-04, 26 -"
    ),
    "opensearch": "1 2025-05-06, 2 -, 3 -",
    "cassandra": "3.0 2024-09-05, 3.11 2024-09-05, 4.0 -, 4.1 -, 5.0 -",
    "tomcat": "7 2021-03-31, 8.0 2018-06-30, 8.5 2024-03-31, 9.0 2027-03-31, 10.0 2022-10-31, 10.1 -, 11.0 -",
    "docker": (
        "17 2018-02-10, 18 2019-08-22, 19 2021-01-08, 20 2023-12-10, 23 2025-05-19, 24 2024-06-08, 25 -, "
        "26 2025-02-17, 27 2025-05-03, 28 2026-05-13, 29 -"
    ),
    "node": (
        "4 2018-04-30, 6 2019-04-30, 8 2019-12-31, 9 2018-06-30, 10 2021-04-30, 11 2019-06-30, "
        "12 2022-04-30, 13 2020-06-01, 14 2023-04-30, 15 2021-06-01, 16 2023-09-11, 17 2022-06-01, "
        "18 2025-04-30, 19 2023-06-01, 20 2026-04-30, 21 2024-06-01, 22 2027-04-30, 23 2025-06-01, "
        "24 2028-04-30, 25 2026-06-01, 26 2029-04-30"
    ),
    "python": (
        "2.7 2020-01-01, 3.4 2019-03-18, 3.5 2020-09-30, 3.6 2021-12-23, 3.7 2023-06-27, 3.8 2024-10-07, "
        "3.9 2025-10-31, 3.10 2026-10-31, 3.11 2027-10-31, 3.12 2028-10-31, 3.13 2029-10-31, "
        "3.14 2030-10-31"
    ),
    "php": (
        "5.6 2018-12-31, 7.0 2019-01-10, 7.1 2019-12-01, 7.2 2020-11-30, 7.3 2021-12-06, 7.4 2022-11-28, "
        "8.0 2023-11-26, 8.1 2025-12-31, 8.2 2026-12-31, 8.3 2027-12-31, 8.4 2028-12-31, 8.5 2029-12-31"
    ),
    "ruby": (
        "2.2 2018-03-31, 2.3 2019-03-31, 2.4 2020-03-31, 2.5 2021-03-31, 2.6 2022-03-31, 2.7 2023-03-31, "
        "3.0 2024-04-23, 3.1 2025-03-26, 3.2 2026-03-31, 3.3 2027-03-31, 3.4 2028-03-31, 4.0 2029-03-31"
    ),
    "golang": (
        "1.10 2019-02-25, 1.11 2019-09-03, 1.12 2020-02-25, 1.13 2020-08-11, 1.14 2021-02-16, "
        "1.15 2021-08-16, 1.16 2022-03-15, 1.17 2022-08-02, 1.18 2023-02-01, 1.19 2023-09-06, "
        "1.20 2024-02-06, 1.21 2024-08-13, 1.22 2025-02-11, 1.23 2025-08-12, 1.24 2026-02-10, "
        "1.25 2026-08-19, 1.26 -, 1.27 -"
    ),
    "eclipse-temurin": (
        "8 2030-12-31, 11 2027-10-31, 16 2021-09-30, 17 2027-10-31, 18 2022-09-30, 19 2023-03-31, "
        "20 2023-09-19, 21 2029-12-31, 22 2024-09-17, 23 2025-03-18, 24 2025-09-16, 25 2031-09-30, "
        "26 2026-09-15"
    ),
    "dotnet": (
        "1.0 2019-06-27, 1.1 2019-06-27, 2.0 2018-10-01, 2.1 2021-08-21, 2.2 2019-12-23, 3.0 2020-03-03, "
        "3.1 2022-12-13, 5 2022-05-10, 6 2024-11-12, 7 2024-05-14, 8 2026-11-10, 9 2026-11-10, "
        "10 2028-11-14"
    ),
}
"""Image -> its lines, oldest first, with the last day of each; `-` for one whose end nobody has announced."""

_OTHER_NAMES: Final = {
    "postgresql": "postgres",
    "postgis": "postgres",
    "mysql-server": "mysql",
    "mongodb": "mongo",
    "mongodb-community-server": "mongo",
    "kibana": "elasticsearch",
    "logstash": "elasticsearch",
    "aspnet": "dotnet",
    "runtime": "dotnet",
    "sdk": "dotnet",
    "pgvector": "postgres",
    "timescaledb": "postgres",
    "timescaledb-ha": "postgres",
}
"""Images that carry the version of another one's program."""

OFTEN_ANOTHERS: Final = frozenset({"node", "python", "php", "ruby", "golang", "docker", "dotnet", "tomcat"})
"""Names that an application may have, too: only the publisher's own image is taken for that program."""

_VERSION: Final = re.compile(r"v?(\d+)(?:\.(\d+))?")
_OF_POSTGRES: Final = re.compile(r"(?:^|-)pg(\d+)()")
_EXTENSIONS: Final = frozenset({"pgvector", "timescaledb", "timescaledb-ha"})
"""Of PostgreSQL, whose line stands behind their own version: `2.17-pg16`."""

Line = tuple[int, ...]


def program_called(name: str) -> str:
    """The program of the table that an image of this name carries; `""` for one that it has not."""
    program = _OTHER_NAMES.get(name, name)
    return program if program in _LINES else ""


def line_of(name: str, tag: str) -> Line | None:
    """The release line that an image's tag names: (16,) of postgres `16.4-alpine`. A tag that names less than a line
    (`mysql:8`) is the newest of those. None for a tag that names no version."""
    version = _OF_POSTGRES.search(tag) if name in _EXTENSIONS else _VERSION.match(tag)
    if version is None:
        return None
    said = tuple(int(part) for part in version.groups() if part)
    lines = _days(program_called(name))
    if said in lines or said[:1] in lines:
        return said if said in lines else said[:1]
    return max((line for line in lines if line[: len(said)] == said), default=said)


def fixes_until(program: str, line: Line) -> datetime.date | None:
    """The last day; of a line older than all that are known that of the oldest. None where no end is known."""
    days = _days(program)
    oldest = next(iter(days))
    return days[oldest] if line < oldest else days.get(line)


def _days(program: str) -> dict[Line, datetime.date | None]:
    """Line -> its last day, oldest first."""
    found: dict[Line, datetime.date | None] = {}
    for entry in _LINES[program].split(", "):
        line, _, day = entry.partition(" ")
        found[tuple(int(part) for part in line.split("."))] = None if day == "-" else datetime.date.fromisoformat(day)
    return found
