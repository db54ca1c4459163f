"""What the guard answers, and why: words that fit into `docker`'s own error message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ..report.visible import visible

MOST_CHARACTERS = 600
"""Characters of one reason: longer ones fill a person's screen with what a report should say."""
MOST_IN_ALL = 4000
"""Characters of an answer. Rules whose reasons have no room are named."""


class Refusal(Struct, frozen=True, kw_only=True):
    """One reason. `rule` is a control's id, or `guard/…` where the rule is the guard's own; `title` the secure state,
    `says` the fact, `remedy` what to do instead."""

    rule: str
    title: str
    says: str
    remedy: str = ""

    def in_words(self) -> str:
        remedy = f" Instead: {self.remedy}" if self.remedy else ""
        return _ended(f"{self.title} ({self.rule}): {self.says}.{remedy}")


class Decision(Struct, frozen=True, kw_only=True):
    """`action` names what was asked (`containers/create`), `subject` the object that it is about. `reads_secrets`: the
    answer shows what may be secret, so that it is written down who read it; `only_looks`: it changes nothing. `absent`:
    nothing is forbidden, but what was named is not there, in the engine's own words. `status` is that of the answer,
    where it does not pass."""

    action: str
    subject: str = ""
    refusals: tuple[Refusal, ...] = ()
    reads_secrets: bool = False
    only_looks: bool = False
    absent: str = ""
    status: int = 403

    @property
    def allowed(self) -> bool:
        return not self.refusals and not self.absent

    def message(self) -> str:
        """For the person who asked, with every reason, so that they need not ask again for the next; empty where it is
        allowed. Several stand on a line each."""
        reasons = list(_reasons(self.refusals))
        if not reasons:
            return self.absent
        if len(reasons) < 2:
            return reasons[0][0]
        told: list[str] = []
        untold: list[str] = []
        room = MOST_IN_ALL
        for text, rule in reasons:
            room -= len(text)
            (told if room >= 0 or not told else untold).append(text if room >= 0 or not told else rule)
        lines = [f"{len(reasons)} rules forbid it:", *(f"- {text}" for text in told)]
        if untold:
            lines.append(f"- and {len(untold)} more: {', '.join(dict.fromkeys(untold))}")
        return "\n".join(lines)


def _reasons(refusals: Iterable[Refusal]) -> Iterator[tuple[str, str]]:
    """Each reason and the rule that it comes from: what one rule says of several fields is one reason."""
    by_rule: dict[tuple[str, str, str], list[str]] = {}
    for refusal in refusals:
        by_rule.setdefault((refusal.rule, refusal.title, refusal.remedy), []).append(refusal.says)
    for (rule, title, remedy), facts in by_rule.items():
        says = "; ".join(dict.fromkeys(facts))
        text = Refusal(rule=rule, title=title, says=says, remedy=remedy).in_words()
        if len(text) > MOST_CHARACTERS:
            over = len(text) - MOST_CHARACTERS + 1
            text = Refusal(
                rule=rule, title=title, says=says[: max(len(says) - over, 0)] + "…", remedy=remedy
            ).in_words()
        text = text if len(text) <= MOST_CHARACTERS + 1 else text[: MOST_CHARACTERS - 1] + "…"
        yield visible(" ".join(text.split())), rule


def _ended(text: str) -> str:
    """A remedy may be a sentence, or a few words: what follows it is a sentence of its own."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def refused(rule: str, title: str, says: str, remedy: str = "") -> Refusal:
    return Refusal(rule=rule, title=title, says=says, remedy=remedy)
