"""Secrets in a text: by their shape, by the name they are given, by the program that takes them. Entropy is no reason.

`hide_in_text` and `hide_in_arguments` are complete: a text may be a command line with shells in shells, a line of
a log, JSON, a URL, a connection string, SQL, an instruction of a Dockerfile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ..model.pattern import lazy_pattern
from ..model.secret_names import is_reference, is_secret
from .secret_programs import may_be_secret, program_names, secrets_in_words, secrets_piped_in
from .shell_words import Word, commands_in, lists_in

Hide = Callable[[str], str]
"""Gives the replacement for a secret."""

KEY_BLOCK = lazy_pattern(
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|\Z)", re.DOTALL
)

TOKEN = lazy_pattern(
    r"(?<![\w-])(?:"
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas)-[\w-]{20,}"
    r"|GR1348941[\w-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{20,}|rubygems_[0-9a-f]{40,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}\b|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"
    r"|dckr_(?:pat|oat)_[\w-]{20,}|do[opr]_v1_[0-9a-f]{40,}|xox[abeprs]-[\w-]{10,}|xapp-\d-[\w-]{10,}"
    r"|(?:sk|rk)_(?:live|test)_\w{16,}|whsec_[A-Za-z0-9+/=]{20,}|sk-[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|key-[0-9a-f]{32}\b|hf_[A-Za-z0-9]{30,}|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|gl(?:sa|c)_[\w=]{30,}|dapi[0-9a-f]{32}\b"
    r"|sq[apu]_[0-9a-f]{40}|sntry[su]_[\w=+/-]{30,}|NRAK-[A-Z0-9]{20,}|PMAK-[\w-]{30,}|lin_api_\w{30,}|ntn_\w{30,}"
    r"|dp\.(?:pt|st|ct|sa)\.\w{30,}|tskey-[a-z]+-[\w-]{16,}|pul-[0-9a-f]{40}|CFPAT-[\w-]{30,}|figd_[\w-]{30,}"
    r"|ATATT3x[\w=-]{30,}|r8_\w{30,}|ptr_[\w+/=]{30,}|ops_eyJ[\w-]{30,}|[\w-]{14}\.atlasv1\.[\w-]{40,}"
    r"|hv[bsr]\.[\w-]{20,}|SWMTKN-1-[\w-]{20,}|SWMKEY-1-[\w+/=-]{20,}|AGE-SECRET-KEY-1\w{20,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JSON web token: its header is `{"`, in base64
    r")"
)
_LOOSE = re.compile(r"sk-|pypi-|xox|ptr_|r8_|glc_|key-")
"""Beginnings that ordinary words have, too (`sk-spinner-…`): the rest must have a digit."""
_BOT = lazy_pattern(r"(?<=bot)\d{8,10}:AA[\w-]{30,}|(?<![\w:])\d{8,10}:AA[\w-]{33}(?![\w-])")
_PASSWORD_HASH = lazy_pattern(
    r"\$(?:apr1|1|2[abxy]|5|6|7|y|argon2i?d?|scram)\$[\w./$=,+-]{16,}|\{SSHA?\d*\}[\w+/=]{16,}|\{SHA\}[\w+/=]{16,}"
)
CHAT_HOOK = lazy_pattern(r"(?<=hooks\.slack\.com/services/)[\w/]{16,}|(?<=discord\.com/api/webhooks/)[\w/-]{16,}")

IN_ADDRESS = lazy_pattern(r"(?<=://)([^\s/?#:@\"']{0,256}):(?!\d{1,5}[/?#,]|//)([^\s\"'`<>]{1,1024})@(?!sha256:)")
"""`scheme://user:password@host`, up to the last `@`; not `host:port/…@…`, and not an image by digest."""
_NEXT_ADDRESS = lazy_pattern(r"@[^@\s,]*,[a-z][a-z0-9+.-]*://")
_USER_ONLY = lazy_pattern(r"(?<=http://|ttps://)([^\s/?#:@\"'<>$]{10,256})(?=@[\w.-])")
_LIKE_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])|(?=.*[a-z])(?=.*[A-Z]).{16}|[^-]{24}")
_DATA_SOURCE = lazy_pattern(r"(?<![\w.-])([\w.-]{1,64}):([^\s@\"']{1,256})(?=@(?:tcp|unix)\()")
_BARE_ADDRESS = lazy_pattern(r"(?<![\w:/@.-])([\w.-]{1,64}):([^\s@/:\"'$]{1,256})(?=@(?!sha\d)[\w.-]+:\d{2,5}(?!\w))")

_HEADER = lazy_pattern(
    r"(?i)(?<![\w-])((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:[a-z]+\s+)?)([^\s\"',;\\]{4,})"
)
_BEARER = lazy_pattern(r"(?i)\b(bearer\s+)([\w.~+/=-]{20,})")
_COOKIE = lazy_pattern(r"(?i)(?<![\w-])((?:set-)?cookie:\s+)([^\n\"'\\=]+=[^\n\"'\\]+)")
_CUSTOM_HEADER = lazy_pattern(r"(?i)(?<![\w/-])(x-[\w-]+)(:)([^\s\"',;\\]+)")
_PAIR = lazy_pattern(
    r"(?<![\w.?&-])(-{0,2}[A-Za-z_][\w.-]*)(=|\\?[\"']\s*[:=]\s*|:[^\S\n]+|[^\S\n]+=[^\S\n]+)"
    r"(?!(?:Permission denied|No such file or directory|Is a directory|Not a directory|Read-only file system"
    r"|Operation not permitted)(?!\w))"  # what the system says of a file: `'/run/db_password': Permission denied`
    r"(?=(\\\"[^\"\\]*\\\"|\"(?:[^\"\\]|\\.)*\"|'[^']*'|\$\{[^}]*\}{1,2}[^\s,;&|\"'`\\]*|\{\{.*?\}\}"
    r"|[^\s,;&|\"'`\\]{1,4096}))"
)
"""The value is only looked at: there may be a pair in it, as in `--from-literal=password=x`."""
_REST = lazy_pattern(r"[^\s,;&|\"'`\\]*")
_QUERY = lazy_pattern(r"(?<=[?&])([\w.-]+)(=)([^&#\s\"'`\\<>|;]+)")
_SHOWN = frozenset({"x-amz-credential", "x-goog-credential"})
"""Of a signed address: the name of a key."""
_SIGNED = frozenset({"sig", "signature", "x-amz-signature", "x-goog-signature", "x-amz-security-token"})
_DEFAULT = lazy_pattern(r"\$\{(\w+):?[-=]([^}]*)\}")
"""`${PASSWORD:-this}`: a default is a value like any other."""

_SQL = lazy_pattern(
    r"(?i)\b(?:password(?:\s+|\s*\(\s*)|identified\s+(?:with\s+\S+\s+)?by(?:\s+password)?|encrypted\s+password)\s*(\\?[\"'])(.+?)\1"
)
_MONGO_AUTH = lazy_pattern(r"\.(?:auth|changeUserPassword)\(\s*[\"'][^\"']*[\"']\s*,\s*[\"']([^\"']+)[\"']")
_NETRC = lazy_pattern(r"(?<!\S)login\s+\S+\s+password\s+(\S+)")
_REDIS_LINE = lazy_pattern(r"(?m)(?:^|[\"'])[ \t]*(?:requirepass|masterauth)[ \t]+([^\s\"']+)")
_EXPECT = lazy_pattern(
    r"(?i:assword|assphrase|\bPIN\b)[^\x00]{0,120}?\bsend\s+(?:(?:-s|--)\s+)*[\\\"{']{0,3}((?!\$)[^\"{}\\\s]{1,200})\\+[rn]"
)
_REDIS_USER = lazy_pattern(r"(?i)\bsetuser\s[^|&;\n]{0,200}?[\s'\"][>#]([^\s'\"]+)")
_SAID = (
    lazy_pattern(
        r"(?i)\b(?:generated|temporary|initial|random|following)\b[^\n:]{0,60}\bpassword\b[^\n:]{0,80}:\s+(\S+)"
    ),
    lazy_pattern(r"(?i)\bpassword\b[^\n:]{0,30}\bgenerated\b[^\n:]{0,60}:\s+(\S+)"),
    lazy_pattern(r"(?i)\bpassword (?:is|was|for [^\n:]{1,60}:)\s+(\S+)"),
)
"""What programs say at their first start. Only what is no plain word."""
_NO_WORD = re.compile(r"(?=.{6})(?=.*[\dA-Z!#$%&*+=?@^_~])(?!.*\.\.\Z)")

_INSTRUCTION = lazy_pattern(r"(?:ENV|LABEL|ARG) |(?:RUN )?\|[0-9]+ |/bin/sh -c #\(nop\) +(?:ENV|LABEL|ARG) ")
_INSTRUCTION_PAIR = lazy_pattern(
    r"(?<![\w.-])([A-Za-z_][\w.-]*)()=(.+?)(?=\s+[A-Za-z_][\w.-]*=|\s+/[\w/]*sh(?:\s|\Z)|\s+# buildkit|\Z)", re.DOTALL
)
"""Written without quotes, blanks included: a value ends where the next name, or the shell of a RUN, begins."""
_OLD_INSTRUCTION = lazy_pattern(r"(?m)^(?:ENV|LABEL)[ \t]+([A-Za-z_][\w.-]*)([ \t]+)([^\s=][^\n]*)$")

_HINTS = (
    "://", "private key", "gh", "hub_pat_", "gl", "gr1348941", "npm_", "pypi-", "akia", "asia", "aiza", "ya29.",
    "gocspx", "dckr_",
    "_v1_", "xox", "xapp-", "k_live_", "k_test_", "whsec_", "sk-", "sg.", "key-", "hf_", "shp", "dapi", "sq", "sntry",
    "nrak-", "pmak-", "lin_api", "ntn_", "dp.", "tskey-", "pul-", "cfpat-", "figd_", "atatt3x", "r8_", "ptr_", "ops_",
    "atlasv1", "rubygems", "hvs.", "hvb.", "hvr.", "swm", "age-", "eyj", "$", "{s", "hooks", "@", ":aa", "sig",
    "pass", "pwd", "psw", "pw", "secret", "token", "key", "cred", "cookie", "salt", "dsn", "auth", "string", "bearer",
    "identified", "login", "setuser", "x-", "assword", "assphrase",
)  # fmt: skip
"""One of these stands in every text that a shape above matches (lower case): most texts need no further look."""

_FLAG_HINT = re.compile(r"-[\w.-]*(?:pass|pw|psw|secret|token|key|cred|auth|cookie|salt|dsn|string)|<<<", re.IGNORECASE)
_LONGEST = 4096
"""Characters of a value at first: what is longer is measured apart, so that `x=x=x=…` takes no time."""
_LONG_VALUE = 8
_DEEPEST = 4
"""Quotes in quotes."""
_CLOSING = {")": "(", "]": "[", "}": "{"}


class Secret(NamedTuple):
    """Where it stands in a text, and what it is without quotes and escapes."""

    start: int
    end: int
    value: str


def hidden(text: str) -> str:
    """The text for a person, or a record: where a secret stood it says so."""
    return hide_in_text(text, lambda _secret: "[hidden]")


def hide_in_text(text: str, hide: Hide) -> str:
    """The text with each secret in it replaced by what `hide` makes of it."""
    return _replaced(text, _found(text, 0), hide)


def hide_in_arguments(arguments: Sequence[str], hide: Hide) -> list[str]:
    """The arguments of a program, secrets replaced: by flag, by program, and what stands within each argument."""
    found = [list(_found(argument, 0)) for argument in arguments]
    for number, start, end in secrets_in_words(arguments):
        found[number].append(Secret(start, end, arguments[number][start:end]))
    return [_replaced(argument, secrets, hide) for argument, secrets in zip(arguments, found, strict=True)]


def without_values(text: str, values: Iterable[str], mark: str) -> str:
    """The text with `mark` for each of these values. One that is short, or of letters alone, may be any word: it is
    replaced only where it stands as a word of its own, so that `gitea` does not cut `docker.io/gitea`.
    """
    for value in sorted(set(values), key=len, reverse=True):
        if value in text:
            if len(value) >= _LONG_VALUE and not value.isalpha():
                text = text.replace(value, mark)
            else:
                text = re.sub(rf"(?<![\w./:@-]){re.escape(value)}(?![\w/:@-])", lambda _: mark, text)
    return text


def first_secret(text: str) -> int | None:
    """The first character that must not be shown; None where there is no secret."""
    return min((secret.start for secret in _found(text, 0)), default=None)


def secret_begins(arguments: Sequence[str]) -> list[int | None]:
    """Of each argument the character at which a secret begins, by the flag before it or by its program."""
    begins: list[int | None] = [None] * len(arguments)
    for number, start, _ in secrets_in_words(arguments):
        known = begins[number]
        begins[number] = start if known is None else min(known, start)
    return begins


def _replaced(text: str, secrets: Iterable[Secret], hide: Hide) -> str:
    parts, done = list[str](), 0
    for secret in _merged(text, secrets):
        parts += [text[done : secret.start], hide(secret.value)]
        done = secret.end
    return "".join([*parts, text[done:]]) if parts else text


def _merged(text: str, secrets: Iterable[Secret]) -> list[Secret]:
    """Those that overlap are one."""
    merged: list[Secret] = []
    for secret in sorted(secrets, key=lambda each: (each.start, -each.end)):
        last = merged[-1] if merged else None
        if last is None or secret.start >= last.end:
            merged.append(secret)
        elif secret.end > last.end:
            merged[-1] = Secret(last.start, secret.end, text[last.start : secret.end])
    return merged


def _found(text: str, depth: int) -> Iterator[Secret]:
    if len(text) < 4:
        return
    low = text.lower()
    if any(hint in low for hint in _HINTS):
        yield from _shapes(text)
    if _FLAG_HINT.search(text) or _speaks_to_program(low):
        yield from _in_commands(text, depth)


def _speaks_to_program(low: str) -> bool:
    return any(name in low for name in _long_names()) or _SHORT_NAMES.search(low) is not None


_SHORT_NAMES = re.compile(
    r"(?<![\w.-])(?:az|cf|oc|ko|bcp|net|rar|zip|arj|img|xh|xhs|mc|npm|aws|7z|7za|7zr|7zz|http|gem|tsh|git)\s"
)


def _long_names() -> tuple[str, ...]:
    if not _NAMES:
        _NAMES.extend({*(name for name in program_names() if len(name) > 3 and name != "http"), "echo", "printf"})
    return tuple(_NAMES)


_NAMES: list[str] = []


def _in_commands(text: str, depth: int) -> Iterator[Secret]:
    """What the words of a command tell; what is quoted in it may be a command of its own."""
    outside, done = list[tuple[int, str]](), 0
    if "[" in text:
        for each in lists_in(text):
            outside.append((done, text[done : each.start]))
            done = each.end
            yield from _in_words(each.words, depth)
    outside.append((done, text[done:]))
    for offset, part in outside:
        if part.strip():
            yield from (Secret(s.start + offset, s.end + offset, s.value) for s in _in_shell(part, depth))


def _in_shell(text: str, depth: int) -> Iterator[Secret]:
    commands = list(commands_in(text))
    for command in commands:
        yield from _in_words(command.words, depth)
    for number, (index, start, end) in secrets_piped_in(commands):
        yield _in_word(commands[number].words[index], start, end)


def _in_words(words: list[Word], depth: int) -> Iterator[Secret]:
    for number, start, end in secrets_in_words([word.value for word in words]):
        yield _in_word(words[number], start, end)
    for word in words:
        if word.quoted and depth < _DEEPEST and len(word.value) > 5:
            yield from (_in_word(word, secret.start, secret.end) for secret in _found(word.value, depth + 1))


def _in_word(word: Word, start: int, end: int) -> Secret:
    return Secret(*word.place(start, end), word.value[start:end])


def _shapes(text: str) -> Iterator[Secret]:
    for shape in (KEY_BLOCK, _BOT, _PASSWORD_HASH, CHAT_HOOK):
        yield from (_group(match, 0) for match in shape.finditer(text))
    for match in TOKEN.finditer(text):
        begin = _LOOSE.match(match[0])
        if begin is None or any(map(str.isdigit, match[0][begin.end() :])):
            yield _group(match, 0)
    yield from _addresses(text)
    yield from _headers(text)
    for shape in (_PAIR, _QUERY):
        for match in shape.finditer(text):
            yield from _pair(match)
    if _INSTRUCTION.match(text):
        for match in _INSTRUCTION_PAIR.finditer(text):
            yield from _pair(match)
    for match in _OLD_INSTRUCTION.finditer(text):
        yield from _pair(match)
    yield from _by_words_before(text)


def _addresses(text: str) -> Iterator[Secret]:
    if "@" not in text:
        return
    for match in IN_ADDRESS.finditer(text):
        start = match.start(2)
        for part in _NEXT_ADDRESS.split(match[2]):  # `amqp://a:x@h1,amqp://a:x@h2`
            start = text.index(part, start)
            own = part if start == match.start(2) else part.partition(":")[2]
            at = start + len(part) - len(own)
            if own and not is_reference(own):
                yield Secret(at, start + len(part), own)
            start += len(part)
    for shape in (_DATA_SOURCE, _BARE_ADDRESS):
        yield from (_group(match, 2) for match in shape.finditer(text) if not is_reference(match[2]))
    yield from (_group(match, 1) for match in _USER_ONLY.finditer(text) if _LIKE_TOKEN.match(match[1]))


def _headers(text: str) -> Iterator[Secret]:
    for match in _HEADER.finditer(text):
        if is_secret("authorization", match[2]) and match[2].lower() not in ("basic", "bearer", "digest", "token"):
            yield _group(match, 2)
    for shape in (_BEARER, _COOKIE):
        yield from (_group(match, 2) for match in shape.finditer(text) if not is_reference(match[2]))
    for match in _CUSTOM_HEADER.finditer(text):
        yield from _pair(match)


def _by_words_before(text: str) -> Iterator[Secret]:
    for match in _DEFAULT.finditer(text):
        if is_secret(match[1], match[2]):
            yield _group(match, 2)
    for match in _SQL.finditer(text):
        if may_be_secret(match[2]):
            yield _group(match, 2)
    for shape in (_MONGO_AUTH, _NETRC, _REDIS_LINE, _REDIS_USER, _EXPECT):
        yield from (_group(match, 1) for match in shape.finditer(text) if may_be_secret(match[1]))
    for shape in _SAID:
        for match in shape.finditer(text):
            if _NO_WORD.match(match[1]) and not is_reference(match[1]):
                yield _group(match, 1)


def _pair(match: re.Match[str]) -> Iterator[Secret]:
    name, value = match[1], match[3]
    quote = _quote(value)
    bare = value[len(quote) : len(value) - len(quote)]
    if not quote and len(value) == _LONGEST and (rest := _REST.match(match.string, match.end(3))):
        bare += rest[0]
    if not quote:
        bare = _closed(bare)
    judged = is_secret(name, bare) or (name.lower() in _SIGNED and not is_reference(bare))
    if judged and bare and name.lower() not in _SHOWN and not name.lower().endswith("authorization"):
        start = match.start(3) + len(quote)
        if name.lower().endswith("auth") and ":" in bare:  # `user:password`
            start, bare = start + bare.index(":") + 1, bare.partition(":")[2]
        yield Secret(start, start + len(bare), bare)


def _closed(value: str) -> str:
    """Without a bracket at its end that was opened before it: `{password: x}`."""
    while value and value[-1] in _CLOSING and value.count(value[-1]) > value.count(_CLOSING[value[-1]]):
        value = value[:-1]
    return value


def _group(match: re.Match[str], group: int) -> Secret:
    return Secret(match.start(group), match.end(group), match[group])


def _quote(value: str) -> str:
    """What the value is wrapped in: `"`, `'`, an escaped quote, or nothing."""
    for quote in ('\\"', '"', "'"):
        if len(value) >= 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            return quote
    return ""
