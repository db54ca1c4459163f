"""Which of hadolint's rules speak of which control's matter: one fault is one finding, whoever saw it."""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, frozenset[str]] = {
    "absolute-workdir": frozenset({"DL3000"}),
    "non-root-user": frozenset({"DL3002"}),
    "sudo": frozenset({"DL3004"}),
    "distribution-upgrade": frozenset({"DL3005", "DL3017", "DL3035"}),
    "pinned-base": frozenset({"DL3006", "DL3007", "DL3022"}),
    "pinned-packages": frozenset(
        {"DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062"}
    ),
    "package-cache": frozenset({"DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060"}),
    "recommended-packages": frozenset({"DL3015"}),
    "single-instructions": frozenset({"DL3012", "DL4003", "DL4004"}),
    "copy-not-add": frozenset({"DL3020"}),
    "exec-form": frozenset({"DL3025"}),
    "health-check": frozenset({"DL3057"}),
    "current-instructions": frozenset({"DL4000"}),
}
"""Control (without its chapter) -> the rules that are its own."""


def control_of(rule: str) -> str:
    """The control, by its name in this chapter, that a rule of hadolint belongs to."""
    owner = next((name for name, rules in RULES.items() if rule in rules), "")
    return owner or ("shell-lint" if rule.startswith("SC") else "lint")
