"""Is a file one of ours? By its name where the name is telling, else by how its text begins."""

from __future__ import annotations

import re
from typing import Final

from ..model.pattern import lazy_pattern

TELLING_SUFFIXES: Final = (".yaml", ".yml", ".json")

_BUILD_NAME = lazy_pattern(r"(?i)(?:dockerfile|containerfile)(?:[._-].+)?\Z|.+\.(?:dockerfile|containerfile)\Z")

OF_OTHERS: Final = frozenset(
    # programs
    "py pyi pyc pyx js jsx mjs cjs ts tsx vue svelte go rs c h cc cpp cxx hpp hh java kt kts scala groovy clj cs fs vb"
    " rb erb php pl pm lua r jl swift m mm dart ex exs erl hrl hs ml mli nim zig d f90 pas asm s sol sql graphql proto"
    " ipynb el vim snap"
    " jsonnet libsonnet cue dhall rego bzl star"
    # documents, pages and their styles
    " md mdx rst adoc tex html htm xhtml css scss sass less svg po pot mo xml xsd xsl csv tsv"
    # what is no text, or what programs write
    " png jpg jpeg gif webp ico bmp tiff avif pdf woff woff2 ttf otf eot mp3 mp4 ogg wav webm mov avi mkv flac"
    " zip gz tgz bz2 xz zst 7z rar tar jar war whl egg deb rpm apk iso img so o a dll exe bin class wasm db sqlite"
    " sqlite3 parquet npy npz pkl pt onnx h5 map lock sum log pack idx".split()
)
"""Endings of names (lower case) that say what a file is, and that it is none of ours: they are never opened."""

HEAD: Final = 4096
"""Characters in which a file under another name has to say what it is."""

_TEMPLATE = lazy_pattern(r"\{\{|\{%|<%")
_MANIFEST = lazy_pattern(r"(?:^|[{,]\s*)[\"']?apiVersion[\"']?\s*:", re.MULTILINE)
_KIND = lazy_pattern(r"(?:^|[{,]\s*)[\"']?kind[\"']?\s*:", re.MULTILINE)
_COMPOSE = lazy_pattern(r"^services\s*:\s*(?:[#{]|$)|\A\s*\{\s*\"(?:services|name|version)\"\s*:", re.MULTILINE)
_BUILD = lazy_pattern(
    r"(?i)\A(?:[ \t]*(?:#[^\n]*|ARG[ \t][^\n]*)?\r?\n)*"
    r"[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?[\w$./{]\S*[ \t\r]*(?:AS[ \t]|\n|\Z)"
)

_KEYS = lazy_pattern(rb"[\"']?\b(?:kind|apiVersion|services|include|containers?|cmd|FROM)\b[\"']?\s*[:\s]")


def is_telling(name: str) -> bool:
    """Does the file's name say that it may be one of ours?"""
    return name.endswith(TELLING_SUFFIXES) or (
        _BUILD_NAME.match(name) is not None and not name.lower().endswith(".dockerignore") and not _is_of_others(name)
    )


def is_never_ours(name: str) -> bool:
    """Does its name say that it is something else, so that it need not be opened? `Dockerfile.py` may be the Dockerfile
    of a Python service as well as a program: its text tells."""
    return _is_of_others(name) and _BUILD_NAME.match(name) is None


def begins_like_ours(text: str) -> bool:
    """Does a text, whatever its file is called, begin like a manifest, a Compose file or a Dockerfile?

    A template is none of them: what it becomes is told by the program that fills it in. Neither is a script, whatever
    it writes.
    """
    head = text[:HEAD]
    if head.startswith("#!"):
        return False
    if _BUILD.match(head):
        return True
    if _TEMPLATE.search(head):
        return False
    return _COMPOSE.search(head) is not None or (_MANIFEST.search(head) is not None and _KIND.search(head) is not None)


def mentions_ours(content: bytes) -> bool:
    """Does a key of one of our syntaxes stand anywhere in it? What other programs write is megabytes of JSON at times:
    telling that it is none of ours must not take its whole reading."""
    return _KEYS.search(content) is not None


def _is_of_others(name: str) -> bool:
    stem, dot, ending = name.rpartition(".")
    return bool(dot and stem) and ending.lower() in OF_OTHERS
