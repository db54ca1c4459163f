"""Words of an instruction: what quotes and the escape character hold together."""

from __future__ import annotations

from collections.abc import Iterator

_BLANK = " \t\v\f\r\n"


def split_words(text: str, escape: str, start: int = 0) -> Iterator[tuple[str, int]]:
    """(word as it is written, quotes kept; offset). A quote that never ends reaches to the end of the text."""
    at, end = start, len(text)
    while at < end:
        if text[at] in _BLANK:
            at += 1
            continue
        stop = word_end(text, escape, at)
        yield text[at:stop], at
        at = stop


def word_end(text: str, escape: str, at: int) -> int:
    """The offset behind the word that begins at `at`."""
    quote = ""
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _BLANK:
            return at
        at += 1
    return len(text)


def unquoted(word: str, escape: str) -> str:
    """The word without its quotes and escapes."""
    result: list[str] = []
    at, quote = 0, ""
    while at < len(word):
        char = word[at]
        if char == escape and quote != "'" and at + 1 < len(word):
            if quote and word[at + 1] not in f'"${escape}':
                result.append(char)
            result.append(word[at + 1])
            at += 2
            continue
        if quote:
            if char == quote:
                quote = ""
            else:
                result.append(char)
        elif char in "\"'":
            quote = char
        else:
            result.append(char)
        at += 1
    return "".join(result)


def split_flags(text: str, escape: str, start: int = 0) -> tuple[list[tuple[str, str]], int]:
    """The `--name=value` words that lead an instruction's text, and the offset where its arguments begin."""
    flags: list[tuple[str, str]] = []
    at = start
    for word, offset in split_words(text, escape, start):
        at = offset
        if not word.startswith("--"):
            return flags, at
        at = offset + len(word)
        if word == "--":
            break
        name, _, value = unquoted(word, escape)[2:].partition("=")
        flags.append((name, value))
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return flags, at
