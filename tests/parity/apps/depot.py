"""A depot and its shipments: getters written as loops and branches, as people write them without comprehensions."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

STAGES = ("packed", "sent", "back")
WEIGHTS = {"small": 1, "large": 5}


class Driver(DomainModel):
    name: str = attrs.nothing
    licence: str = attrs.nothing
    level: int = attrs.nothing
    zones: list[str] = attrs.nothing


class Shipment(DomainModel):
    depot = attrs.relation(dm_cls="Depot")
    driver = attrs.relation(dm_cls=Driver)
    stage: str = attrs.nothing
    size: str = attrs.nothing
    parcels: int = attrs.nothing
    cost: Decimal = attrs.nothing
    due: datetime = attrs.nothing
    marks: list[str] = attrs.nothing


class Depot(DomainModel):
    name: str = attrs.nothing
    city: str | None = attrs.nothing
    limit: int = attrs.nothing
    drivers = attrs.list(attrs.relation(dm_cls=Driver))


class DepotStore(Store):
    depot = reference(dm_cls=Depot)
    drivers = reference(dm_cls=Driver, many=True)
    shipments = reference(dm_cls=Shipment, many=True)


class DepotBoard(ViewModel):
    store: DepotStore

    @attrs.getter
    def totals(self):
        count = 0
        parcels = 0
        late = 0
        for shipment in self.store.shipments.values():
            count += 1
            if shipment.parcels is None:
                late += 1
                continue
            parcels += shipment.parcels
            if shipment.stage == "back":
                parcels -= 1
            elif shipment.stage == "sent":
                parcels += 2
        return {"count": count, "parcels": parcels, "late": late}

    @attrs.getter
    def labels(self) -> list[str]:
        labels = []
        for shipment in self.store.shipments.values():
            if shipment.stage == "packed":
                labels.append("P")
            elif shipment.stage == "sent":
                labels.append("S")
            elif not shipment.stage:
                continue
            else:
                labels.append(shipment.stage)
        return labels

    @attrs.getter
    def by_stage(self) -> dict[str, list[str]]:
        groups = {}
        for key, shipment in self.store.shipments.items():
            if shipment.stage is None:
                continue
            groups.setdefault(shipment.stage, []).append(key)
        return groups

    @attrs.getter
    def by_size(self) -> dict[str, list[str]]:
        groups = defaultdict(list)
        for key, shipment in self.store.shipments.items():
            groups[shipment.size or "none"].append(key)
        return groups

    @attrs.getter
    def by_hand(self) -> dict[str, list[str]]:
        groups = {}
        for key, shipment in self.store.shipments.items():
            size = shipment.size or "none"
            if size not in groups:
                groups[size] = []
            groups[size].append(key)
        return groups

    @attrs.getter
    def size_counts(self) -> dict[str, int]:
        counts = Counter()
        for shipment in self.store.shipments.values():
            counts[shipment.size or "none"] += 1
        return counts

    @attrs.getter
    def parcels_of(self) -> dict[str, int]:
        found = {}
        for shipment in self.store.shipments.values():
            size = shipment.size or ""
            if size in found:
                found[size] += shipment.parcels or 0
            else:
                found[size] = shipment.parcels or 0
        return found

    @attrs.getter
    def stage_counts(self) -> dict[str, int]:
        counts = {"packed": 0, "sent": 0, "back": 0}
        for shipment in self.store.shipments.values():
            if shipment.stage in counts:
                counts[shipment.stage] += 1
        return counts

    @attrs.getter
    def summary(self):
        summary = {"open": 0, "cost": Decimal(0), "first": None}
        for shipment in self.store.shipments.values():
            if shipment.stage == "packed":
                summary["open"] += 1
            if shipment.cost is not None:
                summary["cost"] += shipment.cost
        return summary

    @attrs.getter
    def biggest(self) -> str | None:
        best = None
        for shipment in self.store.shipments.values():
            if shipment.parcels is None:
                continue
            if best is None or shipment.parcels > best.parcels:
                best = shipment
        return best.size if best else None

    @attrs.getter
    def smallest_key(self) -> str | None:
        least, found = None, None
        for key, shipment in self.store.shipments.items():
            parcels = shipment.parcels or 0
            if least is None or parcels <= least:
                least, found = parcels, key
        return found

    @attrs.getter
    def most(self) -> int:
        most = 0
        for shipment in self.store.shipments.values():
            if shipment.parcels and shipment.parcels > most:
                most = shipment.parcels
        return most

    @attrs.getter
    def zone_counts(self) -> list[int]:
        counts = []
        for driver in self.store.drivers.values():
            number = 0
            for zone in driver.zones or []:
                if zone:
                    number += 1
            counts.append(number)
        return counts

    @attrs.getter
    def all_zones(self) -> list[str]:
        zones = []
        for driver in self.store.drivers.values():
            if not driver.zones:
                continue
            for zone in driver.zones:
                zones.append(zone)
        return zones

    @attrs.getter
    def marked(self) -> int:
        number = 0
        for shipment in self.store.shipments.values():
            hit = False
            for mark in shipment.marks or []:
                if mark == "a":
                    hit = True
                    break
            if hit:
                number += 1
        return number

    @attrs.getter
    def first_sent(self) -> str:
        for key, shipment in self.store.shipments.items():
            if shipment.stage == "sent":
                return key
            if shipment.stage == "back":
                return "back " + key
        return "none"

    @attrs.getter
    def found(self) -> str:
        for shipment in self.store.shipments.values():
            if shipment.stage == "sent":
                size = shipment.size
                break
        else:
            return "none"
        return size or "?"

    @attrs.getter
    def driver_of_first(self) -> str | None:
        wanted = None
        for shipment in self.store.shipments.values():
            if shipment.stage == "sent":
                wanted = shipment
                break
        if wanted is None:
            return None
        return wanted.size

    @attrs.getter
    def all_known(self) -> bool:
        ok = True
        for shipment in self.store.shipments.values():
            if shipment.stage not in STAGES:
                ok = False
                break
        return ok

    @attrs.getter
    def points(self) -> int:
        total = 0
        for stage in STAGES:
            for shipment in self.store.shipments.values():
                if shipment.stage == stage:
                    total += 1
            total *= 2
        return total

    @attrs.getter
    def weight(self) -> int:
        total = 0
        for shipment in self.store.shipments.values():
            try:
                total += WEIGHTS[shipment.size]
            except KeyError:
                total += 100
        return total

    @attrs.getter
    def city_length(self) -> int:
        try:
            return len(self.store.depot.city)
        except TypeError:
            return 0

    @attrs.getter
    def ratio(self) -> int:
        try:
            value = self.store.depot.limit // len(self.store.shipments)
        except ZeroDivisionError:
            return -1
        except (TypeError, ValueError):
            return -2
        else:
            value += 1
        return value

    @attrs.getter
    def kind(self) -> str:
        match self.store.depot.city:
            case "LA" | "NY":
                return "big"
            case None:
                return "nowhere"
            case city if len(city) > 3:
                return "long"
            case _:
                return "other"

    @attrs.getter
    def walrus(self) -> str:
        if (city := self.store.depot.city) and (name := self.store.depot.name):
            return city + name
        return "?"

    @attrs.getter
    def stepped(self) -> int:
        i = 0
        total = 0
        while i < 4:
            if i == 3:
                break
            total += i * (self.store.depot.limit or 0)
            i += 1
        return total

    @attrs.getter
    def ranged(self) -> int:
        a = b = 1
        for i in range(1, 4):
            a, b = b, a + b * i
        return a + (self.store.depot.limit or 0)

    @attrs.getter
    def last_stage(self) -> str | None:
        shipment = None
        for shipment in self.store.shipments.values():  # noqa: B007
            continue
        return shipment.stage if shipment else None

    @attrs.getter
    def note(self) -> str:
        if self.store.depot.city:
            note = "there"
        if self.store.depot.limit:
            note = "limited"
        return note

    @attrs.getter
    def helper(self) -> int:
        bonus = 2

        def points(shipment):
            if shipment.stage == "sent":
                return bonus
            return 1

        total = 0
        for shipment in self.store.shipments.values():
            total += points(shipment)
        return total

    @attrs.getter
    def joined(self) -> str:
        text = ""
        for driver in self.store.drivers.values():
            if text:
                text += ", "
            text += driver.name or "?"
        return text

    @attrs.getter
    def unique_sizes(self) -> set[str]:
        sizes = set()
        for shipment in self.store.shipments.values():
            if shipment.size:
                sizes.add(shipment.size)
        return sizes

    @attrs.getter
    def distinct_sizes(self) -> list[str]:
        sizes = []
        for shipment in self.store.shipments.values():
            if shipment.size and shipment.size not in sizes:
                sizes.append(shipment.size)
        return sizes

    @attrs.getter
    def drivers_seen(self) -> int:
        seen = set()
        for shipment in self.store.shipments.values():
            if not shipment.size or shipment.size in seen:
                continue
            seen.add(shipment.size)
        return len(seen)

    @attrs.getter
    def looped_again(self) -> int:
        chosen = []
        for shipment in self.store.shipments.values():
            if shipment.stage == "sent":
                chosen.append(shipment)
        total = 0
        for shipment in chosen:
            total += shipment.parcels or 0
        return total

    @attrs.getter
    def rows(self):
        rows = []
        for key, shipment in self.store.shipments.items():
            row = {"key": key, "size": shipment.size, "big": False}
            if shipment.parcels is not None and shipment.parcels > 2:
                row["big"] = True
            rows.append(row)
        return rows

    @attrs.getter
    def latest_due(self) -> datetime | None:
        latest = None
        for shipment in self.store.shipments.values():
            if shipment.due is None:
                continue
            if latest is None or shipment.due > latest:
                latest = shipment.due
        return latest

    @attrs.getter
    def sent_before_back(self) -> int:
        number = 0
        for shipment in self.store.shipments.values():
            if shipment.stage == "back":
                break
            number += 1
        return number

    @attrs.getter
    def until_limit(self) -> int:
        total = 0
        for shipment in self.store.shipments.values():
            total += shipment.parcels or 0
            if total > 5:
                break
        return total

    @attrs.getter
    def best_per_size(self) -> dict[str, int]:
        best = {}
        for shipment in self.store.shipments.values():
            size, parcels = shipment.size or "", shipment.parcels or 0
            if size not in best or parcels > best[size]:
                best[size] = parcels
        return best

    @attrs.getter
    def stats(self):
        stats = {}
        for shipment in self.store.shipments.values():
            size = shipment.size or ""
            if size not in stats:
                stats[size] = {"n": 0, "parcels": 0}
            stats[size]["n"] += 1
            stats[size]["parcels"] += shipment.parcels or 0
        return stats

    @attrs.getter
    def numbered(self) -> list[str]:
        lines = []
        for number, driver in enumerate(self.store.drivers.values(), start=1):
            lines.append(f"{number}. {driver.name or '?'}")
        return lines

    @attrs.getter
    def has_late(self) -> bool:
        for driver in self.store.drivers.values():
            for zone in driver.zones or []:
                if zone == "a":
                    return True
        return False
