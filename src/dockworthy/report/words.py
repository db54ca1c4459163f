"""The words that every report for people uses for answers, outcomes and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..model.fault import names_in_words
from ..model.finding import Finding, Outcome
from ..model.result import Answer, Result, Verdict

ANSWERS = {
    Answer.YES: "yes",
    Answer.ACCEPTED: "accepted",
    Answer.NOT_YET: "not yet",
    Answer.NO: "no",
    Answer.UNDECIDED: "undecided",
}

QUESTIONS = {
    "assess": "Should we run Docker in production, here?",
    "check": "Are these files fit for production?",
}
"""Command -> what it answers."""

HEADINGS = {
    Outcome.FAIL: "What fails",
    Outcome.UNKNOWN: "Unknown",
    Outcome.PENDING: "Done, in force later",
    Outcome.EXCEPTED: "Accepted risks",
    Outcome.PASS: "Passes",
    Outcome.NOT_APPLICABLE: "Does not apply",
}
"""Outcomes in the order in which a reader needs them."""

NOTHING_TELLS = "nothing that dockworthy knows of"
"""For an unknown of which no permission or command is known that would tell."""

VERDICTS = {**ANSWERS, Answer.ACCEPTED: "yes, with accepted risks"}

OUTCOMES = {
    Outcome.FAIL: "fail",
    Outcome.UNKNOWN: "unknown",
    Outcome.PENDING: "in force later",
    Outcome.EXCEPTED: "accepted",
    Outcome.PASS: "pass",
    Outcome.NOT_APPLICABLE: "do not apply",
}
"""As they are counted, in the order of the headings."""


def answer_in_words(result: Result) -> str:
    """`Not yet, at level production` — the verdict without its reasons."""
    return f"{VERDICTS[result.verdict.answer].capitalize()}, at level {result.level.value}"


def verdict_sentence(result: Result, *, unread_told: bool = False) -> str:
    """The verdict with its reasons, as one line. `unread_told`: why inputs were not read is told elsewhere."""
    because = _unread_by_name(result) if unread_told and result.unread else result.verdict.because
    reasons = "; ".join(reason.rstrip(".") for reason in because)
    return f"{answer_in_words(result)}: {reasons}." if reasons else f"{answer_in_words(result)}."


def _unread_by_name(result: Result) -> tuple[str, ...]:
    whys = tuple(says for _, says in result.unread)
    others = tuple(reason for reason in result.verdict.because if not reason.endswith(whys))
    if len(others) == len(result.verdict.because):
        return others
    return (*others, f"could not be judged: {some_of([name for name, _ in result.unread])}")


def use_sentence(verdict: Verdict) -> str:
    """`For precious data, …. Holds until 2026-12-24: …`; empty for what is judged for no use in particular."""
    parts = []
    if verdict.intent:
        assumed = "" if verdict.stated else " (assumed where nobody stated it: `dockworthy intent`)"
        parts.append(f"For {verdict.intent}{assumed}.")
    if verdict.valid_until:
        why = f": {verdict.valid_because}" if verdict.valid_because else ""
        parts.append(f"Holds until {verdict.valid_until[:10]}{why}.")
    return " ".join(parts)


def counts_sentence(findings: Iterable[Finding]) -> str:
    """`4 fail, 2 unknown, 40 pass`; what did not happen is left out."""
    counts = Counter(finding.outcome for finding in findings)
    return ", ".join(f"{counts[outcome]} {word}" for outcome, word in OUTCOMES.items() if counts[outcome])


some_of = names_in_words
"""`web, db, cache and 97 more`."""


def as_many_as_fit(names: Sequence[str], columns: int) -> str:
    """`some_of` the names, as few as it takes to stay within `columns`, but never none."""
    fitting = (some_of(names, show) for show in (3, 2, 1))
    return next((text for text in fitting if len(text) <= columns), some_of(names, show=0) if names else "")


def minute_of(moment: str) -> str:
    """`2026-12-02 03:00 UTC`, of a moment in RFC 3339 that is UTC."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def second_of(moment: str) -> str:
    """`2026-12-02 03:00:07 UTC`, of a moment in RFC 3339 that is UTC."""
    return f"{moment[:19].replace('T', ' ')} UTC"
