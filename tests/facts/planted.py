"""Secrets to plant in facts, and facts that are cleaned of them."""

from __future__ import annotations

from typing import Any

from dockworthy.facts.redaction import Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkb2Nrd29ydGh5In0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\nYXQgYWxs\n-----END RSA PRIVATE KEY-----"
BARE = "planted-Sesame.9"


def clean(facts: Any) -> Any:
    return Redactor(b"k" * 32).clean(facts)
