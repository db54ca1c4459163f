"""One answer for several hosts: the worst of theirs; a host that can't be reached is unknown, the others stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..model.fleet import HostResult
from ..model.result import Answer, Verdict

_WORST_FIRST = (Answer.NO, Answer.NOT_YET, Answer.UNDECIDED, Answer.ACCEPTED, Answer.YES)

_WORDS = {
    Answer.NO: "no",
    Answer.NOT_YET: "not yet",
    Answer.UNDECIDED: "undecided",
    Answer.ACCEPTED: "yes, with accepted risks",
    Answer.YES: "yes",
}


def answer_for_fleet(hosts: Sequence[HostResult]) -> Verdict:
    """`because` counts the hosts by answer and names those that could not be read."""
    answers = [_answer(host) for host in hosts]
    counted = Counter(host.result.verdict.answer for host in hosts if host.result is not None)
    because = [f"{count} of {len(hosts)} hosts: {_WORDS[a]}" for a in _WORST_FIRST if (count := counted[a])]
    because += [f"{host.host} could not be read: {host.error}" for host in hosts if host.result is None]
    ends = [
        (host.result.verdict.valid_until, f"{host.host}: {host.result.verdict.valid_because}")
        for host in hosts
        if host.result is not None and host.result.verdict.valid_until
    ]
    until, why = min(ends, default=(None, ""))
    return Verdict(
        min(answers, key=_WORST_FIRST.index, default=Answer.UNDECIDED),
        because=tuple(because),
        valid_until=until,
        valid_because=why,
    )


def _answer(host: HostResult) -> Answer:
    return Answer.UNDECIDED if host.result is None else host.result.verdict.answer
