"""Consumer groups against a simulation that looks at every member in every minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from twin.policies.membership import Absence, Partition, partitions

Minutes = set[int]


@dataclass
class Member:
    """One process of the group."""

    number: int
    absences: list[Absence]
    is_there: bool = True
    given_up: bool = False

    def starts(self, now: int) -> bool:
        return any(a.start == now for a in self.absences)

    def ends(self, now: int) -> bool:
        return any(a.end == now for a in self.absences)

    def is_noticed(self, now: int) -> bool:
        return not self.is_there and any(a.start < now == a.noticed < a.end for a in self.absences)


class Group:
    """Members, what each works on, and until when partitions pause."""

    def __init__(self, absences: list[Absence], members: int, count: int, *, eager: bool, rebalance: int) -> None:
        self.members = [Member(m, [a for a in absences if a.member == m]) for m in range(members)]
        self.count, self.eager, self.rebalance = count, eager, rebalance
        self.owner = {p: self.members[p % members] for p in range(count)}
        self.paused_until = dict.fromkeys(range(count), 0)
        self.losses: list[list[tuple[int, int]]] = [[] for _ in range(count)]

    def live(self, now: int) -> None:
        for member in self.members:
            if member.ends(now):
                self._comes_back(member, now)
        for member in self.members:
            if member.starts(now):
                member.is_there = False
                for p in self._partitions_of(member):
                    self.losses[p].append((now, member.number))
        for member in self.members:
            if member.is_noticed(now):
                member.given_up = True
                heir = self._heir(member)
                self._assign({p: heir for p in self._partitions_of(member) if heir}, now)

    def _comes_back(self, member: Member, now: int) -> None:
        member.is_there = True
        if member.given_up:
            member.given_up = False
            its_own = {p for p in self.owner if self.members[p % len(self.members)] is member}
            nobodys = {p for p, owner in self.owner.items() if owner.given_up}
            self._assign(dict.fromkeys(its_own | nobodys, member), now)

    def _partitions_of(self, member: Member) -> list[int]:
        return [p for p, owner in self.owner.items() if owner is member]

    def _heir(self, member: Member) -> Member | None:
        around = self.members[member.number + 1 :] + self.members[: member.number]
        return next((other for other in around if other.is_there), None)

    def _assign(self, to: dict[int, Member], now: int) -> None:
        """The group rebalances."""
        moved = {p for p, member in to.items() if self.owner[p] is not member}
        self.owner.update(to)
        for p in range(self.count) if self.eager else moved:
            self.paused_until[p] = max(self.paused_until[p], now + self.rebalance)

    def idle(self, now: int) -> Iterator[int]:
        """Partitions that nobody works on in the minute that begins now."""
        return (p for p, owner in self.owner.items() if not owner.is_there or now < self.paused_until[p])


@dataclass(frozen=True)
class Setting:
    absences: list[Absence]
    members: int
    count: int
    rebalance: int

    def found(self, *, eager: bool) -> list[Partition]:
        return partitions(self.absences, members=self.members, count=self.count, eager=eager, rebalance=self.rebalance)

    def end(self) -> int:
        return max((a.end for a in self.absences), default=0) + self.rebalance


@st.composite
def settings_of(draw: st.DrawFn, members: int | None = None) -> Setting:
    members = members or draw(st.integers(1, 4))
    absences = []
    for member in range(members):
        now = 0
        for _ in range(draw(st.integers(0, 4))):
            start = now + draw(st.integers(1, 12))
            now = start + draw(st.integers(1, 15))
            absences.append(Absence(member, start, start + draw(st.integers(1, 10)), now))
    order = draw(st.permutations(absences))
    return Setting(order, members, draw(st.integers(1, 9)), draw(st.integers(0, 6)))


def minutes(partition: Partition) -> Minutes:
    return {minute for start, end in partition.stalls for minute in range(start, end)}


@given(settings_of(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_partition_stalls_in_the_minutes_in_which_nobody_works_on_it(setting: Setting, eager: bool) -> None:
    group = Group(setting.absences, setting.members, setting.count, eager=eager, rebalance=setting.rebalance)
    idle: list[Minutes] = [set() for _ in range(setting.count)]
    for now in range(setting.end() + 1):
        group.live(now)
        for p in group.idle(now):
            idle[p].add(now)
    found = setting.found(eager=eager)
    assert [minutes(partition) for partition in found] == idle
    assert [partition.losses for partition in found] == group.losses


@given(settings_of(), st.booleans())
@settings(deadline=None)
def test_stalls_are_sorted_apart_and_not_empty(setting: Setting, eager: bool) -> None:
    for partition in setting.found(eager=eager):
        edges = [edge for stall in partition.stalls for edge in stall]
        assert edges == sorted(set(edges))


@given(settings_of())
@settings(deadline=None)
def test_an_eager_group_stalls_whenever_a_cooperative_one_does(setting: Setting) -> None:
    for eager, cooperative in zip(setting.found(eager=True), setting.found(eager=False), strict=True):
        assert minutes(eager) >= minutes(cooperative)
        assert eager.losses == cooperative.losses


@given(settings_of(), st.booleans())
@settings(deadline=None)
def test_where_nobody_is_away_for_long_everybody_keeps_his_partitions(setting: Setting, eager: bool) -> None:
    brief = [Absence(a.member, a.start, a.end, a.end) for a in setting.absences]
    group = Setting(brief, setting.members, setting.count, setting.rebalance)
    for p, partition in enumerate(group.found(eager=eager)):
        mine = sorted(a for a in brief if a.member == p % setting.members)
        assert partition.stalls == [(a.start, a.end) for a in mine]
        assert partition.losses == [(a.start, a.member) for a in mine]


@given(settings_of(members=1), st.booleans())
@settings(deadline=None)
def test_a_group_of_one_stalls_while_it_is_away_and_if_eager_while_it_rebalances(setting: Setting, eager: bool) -> None:
    away = {minute for a in setting.absences for minute in range(a.start, a.end)}
    noticed = [a for a in setting.absences if a.noticed < a.end and eager]
    rebalances = [t for a in noticed for t in (a.noticed, a.end)]
    away |= {minute for t in rebalances for minute in range(t, t + setting.rebalance)}
    for partition in setting.found(eager=eager):
        assert minutes(partition) == away


def test_a_group_that_nobody_leaves_never_stalls() -> None:
    for partition in partitions([], members=3, count=5, eager=True, rebalance=4):
        assert partition == Partition([], [])
