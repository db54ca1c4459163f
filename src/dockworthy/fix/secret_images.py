"""Which images read a secret from the file that `NAME_FILE` names, and as whom: read in the scripts that start them."""

from __future__ import annotations

import datetime
from typing import Final

from msgspec import Struct

from ..controls.supported_images import official_name

KNOWN_ON: Final = datetime.date(2026, 6, 16)
SOURCES: Final = (
    "https://github.com/docker-library/postgres/blob/master/docker-entrypoint.sh (2026-02-26)",
    "https://github.com/docker-library/mysql/blob/master/docker-entrypoint.sh (2026-06-16)",
    "https://github.com/MariaDB/mariadb-docker/blob/master/docker-entrypoint.sh (2026-05-29)",
    "https://github.com/docker-library/mongo/blob/master/docker-entrypoint.sh (2026-06-11)",
)


class Reading(Struct, frozen=True):
    """`variables` that may be given as NAME_FILE. `uid` of who opens the file when the container starts as root: most
    scripts do it before they step down to the user of the service, MongoDB's afterwards."""

    variables: frozenset[str]
    uid: int = 0


_MARIADB = (
    "MYSQL_ROOT_PASSWORD MYSQL_PASSWORD MARIADB_ROOT_PASSWORD MARIADB_PASSWORD MARIADB_ROOT_PASSWORD_HASH "
    "MARIADB_PASSWORD_HASH MARIADB_REPLICATION_PASSWORD MARIADB_REPLICATION_PASSWORD_HASH"
)
_IMAGES: Final = {
    "postgres": Reading(frozenset({"POSTGRES_PASSWORD"})),
    "mysql": Reading(frozenset({"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"})),
    "mariadb": Reading(frozenset(_MARIADB.split())),
    "mongo": Reading(frozenset({"MONGO_INITDB_ROOT_PASSWORD"}), uid=999),
}


def reading_of(image: str) -> Reading | None:
    """None for an image of which this table does not know that it reads any: it knows Docker's official ones alone."""
    return _IMAGES.get(official_name(image))
