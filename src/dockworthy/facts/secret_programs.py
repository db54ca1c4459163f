"""Secrets among the words of a command: by a flag's name, by the program's usage, by what is piped into it.

How programs take secrets stands in lines of usage, in the words of their own manuals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from ..model.pattern import lazy_pattern
from ..model.secret_names import is_reference, is_secret
from .shell_words import SimpleCommand

USAGES = """
docker|podman|nerdctl|buildah|skopeo|oras|img|regctl login -p SECRET -u USER
docker|podman|nerdctl|buildah ... --secret NAME
crane|gcrane|ko auth login -p SECRET
helm registry login -p SECRET
skopeo ... --src-creds USER:SECRET --dest-creds USER:SECRET --creds USER:SECRET
podman|buildah ... --creds USER:SECRET
az login -p SECRET
oc|cf|heroku|ibmcloud|tsh login -p SECRET
mysql|mysqladmin|mysqldump|mysqlcheck|mysqlimport|mysqlshow|mysqlslap|mysqlbinlog|mysqlpump|mysqlsh -pSECRET
mariadb|mariadb-admin|mariadb-dump|mariadb-check|mariadb-import|mariadb-show|mariadb-backup|xtrabackup -pSECRET
mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport|mongostat|mongotop|mongofiles -p SECRET
redis-cli|valkey-cli|keydb-cli|redis-benchmark -a SECRET
redis-cli|valkey-cli|keydb-cli ... auth SECRETS
sshpass -p SECRET COMMAND
rabbitmqadmin -p SECRET
rabbitmqctl add_user|change_password|authenticate_user NAME SECRET -n NODE
ldapsearch|ldapwhoami|ldapadd|ldapmodify|ldapdelete|ldapmodrdn|ldapcompare|ldapexop -*w SECRET
ldappasswd -*w SECRET -a SECRET -s SECRET
slappasswd -s SECRET
kadmin|kadmin.local -w SECRET
sqlcmd|bcp|isql|tsql|osql -P SECRET
cqlsh -p SECRET
nodetool -pw SECRET
sqlplus|sqlldr|expdp|impdp ... USER/SECRET@DATABASE
curl -*u USER:SECRET --user USER:SECRET -U USER:SECRET --proxy-user USER:SECRET
curl -E FILE:SECRET --cert FILE:SECRET --proxy-cert FILE:SECRET --oauth2-bearer SECRET --key FILE --pass SECRET
http|https|xh|xhs -a USER:SECRET --auth USER:SECRET
smbclient|rpcclient|smbget|smbcacls|smbtree|winexe|wmic|net -U USER%SECRET --user USER%SECRET
lftp -u USER,SECRET
ncftp|ncftpput|ncftpget -p SECRET
mosquitto_pub|mosquitto_sub|mosquitto_rr -P SECRET
mosquitto_passwd +b FILE USER SECRET
htpasswd +b +n USER SECRET
htpasswd +b FILE USER SECRET
zip|zipcloak|unzip -P SECRET
7z|7za|7zr|7zz|rar|unrar|arj -pSECRET
ipmitool|ipmi-sensors -P SECRET
snmpwalk|snmpget|snmpset|snmpbulkwalk|snmptrap -A SECRET -X SECRET -c SECRET
snmpbulkget|snmpgetnext|snmpinform|snmptable -A SECRET -X SECRET -c SECRET
openconnect -p SECRET
useradd|usermod|groupadd|groupmod -*p SECRET
iscsiadm ... node.session.auth.password|node.session.auth.password_in -v SECRET
iscsiadm ... discovery.sendtargets.auth.password|discovery.sendtargets.auth.password_in -v SECRET
net use \\SHARE SECRET /OPTION
net use DRIVE: \\SHARE SECRET /OPTION
net user NAME SECRET /OPTION
twine|flit ... upload|publish -p SECRET
poetry publish -p SECRET
dotnet nuget push -k SECRET
gem push -k NAME
glab auth login -t SECRET
doctl auth init -t SECRET
gitlab-runner register -r SECRET
xfreerdp|xfreerdp3|wlfreerdp /p:SECRET
rdesktop -p SECRET
x11vnc -passwd SECRET
etcdctl --user USER:SECRET
etcdctl user add|passwd USER:SECRET
openssl ... -pass pass:SECRET -passin pass:SECRET -passout pass:SECRET
openssl enc -k. SECRET
mc alias set NAME URL KEY SECRET
mc config host add NAME URL KEY SECRET
mc admin user add NAME KEY SECRET
pulumi config set +--secret NAME SECRET
aws configure set aws_secret_access_key|aws_session_token SECRET
vault login TOKEN
vault token lookup|revoke|renew TOKEN
vault operator unseal TOKEN
ngrok authtoken TOKEN
ngrok config add-authtoken TOKEN
cargo login TOKEN
npm|pnpm|yarn config set NAME:_authToken SECRET
npm|pnpm|yarn config set NAME:_password SECRET
yarn config set npmAuthToken SECRET
poetry config pypi-token.NAME SECRET
poetry config http-basic.NAME USER SECRET
composer config http-basic.HOST USER SECRET
composer config github-oauth.HOST SECRET
composer config gitlab-token.HOST SECRET
bundle config HOST USER:SECRET
bundle config set HOST USER:SECRET
git config NAME.token SECRET
git config NAME.password SECRET
grafana-cli|grafana ... reset-admin-password SECRET
wpa_passphrase NAME SECRET
nmcli ... password SECRET
rclone obscure SECRET
radtest USER SECRET HOST PORT SECRET
pdftk ... owner_pw SECRET
pdftk ... user_pw SECRET
pdftk ... input_pw SECRET
influx -password SECRET
keytool|jarsigner -storepass SECRET -keypass SECRET -srcstorepass SECRET -deststorepass SECRET
ansible|ansible-playbook|ansible-vault -e SETTINGS --extra-vars SETTINGS
zkcli ... addauth digest USER:SECRET
"""

READS_STANDARD_INPUT = frozenset(
    {
        "--password-stdin",
        "--with-token",
        "--token-stdin",
        "--passphrase-fd",
        "--stdin",
        "--pass-stdin",
        "--pinentry-mode",
    }
    | {"chpasswd", "passwd", "smbpasswd", "cryptsetup"}
)
"""Words of a command that takes a secret from its standard input: what `echo` writes there is one."""

_NAMING = frozenset(
    "--name --container-name --network --net --network-alias --hostname --host --link --user --username --db --database"
    " --service --image --volumes-from -h -H -u -U -d -n".split()
)
"""Flags whose value is a name: `docker run --name mongo -p 27017:27017`."""

_PORTS = re.compile(r"(?:[\d.]+:|\[[\da-f:]+\]:)?\d+(?:-\d+)?:\d+(?:-\d+)?(?:/\w+)?\Z")
_TEMPLATE = re.compile(r"[A-Z]{2,}")
_ATTACHED = re.compile(r"(-\w)([A-Z]{2,})\Z")
_JOINED = re.compile(r"-[fsSLkvgijNqRaO#46]+u(?=[^:]+:)")
"""`curl -fsubob:x`: letters that take no value, and the one that does, with a name behind it."""
_FOLLOWS_FLAG = re.compile(r"--?[A-Za-z][\w-]*\Z")

Place = tuple[int, int, int]
"""A word's number, and where in it a secret begins and ends."""


class Found(NamedTuple):
    secrets: list[Place]
    judged: set[int]
    """Words that a line of usage speaks about: their flag's name alone says no more."""


class _Usage(NamedTuple):
    words: tuple[frozenset[str], ...]
    loose: bool
    flags: dict[str, re.Pattern[str] | None]
    attached: dict[str, re.Pattern[str]]
    bundled: dict[str, re.Pattern[str]]
    switches: frozenset[str]
    places: tuple[re.Pattern[str], ...]
    rest: bool
    prefixed: tuple[re.Pattern[str], ...]
    wraps: bool


def found_by_usage(words: list[str]) -> Found:
    """The secrets among a command's words, by the usages of the programs in it."""
    found = Found([], set())
    for number, word in enumerate(words):
        for usage in _usages().get(program_name(word), ()):
            if number == 0 or words[number - 1] not in _NAMING:
                _apply(usage, words, number + 1, found)
    return found


def program_name(word: str) -> str:
    """`mysql` of `/usr/bin/mysql`."""
    return word.rsplit("/", 1)[-1].lower()


def program_names() -> Iterable[str]:
    return _usages()


def may_be_secret(value: str) -> bool:
    """Not so a reference, a mark that hides one, or the ports of `-p 8080:80`."""
    return any(map(str.isalnum, value)) and not is_reference(value) and not _PORTS.match(value)


def _apply(usage: _Usage, words: list[str], start: int, found: Found) -> None:
    secrets, judged, placed = list[Place](), set[int](), list[int]()
    switches, known, number = set[str](), 0, start
    while number < len(words) and words[number] != words[start - 1]:
        word = words[number]
        if word.startswith("-") and len(word) > 1 and word != "--":
            number += _flag(usage, words, number, secrets, judged)
            switches |= {word, *word[1:]}
            if word in usage.switches:
                judged.add(number)
        elif known < len(usage.words):
            if word.lower() in usage.words[known]:
                known += 1
            elif not usage.loose and not _FOLLOWS_FLAG.match(words[number - 1]):
                return
        elif usage.wraps:
            break
        elif word != "--":
            placed.append(number)
        number += 1
    if known == len(usage.words) and usage.switches <= switches:
        found.secrets.extend(secrets)
        found.judged.update(judged)
        found.secrets.extend(_by_place(usage, words, placed))


def _flag(usage: _Usage, words: list[str], number: int, secrets: list[Place], judged: set[int]) -> int:
    """How many words its value takes."""
    word = words[number]
    name, equals, value = word.partition("=")
    joined = _JOINED.match(word)
    short = word[:2] if not word.startswith("--") and len(word) > 2 else ""
    if name in usage.flags:
        judged.add(number)
        if equals:
            secrets += _matched(usage.flags[name], number, value, len(name) + 1)
        elif number + 1 < len(words):
            judged.add(number + 1)
            secrets += _matched(usage.flags[name], number + 1, words[number + 1], 0)
            return 1
    elif short in usage.attached:
        secrets += _matched(usage.attached[short], number, word[2:], 2)
    elif joined is not None and "-u" in usage.bundled:
        secrets += _matched(usage.bundled["-u"], number, word[joined.end() :], joined.end())
    elif short and word[1:].isalpha() and f"-{word[-1]}" in usage.bundled and number + 1 < len(words):
        secrets += _matched(usage.bundled[f"-{word[-1]}"], number + 1, words[number + 1], 0)
        return 1
    return 0


def _by_place(usage: _Usage, words: list[str], placed: list[int]) -> Iterator[Place]:
    for number in placed:
        for pattern in usage.prefixed:
            yield from _matched(pattern, number, words[number], 0)
    if usage.prefixed:  # `/user:bob` is an option, wherever it stands
        placed = [number for number in placed if not words[number].startswith("/")]
    if usage.rest:
        for number in placed:
            yield from _matched(_pattern("SECRET"), number, words[number], 0)
    elif usage.places and len(placed) >= len(usage.places):
        pairs = list(zip(placed, usage.places, strict=False))
        if all(pattern.fullmatch(words[number]) for number, pattern in pairs):
            for number, pattern in pairs:
                yield from _matched(pattern, number, words[number], 0)


def _matched(pattern: re.Pattern[str] | None, number: int, value: str, offset: int) -> Iterator[Place]:
    match = pattern.fullmatch(value) if pattern is not None else None
    if match is not None and "secret" in match.groupdict() and may_be_secret(match["secret"]):
        yield number, offset + match.start("secret"), offset + match.end("secret")


@cache
def _usages() -> dict[str, list[_Usage]]:
    usages: dict[str, list[_Usage]] = {}
    for line in USAGES.strip().splitlines():
        program, *rest = line.split()
        usage = _usage(rest)
        for name in program.split("|"):
            usages.setdefault(name, []).append(usage)
    return usages


def _usage(tokens: list[str]) -> _Usage:
    words, places, prefixed = list[frozenset[str]](), list[re.Pattern[str]](), list[re.Pattern[str]]()
    flags: dict[str, re.Pattern[str] | None] = {}
    attached, bundled = dict[str, re.Pattern[str]](), dict[str, re.Pattern[str]]()
    switches = set[str]()
    loose = "..." in tokens
    left = [token for token in tokens if token not in ("...", "COMMAND", "SECRETS")]
    while left:
        token = left.pop(0)
        if one := _ATTACHED.match(token):
            attached[one[1]] = _pattern(one[2])
        elif token.startswith("-"):
            template = left.pop(0)
            secret = _pattern(template) if "SECRET" in template or "TOKEN" in template else None
            if token.startswith("-*") and secret is not None:
                bundled[f"-{token[2:]}"] = secret
            flags[token.strip(".").replace("*", "")] = secret
            if len(token.replace("*", "")) == 2 and secret is not None:
                attached[token.replace("*", "")] = secret
        elif token.startswith("+"):
            switches.add(token[1:])
        elif token.startswith("/"):
            prefixed.append(_pattern(token))
        elif _TEMPLATE.search(token):
            places.append(_pattern(token))
        else:
            words.append(frozenset(token.lower().split("|")))
    if loose and places and not words:  # `sqlplus ... USER/SECRET@DATABASE`: wherever it stands
        prefixed, places = [*prefixed, *places], []
    return _Usage(
        tuple(words), loose, flags, attached, bundled, frozenset(switches), tuple(places), "SECRETS" in tokens,
        tuple(prefixed), "COMMAND" in tokens,
    )  # fmt: skip


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """`USER:SECRET` as an expression: a name ends where the mark behind it comes first."""
    parts, done, last = list[str](), 0, None
    for last in _TEMPLATE.finditer(template):
        parts.append(re.escape(template[done : last.start()]))
        after = template[last.end() : last.end() + 1]
        if last[0] == "SECRET":
            parts.append("(?P<secret>.+)")
        elif last[0] == "TOKEN":
            parts.append(r"(?P<secret>(?=.{10})(?=[^\d]*\d)[^\s=]+=*)")
        else:
            parts.append(f"[^{re.escape(after)}]*" if after else ".+")
        done = last.end()
    return re.compile("".join([*parts, re.escape(template[done:])]), re.DOTALL)


_FLAG = lazy_pattern(r"--?[A-Za-z][\w.-]*\Z")
_ASSIGNED = lazy_pattern(r"(-{0,2}[A-Za-z_][\w.-]*)=(.+)\Z", re.DOTALL)
_TAKES_SCRIPT = lazy_pattern(r"-[a-z]*c\Z|CMD-SHELL\Z|eval\Z")
_OPERATOR = lazy_pattern(r"[$|&;<>()\]\[{},]+\Z")
_NEXT_NAME = lazy_pattern(r"[,;&](?=[A-Za-z_][\w. -]*=)")


def secrets_in_words(words: Sequence[str]) -> list[Place]:
    """Where secrets stand among the words of one command."""
    by_usage = found_by_usage(list(words))
    found = by_usage.secrets
    for number, word in enumerate(words):
        if number not in by_usage.judged:
            before = words[number - 1] if number and number - 1 not in by_usage.judged else ""
            found.extend(_by_name(number, word, before))
    return found


def _by_name(number: int, word: str, before: str) -> Iterator[Place]:
    assigned = _ASSIGNED.match(word)
    if assigned is not None:
        quoted = assigned[2][:1] in ("'", '"') and assigned[2][:1] == assigned[2][-1:] and len(assigned[2]) > 1
        value = assigned[2][1:-1] if quoted else assigned[2]
        if _TAKES_SCRIPT.match(before) and any(map(str.isspace, value)):
            return  # whose first word is a variable; it is looked through as a text
        end = _NEXT_NAME.search(value)
        value = value[: end.start()] if end else value
        if is_secret(assigned[1], value) and not _OPERATOR.match(value):
            start = value.find(":") + 1 if assigned[1].endswith("auth") else 0  # `--auth=user:password`
            yield number, assigned.start(2) + quoted + start, assigned.start(2) + quoted + len(value)
    elif (
        word
        and not word.startswith("-")
        and _FLAG.match(before)
        and is_secret(before, word)
        and not _OPERATOR.match(word)
    ):
        yield number, 0, len(word)


def secrets_piped_in(commands: Sequence[SimpleCommand]) -> Iterator[tuple[int, Place]]:
    """What `echo X | docker login --password-stdin` and `… <<< X` give away: the command's number, and the place."""
    for number, (command, following) in enumerate(pairwise(commands)):
        first, second = ([word.value for word in words] for _, words in (command, following))
        if following.operator == "<<<" and second and _reads_secret(first):
            yield from ((number + 1, place) for place in _whole(0, second[0], first))
        if following.operator == "|" and len(first) > 1 and program_name(first[0]) in ("echo", "printf"):
            if _reads_secret(second):
                yield from ((number, place) for place in _whole(len(first) - 1, first[-1], second))


def _reads_secret(words: list[str]) -> bool:
    sudo = "sudo" in words and any(word.startswith("-") and not word.startswith("--") and "S" in word for word in words)
    return sudo or not READS_STANDARD_INPUT.isdisjoint(words)


def _whole(number: int, word: str, reader: list[str]) -> Iterator[Place]:
    """`chpasswd` reads `user:password`, the others a password."""
    start = word.find(":") + 1 if "chpasswd" in reader else 0
    value = word[start:]
    if may_be_secret(value) and (start or "chpasswd" not in reader) and not word.startswith("-"):
        yield number, start, len(word)
