"""A sports club's seasons: collections inside conditions, keys and orders of others."""

from __future__ import annotations

from decimal import Decimal

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Member(DomainModel):
    class Meta:
        collection_name = "club_members"

    name: str = attrs.nothing
    level: int = attrs.nothing
    tags: list[str] = attrs.nothing
    scores: dict[str, int] = attrs.nothing


class Booking(DomainModel):
    class Meta:
        collection_name = "club_bookings"

    season = attrs.relation(dm_cls="Season")
    member = attrs.relation(dm_cls=Member)
    kind: str = attrs.nothing
    units: int = attrs.nothing
    price: Decimal = attrs.nothing
    notes: list[str] = attrs.nothing


class Season(DomainModel):
    class Meta:
        collection_name = "club_seasons"

    title: str = attrs.nothing
    quota: int = attrs.nothing
    members = attrs.list(attrs.relation(dm_cls=Member))


class SeasonStore(Store):
    season = reference(dm_cls=Season)
    members = reference(dm_cls=Member, many=True)
    bookings = reference(dm_cls=Booking, many=True)


class Attendance(ViewModel):
    """Aggregates inside conditions, heads, keys and orders."""

    class Meta:
        collection_name = "club_attendance"

    store: SeasonStore

    @attrs.getter
    def with_bookings(self):
        """Name the members who booked anything."""
        bookings = self.store.bookings.values()
        return [m.name for m in self.store.members.values() if any(b.member == m for b in bookings)]

    @attrs.getter
    def without_bookings(self):
        return sum(
            1 for m in self.store.members.values() if not any(b.member == m for b in self.store.bookings.values())
        )

    @attrs.getter
    def heavy(self):
        """Name those who booked more than three units, the heaviest first."""
        found = []
        for member_id, member in self.store.members.items():
            units = sum(b.units or 0 for b in self.store.bookings.values() if b.member == member)
            if units > 3:
                found.append({"id": member_id, "name": member.name, "units": units})
        return sorted(found, key=lambda one: (-one["units"], one["id"]))

    @attrs.getter
    def strict(self):
        """Name those whose units sum to more than three; a missing number raises."""
        bookings = self.store.bookings.values()
        return [m.name for m in self.store.members.values() if sum(b.units for b in bookings if b.member == m) > 3]

    @attrs.getter
    def by_tags(self):
        return [m.name for m in sorted(self.store.members.values(), key=lambda m: len(m.tags or []))]

    @attrs.getter
    def most_booked(self):
        """Name the member with most bookings."""
        members = self.store.members.values()
        best = max(members, key=lambda m: len([b for b in self.store.bookings.values() if b.member == m]), default=None)
        return best.name if best is not None else None

    @attrs.getter
    def above_average(self):
        """List the bookings of more units than the mean."""
        known = [b for b in self.store.bookings.values() if b.units is not None]
        return [b.kind for b in known if b.units * len(known) > sum(x.units for x in known)]

    @attrs.getter
    def largest(self):
        bookings = [b for b in self.store.bookings.values() if b.units is not None]
        return [b.doc_id for b in bookings if b.units == max(x.units for x in bookings)]

    @attrs.getter
    def shares(self):
        """Give each booking's share of all units."""
        bookings = self.store.bookings
        total = sum(b.units or 0 for b in bookings.values())
        return {key: (b.units or 0) / total if total else 0.0 for key, b in bookings.items()}

    @attrs.getter
    def notes(self):
        return sum(len(b.notes or []) for b in self.store.bookings.values())

    @attrs.getter
    def longest_notes(self):
        return max((len(b.notes or []) for b in self.store.bookings.values()), default=0)

    @attrs.getter
    def kinds_per_member(self):
        """Count the kinds that each member booked."""
        return {
            key: len({b.kind for b in self.store.bookings.values() if b.member == m and b.kind is not None})
            for key, m in self.store.members.items()
        }

    @attrs.getter
    def busy_members(self):
        """List members while the season has enough bookings."""
        if len(self.store.bookings) > 2:
            return [m.name for m in self.store.members.values()]
        return []

    @attrs.getter
    def open_places(self):
        bookings = self.store.bookings.values()
        taken = sum(b.units or 0 for b in bookings)
        if (self.store.season.quota or 0) > taken:
            return {b.doc_id: (self.store.season.quota or 0) - taken for b in bookings}
        return {}

    @attrs.getter
    def mean_units(self):
        """Give the mean of what each member booked; one without bookings raises."""
        return [
            {
                "name": m.name,
                "mean": sum(b.units or 0 for b in self.store.bookings.values() if b.member == m)
                / len([b for b in self.store.bookings.values() if b.member == m]),
            }
            for m in self.store.members.values()
            if m.level
        ]

    @attrs.getter
    def best_of_each(self):
        """Give each member's largest booking."""
        return [
            {
                "id": m.doc_id,
                "most": max((b.units or 0 for b in self.store.bookings.values() if b.member == m), default=-1),
            }
            for m in self.store.members.values()
        ]


class Totals(ViewModel):
    """Loops and aggregates over what the getter made: grouped dicts, cut lists, sets, lists after each other."""

    class Meta:
        collection_name = "club_totals"

    store: SeasonStore

    def units_by_kind(self):
        totals = {}
        for booking in self.store.bookings.values():
            totals[booking.kind] = totals.get(booking.kind, 0) + (booking.units or 0)
        return totals

    @attrs.getter
    def kinds(self):
        """List kinds with their units, in the order in which they first came."""
        return [{"kind": kind, "units": units} for kind, units in self.units_by_kind().items()]

    @attrs.getter
    def top_kinds(self):
        """List the three kinds with most units."""
        named = {}
        for booking in self.store.bookings.values():
            named[booking.kind or "other"] = named.get(booking.kind or "other", 0) + (booking.units or 0)
        return [
            {"kind": kind, "units": units} for kind, units in sorted(named.items(), key=lambda p: (-p[1], p[0]))[:3]
        ]

    @attrs.getter
    def kinds_by_units(self):
        return [kind for kind, _ in sorted(self.units_by_kind().items(), key=lambda p: (-p[1], p[0]))]

    @attrs.getter
    def best_units(self):
        return max(self.units_by_kind().values(), default=None)

    @attrs.getter
    def kinds_above_mean(self):
        totals = self.units_by_kind()
        return sum(1 for units in totals.values() if units * len(totals) > sum(totals.values()))

    @attrs.getter
    def all_units(self):
        return sum(self.units_by_kind().values())

    @attrs.getter
    def above_quota(self):
        return [kind for kind, units in self.units_by_kind().items() if units > (self.store.season.quota or 0)]

    @attrs.getter
    def first_members(self):
        """Name the two strongest members."""
        best = sorted(self.store.members.values(), key=lambda m: -(m.level or 0))
        return [m.name for m in best[:2]]

    @attrs.getter
    def first_levels(self):
        best = sorted(self.store.members.values(), key=lambda m: -(m.level or 0))[:2]
        return sum(m.level or 0 for m in best)

    @attrs.getter
    def first_tags(self):
        """List the tags of the two strongest members."""
        best = sorted(self.store.members.values(), key=lambda m: (-(m.level or 0), m.doc_id))[:2]
        return [tag for m in best for tag in m.tags or [] if tag]

    @attrs.getter
    def second(self):
        best = sorted(self.store.members.values(), key=lambda m: m.level)
        return best[1].name

    @attrs.getter
    def last_two(self):
        return [b.doc_id for b in self.store.bookings.values()][-2:]

    @attrs.getter
    def middle(self):
        return [b.kind for b in list(self.store.bookings.values())[1:3]]

    @attrs.getter
    def two_tags_each(self):
        return {key: [tag.upper() for tag in sorted(m.tags or [])[:2]] for key, m in self.store.members.items()}

    @attrs.getter
    def pairs(self):
        """List the first two tags of every member, one after the other."""
        return [tag for m in self.store.members.values() for tag in (m.tags or [])[:2]]

    @attrs.getter
    def all_kinds(self):
        return sorted({b.kind for b in self.store.bookings.values()})

    @attrs.getter
    def known_kinds(self):
        return [f"kind {kind}" for kind in sorted({b.kind for b in self.store.bookings.values() if b.kind})]

    @attrs.getter
    def number_of_kinds(self):
        return len({b.kind for b in self.store.bookings.values()})

    @attrs.getter
    def per_kind(self):
        """Count members and units of each kind."""
        kinds = sorted({b.kind for b in self.store.bookings.values() if b.kind is not None})
        return [
            {
                "kind": kind,
                "bookings": len([b for b in self.store.bookings.values() if b.kind == kind]),
                "units": sum(b.units or 0 for b in self.store.bookings.values() if b.kind == kind),
            }
            for kind in kinds
        ]

    @attrs.getter
    def ids_by_kind(self):
        kinds = {b.kind for b in self.store.bookings.values() if b.kind}
        return {kind: [b.doc_id for b in self.store.bookings.values() if b.kind == kind] for kind in kinds}

    @attrs.getter
    def everybody(self):
        return [m.name for m in self.store.members.values()] + [b.kind for b in self.store.bookings.values()]

    @attrs.getter
    def names_or_kinds(self):
        if self.store.season.quota:
            return [m.name for m in self.store.members.values()]
        return [b.kind for b in self.store.bookings.values() if b.units]

    @attrs.getter
    def longest_kind(self):
        """Give the last booking of each kind, and of these the one of most units."""
        last = {b.kind: b.units or 0 for b in self.store.bookings.values()}
        return max(last.values(), default=None)
