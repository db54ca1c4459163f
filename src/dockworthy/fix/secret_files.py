"""Moves secrets out of `environment` into files that Compose hands to the service: planned here, written by `repair`.

A value never leaves this module but as the content of a file: no sentence, fix or change holds it.
"""

from __future__ import annotations

import datetime
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs

from ..controls.image_names import parse_image
from ..controls.secret_words import secret_variables
from ..controls.supported_images import official_name
from ..errors import UsageError
from ..model.field import Set
from ..model.fix import WHOLE_FILE, Change, Fix, FixKind, How
from ..model.repair import NewFile
from ..model.workload import Unit
from .compose_edit import edit_compose
from .refused import FixRefused
from .yaml_tree import as_list, read_document

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


_SERVICE_NAME = re.compile(r"[a-zA-Z0-9._-]+")
"""As Compose takes them: a name with a `/` would lead out of the folder."""
CONTROL = "workload/environment-secrets"
FOLDER = "secrets"
_IGNORE = b"*\n"
_SHORTEST = 6
"""Characters of a value that is looked for elsewhere: a shorter one is a part of many words."""
_MOST_FILES, _MOST_BYTES = 200, 256 * 1024


class Moved(Struct, frozen=True):
    """The text afterwards, the files that it needs, the fixes of findings, and sentences for people."""

    text: str
    made: tuple[Fix, ...] = ()
    files: tuple[NewFile, ...] = ()
    notes: tuple[str, ...] = ()


class _Secret(Struct, frozen=True):
    """One variable that can be moved. `entry`: as it stands in a list, None in a mapping."""

    service: str
    variable: str
    value: str
    entry: str | None
    uid: int
    file_variable: str


def move_secrets(
    text: str,
    units: Iterable[Unit],
    failing_on: Iterable[str],
    *,
    file: str,
    taken: Collection[str] = (),
    counting: bool = False,
) -> Moved:
    """Of the services whose subjects are `failing_on`. What can't be moved stays, and a sentence says why. `taken`:
    files that are not there yet, and will be. `counting`: only the fixes are asked for, so no other file is read."""
    subjects = set(failing_on)
    try:
        data = read_document(text, file)[1]
    except UsageError:
        return Moved(text)
    folder = Path(os.path.abspath(file)).parent / FOLDER
    made: list[Fix] = []
    files: list[NewFile] = []
    notes: list[str] = []
    values: list[tuple[str, str]] = []
    for unit in units:
        written = (data.get("services") or {}).get(unit.name)
        if unit.id not in subjects or not isinstance(written, dict):
            continue
        movable, all_of_it = _movable(unit, written, notes)
        moved: list[str] = []
        for secret in movable:
            if why := _no_room(folder):
                notes.append(f"{unit.name}: {secret.variable} stays where it is: {why}")
                continue
            name = _free_name(secret, data, folder, {*taken, *(each.path for each in files)})
            changes = _changes(secret, name, written)
            try:
                text = edit_compose(text, changes, file=file)
            except FixRefused as refused:
                notes.append(f"{unit.name}: {secret.variable} stays where it is: {refused.problem}; {refused.hint}")
                continue
            data = read_document(text, file)[1]
            written = data["services"][unit.name]
            files.append(NewFile(path=str(folder / name), content=secret.value.encode(), uid=secret.uid))
            values.append((secret.variable, secret.value))
            moved.append(f"{secret.variable} to {FOLDER}/{name}")
        if moved:
            made.append(_fix(unit, moved, whole=all_of_it and len(moved) == len(movable)))
    if files and not counting:
        ignore = folder / ".gitignore"
        if str(ignore) not in taken and not ignore.exists():
            files.insert(0, NewFile(path=str(ignore), content=_IGNORE))
        notes += _afterwards(values, text, file, folder.parent, data)
    return Moved(text, tuple(made), tuple(files), tuple(notes))


def _movable(unit: Unit, written: dict[str, Any], notes: list[str]) -> tuple[list[_Secret], bool]:
    """The secrets of one service that its image reads from files, and whether these are all that it has."""
    environment = unit.containers[0].environment
    names = secret_variables(environment.value) if isinstance(environment, Set) else []
    image = str(written.get("image") or "")
    reading = reading_of(image)
    found: list[_Secret] = []
    for name in names:
        value, entry = _written_value(written.get("environment"), name)
        file_variable = name + (reading.suffix if reading is not None else "_FILE")
        why = ""
        uid: int | str = 0
        if not _SERVICE_NAME.fullmatch(unit.name):
            why = "the service's name is none that Compose takes, and no file is called by it"
        elif reading is None or name not in reading.variables:
            what = image if image and "$" not in image else "its image"
            why = (
                f"{what} is not known to read {file_variable}: if its documentation names a way to read it from a "
                "file, use that; else give the program a start script that does"
            )
        elif value is None:
            why = "its value does not stand in this file's `environment`, or is made of variables"
        elif not value or "\n" in value or value != value.strip():
            why = "a file would not give exactly this value, with its line breaks or spaces at the ends"
        elif name in _elsewhere_in(written):
            why = "its command or health check reads the variable, which would be empty there"
        elif file_variable in _names(written.get("environment")):
            why = f"{file_variable} is set already"
        else:
            uid = _reader(written, reading.uid)
            why = uid if isinstance(uid, str) else ""
        if why or value is None or isinstance(uid, str):
            notes.append(f"{unit.name}: {name} stays where it is: {why}")
        else:
            found.append(_Secret(unit.name, name, value, entry, uid, file_variable))
    return found, bool(found) and len(found) == len(names)


def _written_value(environment: Any, name: str) -> tuple[str | None, str | None]:
    """The literal value, and the entry that it stands in where `environment` is a list."""
    entry: str | None = None
    value: Any = None
    if isinstance(environment, dict):
        value = environment.get(name)
    elif isinstance(environment, list):
        mine = [each for each in environment if isinstance(each, str) and each.startswith(f"{name}=")]
        if len(mine) == 1:
            entry, value = mine[0], mine[0].partition("=")[2]
    if not isinstance(value, str) or "$" in value.replace("$$", ""):
        return None, entry
    return value.replace("$$", "$"), entry


def _names(environment: Any) -> set[str]:
    return {str(each).partition("=")[0] for each in environment or ()}


def _elsewhere_in(written: dict[str, Any]) -> set[str]:
    """Words of what is run in the container, where variables are read that would no longer be there."""
    keys = ("command", "entrypoint", "healthcheck", "post_start", "pre_stop")
    return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", repr([written.get(key) for key in keys])))


def _reader(written: dict[str, Any], uid: int) -> int | str:
    """The user who opens the file, for it belongs to that one alone; a sentence where that can't be."""
    user = str(written.get("user") or "").partition(":")[0]
    if user:
        if not user.isdecimal():
            return f"it runs as `{user}`, and the file must belong to a number: write the user as a number"
        uid = int(user)
    me = os.geteuid()
    if me in (0, uid):
        return uid
    dropped = {str(each).upper().removeprefix("CAP_") for each in as_list(written.get("cap_drop"))}
    if uid == 0 and not dropped & {"ALL", "DAC_OVERRIDE"}:
        return me
    return f"user {uid} of the container could not read a file of yours with mode 600: run this as root"


def _no_room(folder: Path) -> str:
    """Why the folder takes no secrets; "" where it does."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{folder} can't be looked at: {error.strerror}"
    if not stat.S_ISDIR(status.st_mode):
        return f"{folder} is no folder"
    ignore = folder / ".gitignore"
    if ignore.exists() and "*" not in ignore.read_text(errors="replace").split():
        return f"{ignore} does not say `*`: Git might take the secret in"
    return ""


def _free_name(secret: _Secret, data: Any, folder: Path, coming: Collection[str]) -> str:
    wanted = f"{secret.service}_{secret.variable}".lower()
    declared = data.get("secrets") or {}
    number, name = 1, wanted
    while name in declared or str(folder / name) in coming or os.path.lexists(folder / name):
        number += 1
        name = f"{wanted}_{number}"
    return name


def _changes(secret: _Secret, name: str, written: dict[str, Any]) -> list[Change]:
    service, at = secret.service, f"/run/secrets/{name}"
    there = Change(service, ("environment",), {secret.file_variable: at}, How.ADD)
    gone = (
        Change(service, ("environment", secret.variable), how=How.REMOVE)
        if secret.entry is None
        else Change(service, ("environment",), [secret.entry], How.REMOVE)
    )
    used = Change(service, ("secrets",), [name], How.ADD if written.get("secrets") else How.SET)
    return [there, gone, used, Change(WHOLE_FILE, ("secrets", name), {"file": f"./{FOLDER}/{name}"})]


def _fix(unit: Unit, moved: Sequence[str], *, whole: bool) -> Fix:
    more = "" if whole else "; others stay, so the finding does, too"
    return Fix(
        control=CONTROL,
        subject=unit.id,
        kind=FixKind.TO_BE_PROVEN,
        says=f"moves {', '.join(moved)} (mode 600), which the image reads; the container is recreated{more}",
        may_break="scripts that read the variable in the container, `docker exec` and backups among them",
    )


def _afterwards(values: Sequence[tuple[str, str]], text: str, file: str, folder: Path, data: Any) -> Iterator[str]:
    """What a person must still do: the old value was readable, and may stand elsewhere."""
    names = ", ".join(dict.fromkeys(name for name, _ in values))
    git = (
        "Git's history keeps what was committed. "
        if any((above / ".git").exists() for above in (folder, *folder.parents))
        else ""
    )
    yield f"change the values of {names}: they were readable in {file}. {git}A move makes nothing secret again"
    yield f"{FOLDER}/ must be on every host where the project runs: Git does not bring it"
    for name, value in dict(values).items():
        if len(value) < _SHORTEST:
            continue
        places = [f"{file}:{line}" for line in _lines_with(value, text)]
        for other in _other_files(folder, file):
            places += [f"{other.name}:{line}" for line in _lines_with(value, _read(other))]
        if places:
            more = f" and {len(places) - 5} more" if len(places) > 5 else ""
            yield f"the value of {name} stands also in {', '.join(places[:5])}{more}"
    builds = [name for name, service in data["services"].items() if isinstance(service, dict) and service.get("build")]
    ignored = _read(folder / ".dockerignore").split()
    if builds and not {FOLDER, f"{FOLDER}/", f"/{FOLDER}", f"**/{FOLDER}"} & set(ignored):
        yield f"put `{FOLDER}` into .dockerignore: {', '.join(builds)} may be built from this folder, and take it in"


def _lines_with(value: str, text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if value in line.replace("$$", "$")]


def _other_files(folder: Path, file: str) -> Iterator[Path]:
    """Plain files beside the Compose file."""
    try:
        found = sorted(folder.iterdir())[:_MOST_FILES]
    except OSError:
        return
    for each in found:
        if each.is_file() and not each.is_symlink() and each.name != os.path.basename(file):
            yield each


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace") if path.stat().st_size <= _MOST_BYTES else ""
    except OSError:
        return ""
