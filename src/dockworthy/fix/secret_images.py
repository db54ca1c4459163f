"""Which images read a secret from the file that `NAME_FILE` or `NAME__FILE` names, and as whom: read in the scripts
that start them, and for Grafana and Gitea in their makers' words."""

from __future__ import annotations

import datetime
from typing import Final

from msgspec import Struct, structs

from ..controls.image_names import parse_image
from ..controls.supported_images import official_name

KNOWN_ON: Final = datetime.date(2026, 6, 16)
SOURCES: Final = (
    "https://github.com/docker-library/postgres/blob/master/docker-entrypoint.sh (2026-02-26)",
    "https://github.com/docker-library/mysql/blob/master/docker-entrypoint.sh (2026-06-16)",
    "https://github.com/MariaDB/mariadb-docker/blob/master/docker-entrypoint.sh (2026-05-29)",
    "https://github.com/docker-library/mongo/blob/master/docker-entrypoint.sh (2026-06-11)",
    "https://github.com/docker-library/wordpress/blob/master/wp-config-docker.php",
    "https://github.com/nextcloud/docker/blob/master/docker-entrypoint.sh",
    "https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/",
    "https://docs.gitea.com/installation/install-with-docker",
)


class Reading(Struct, frozen=True):
    """`variables` that may be given as NAME and `suffix`. `uid` of who opens the file when the container starts as the
    image says: most scripts do it as root before they step down to the user of the service, some programs afterwards.
    `others`: other users of images whose tag holds such a word."""

    variables: frozenset[str]
    uid: int = 0
    suffix: str = "_FILE"
    others: tuple[tuple[str, int], ...] = ()


_MARIADB = (
    "MYSQL_ROOT_PASSWORD MYSQL_PASSWORD MARIADB_ROOT_PASSWORD MARIADB_PASSWORD MARIADB_ROOT_PASSWORD_HASH "
    "MARIADB_PASSWORD_HASH MARIADB_REPLICATION_PASSWORD MARIADB_REPLICATION_PASSWORD_HASH"
)
_WORDPRESS = (
    "WORDPRESS_DB_PASSWORD WORDPRESS_AUTH_KEY WORDPRESS_SECURE_AUTH_KEY WORDPRESS_LOGGED_IN_KEY WORDPRESS_NONCE_KEY "
    "WORDPRESS_AUTH_SALT WORDPRESS_SECURE_AUTH_SALT WORDPRESS_LOGGED_IN_SALT WORDPRESS_NONCE_SALT"
)
_GRAFANA = "GF_SECURITY_ADMIN_PASSWORD GF_SECURITY_SECRET_KEY GF_DATABASE_PASSWORD GF_SMTP_PASSWORD"
_GITEA = (
    "GITEA__database__PASSWD GITEA__mailer__PASSWD GITEA__security__SECRET_KEY GITEA__security__INTERNAL_TOKEN "
    "GITEA__oauth2__JWT_SECRET"
)
_IMAGES: Final = {
    "postgres": Reading(frozenset({"POSTGRES_PASSWORD"})),
    "mysql": Reading(frozenset({"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"})),
    "mariadb": Reading(frozenset(_MARIADB.split())),
    "mongo": Reading(frozenset({"MONGO_INITDB_ROOT_PASSWORD"}), uid=999),
    # PHP itself reads them, as www-data: 33 on Debian, 82 on Alpine.
    "wordpress": Reading(frozenset(_WORDPRESS.split()), uid=33, others=(("alpine", 82),)),
    "nextcloud": Reading(
        frozenset({"MYSQL_PASSWORD", "POSTGRES_PASSWORD", "NEXTCLOUD_ADMIN_PASSWORD"}),
        uid=33,
        others=(("alpine", 82),),
    ),
    "grafana/grafana": Reading(frozenset(_GRAFANA.split()), uid=472, suffix="__FILE"),
    "grafana/grafana-oss": Reading(frozenset(_GRAFANA.split()), uid=472, suffix="__FILE"),
    "gitea/gitea": Reading(frozenset(_GITEA.split()), suffix="__FILE", others=(("rootless", 1000),)),
}


def reading_of(image: str) -> Reading | None:
    """None for an image of which this table does not know that it reads any: it knows official ones of Docker Hub, and
    those of few makers."""
    name = parse_image(image)
    found = _IMAGES.get(official_name(image) or name.repository.removeprefix("docker.io/"))
    if found is None:
        return None
    uid = next((uid for word, uid in found.others if word in name.tag), found.uid)
    return structs.replace(found, uid=uid)
