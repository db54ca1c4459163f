"""Hosts for the person who runs them: how each stands, what an emptied node means, and the gaps that it made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.counts import number_of
from ..model.hosts import EdgePlaces, HostStanding, Move, MoveKind, ServiceGap, Spread, SwarmNode
from ..model.result import Answer, Verdict
from .json_text import json_text
from .sheet import Sheet
from .words import VERDICTS

_COLUMN = 13
_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}

_TAKES_NO_TASKS = {"drain": "it is drained, and takes no tasks", "pause": "it is paused, and takes no new tasks"}


def render_hosts(hosts: Sequence[HostStanding], *, width: int, colour: bool) -> str:
    """One entry a host: its answer, engine and role, and what it lacks first."""
    sheet = Sheet(width=width, colour=colour)
    for host in hosts:
        if host.answer is None:
            sheet.entry("not read", f"{host.name}, {host.address}: {host.error}", column=_COLUMN, label_style="open")
            if host.hint:
                sheet.line(host.hint, indent=_COLUMN, style="quiet")
            continue
        parts = [host.address, f"engine {host.engine}" if host.engine else "no engine answers", host.role]
        says = f"{host.name}, {', '.join(part for part in parts if part)}"
        sheet.entry(VERDICTS[host.answer], says, column=_COLUMN, label_style=_STYLES.get(host.answer, "open"))
        for title in host.lacks:
            sheet.entry("-", title, indent=_COLUMN, column=_COLUMN + 2)
        if host.availability in _TAKES_NO_TASKS:
            says = f"{_TAKES_NO_TASKS[host.availability]}: `dockworthy hosts resume {host.name}` takes it back into use"
            sheet.entry("!", says, indent=_COLUMN, column=_COLUMN + 2, label_style="open")
        if host.hint:
            sheet.entry("!", host.hint, indent=_COLUMN, column=_COLUMN + 2, label_style="bad")
        if more := host.lacking - len(host.lacks):
            sheet.line(f"and {number_of(more, 'more control')}", indent=_COLUMN, style="quiet")
    sheet.blank()
    for says in _of_all(hosts):
        sheet.line(says)
        sheet.blank()
    sheet.line("One by itself: dockworthy assess --host NAME; what can be mended: dockworthy harden --host NAME")
    return str(sheet)


def _of_all(hosts: Sequence[HostStanding]) -> Iterator[str]:
    """What all of them depend on."""
    nodes = [host.name for host in hosts if host.role]
    with_edge = [host.name for host in hosts if host.has_edge]
    unread = [host.name for host in hosts if host.answer is None]
    if len(nodes) == 1 and not unread:
        yield (
            f"{nodes[0]} is the only node of its swarm that is named here: while its engine is away, nothing on it "
            "answers, as a swarm excludes live-restore (a second and third host, or deploy.target: compose with it)"
        )
    elif nodes and len(with_edge) == 1:
        yield (
            f"The edge is on {with_edge[0]} alone{_as_far_as_read(unread)}: without that host no route is answered, "
            "wherever its containers run "
            "(deploy.edge.hosts puts it on several: docs/edge.md)"
        )
    elif len(with_edge) > 1:
        yield (
            f"The edge is on {', '.join(with_edge)}: each answers every route, so the loss of one takes only what "
            "clients send to its own address (docs/edge.md)"
        )


def _as_far_as_read(unread: Sequence[str]) -> str:
    return f", as far as could be read ({' and '.join(unread)} could not)" if unread else ""


def hosts_json(hosts: Sequence[HostStanding], verdict: Verdict) -> str:
    told = {
        "schema": 1,
        "command": "hosts",
        "answer": verdict.answer,
        "because": verdict.because,
        "hosts": [{name: getattr(host, name) for name in host.__struct_fields__} for host in hosts],
    }
    return json_text(told)


def move_in_words(move: Move) -> str:
    """`web: 1 of 2 tasks, to h2 or h3`."""
    tasks = f"{move.service}: {move.tasks} of {number_of(max(move.wanted, move.tasks), 'task')}"
    if move.kind is MoveKind.ENDS:
        return f"{move.service}: {number_of(move.tasks, 'task')}, which ends: {move.why}"
    if move.kind is MoveKind.STUCK:
        return (
            f"{tasks}, which can't move: {move.why}; it does not run until the node is back in use; only with --force"
        )
    to = f"to {' or '.join(move.to)}"
    if move.kind is MoveKind.LOSES:
        return f"{tasks}, {to}: {move.why}; only with --force"
    gap = "" if move.tasks < move.wanted else "; nothing of it runs until a new one does"
    return f"{tasks}, {to}{gap}"


def edge_stays_in_words(node: str, edge: EdgePlaces) -> str:
    """What becomes of the edge on a node that is drained; "" where it has none."""
    if node in edge.unknown:
        return f"whether the edge is on {node} is unknown, as its engine could not be asked: it would stay there"
    if node not in edge.on:
        return ""
    others = [name for name in edge.on if name != node]
    stays = f"the edge stays on {node}, as it is no task"
    if others:
        have = "has" if len(others) == 1 else "have"
        return (
            f"{stays}; {' and '.join(others)} {have} it, too: before the engine or the "
            f"host of {node} is restarted, clients must be sent there (DNS, a load balancer, or deploy.edge.address, "
            "which moves by itself)"
        )
    asked = f" ({' and '.join(edge.unknown)} could not be asked)" if edge.unknown else ""
    return (
        f"the edge stays on {node} alone{asked}, as it is no task: while the engine or the host of {node} is away, no "
        f"route is answered, wherever its tasks run; so before a restart put the edge on another host, too "
        "(deploy.edge.hosts, then dockworthy deploy; docs/edge.md), and send clients there"
    )


def not_counted_in_words(nodes: Sequence[SwarmNode]) -> str:
    """Of a rebalance: the nodes that do not answer the managers; "" where all do."""
    away = [node.called for node in nodes if not node.ready]
    if not away:
        return ""
    are = "is" if len(away) == 1 else "are"
    says = f"{' and '.join(away)} {are} down or unknown to the managers, and not counted"
    return f"{says}: run this again when that has ended"


def where_in_words(spread: Spread) -> str:
    """`2 on n1, 1 on n2, none on n3`."""
    return ", ".join(f"{count or 'none'} on {name}" for name, count in spread.where.items())


def spread_in_words(spread: Spread) -> str:
    """`web: 3 on n1, none on n2; 1 of 3 tasks moves, …`."""
    if not spread.moves:
        return f"{spread.service}: {where_in_words(spread)}; an earlier run did not end, and is ended"
    moves = "moves" if spread.moves == 1 else "move"
    how = "each ends before a new one starts" if spread.stop_first else "each new one is healthy before an old one ends"
    tasks = f"{spread.moves} of {number_of(spread.replicas, 'task')}"
    return f"{spread.service}: {where_in_words(spread)}; {tasks} {moves}: {how}"


def number_of_moves(spreads: Sequence[Spread]) -> str:
    """The title of a plan."""
    many = sum(spread.moves for spread in spreads)
    moved = "is moved" if many == 1 else "are moved"
    return f"{number_of(many, 'task')} of {number_of(len(spreads), 'service')} {moved}, one after another"


def gap_in_words(gap: ServiceGap) -> str:
    """`web: for 2.3 s fewer tasks than before, for 1.1 s none`."""
    if not gap.below:
        return f"{gap.service}: moved, never fewer tasks than before"
    none = f", for {gap.none:.1f} s none" if gap.none else ", and never none"
    return f"{gap.service}: for {gap.below:.1f} s fewer tasks than before{none}"
