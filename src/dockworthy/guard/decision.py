"""What the guard answers, and why: words that fit into `docker`'s own error line."""

from __future__ import annotations

from msgspec import Struct

MOST_CHARACTERS = 600
"""Of an answer: longer ones fill a person's screen with what a report should say."""


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


NOTHING: tuple[Refusal, ...] = ()


class Decision(Struct, frozen=True, kw_only=True):
    """`action` names what was asked (`containers/create`), `subject` the object that it is about."""

    action: str
    subject: str = ""
    refusals: tuple[Refusal, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.refusals

    def message(self) -> str:
        """For the person who asked; empty where it is allowed."""
        if not self.refusals:
            return ""
        more = len(self.refusals) - 1
        first = self.refusals[0].in_words()
        if len(first) > MOST_CHARACTERS:
            first = first[: MOST_CHARACTERS - 1] + "…"
        others = f" And {more} more: " + ", ".join(refusal.rule for refusal in self.refusals[1:]) + "." if more else ""
        return " ".join((first + others).split())


def _ended(text: str) -> str:
    """A remedy may be a sentence, or a few words: what follows it is a sentence of its own."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def refused(rule: str, title: str, says: str, remedy: str = "") -> Refusal:
    return Refusal(rule=rule, title=title, says=says, remedy=remedy)


__all__ = ["MOST_CHARACTERS", "NOTHING", "Decision", "Refusal", "refused"]
