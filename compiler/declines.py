"""The pages of the D codes: why a getter runs in Python, and what to write so that SQL can say it.

    codes.find("D356").title  →  "sum that SQL cannot repeat"

A decline is no error: the getter gives the same value in a lower tier, and costs more per change.
Each row is number, title, why, example, fix; `codes.CODES` holds them with all others.
"""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # ------------------------------------------------------------ build: statements and values
    (
        "D301", "statement or expression without SQL",
        "SQL has expressions, joins and aggregates: no `with`, no `finally`, no `while` that the data ends.",
        "while n != 1:\n    n, steps = n // 2, steps + 1",
        "for size in (64, 32, 16, 8, 4, 2): steps += n >= size",
    ),
    (
        "D302", "function, class or module as a value",
        "SQL has columns, not functions: what is called by its name can be inlined, what is passed on cannot.",
        "KINDS = [Order, Invoice]", "call the function, or name the attribute, where its value is needed",
    ),
    (
        "D303", "truth of a value without a column",
        "Whether a value counts as true is known for texts, numbers, dates, lists, dicts and entities.",
        "if self.store.order.payload: ...   # raw JSON", "payload: dict[str, str] = attrs.nothing",
    ),
    (
        "D304", "loop over something made, inside another loop",
        "Entries are joined by their keys, and a key that may be None joins nothing; a place that shifts is no key.",
        "for kind, orders in by_kind.items():\n    for order in sorted(orders)[:3]: ...",
        "for kind, orders in by_kind.items():\n    if kind is not None: ...",
    ),
    (
        "D305", "loop over something that is no collection",
        "A loop becomes a join, so it needs a mapping of the store, or a list or dict attribute of known items.",
        "for letter in user.name: ...", "initials: list[str] = attrs.nothing   # stored as a list",
    ),
    (
        "D307", "assignment that SQL cannot follow",
        "Names, tuples of names and literal keys of a dict can be followed; other targets change what others see.",
        "first, *others = names", "first = names[0]",
    ),
    (
        "D308", "recursion",
        "A function that calls itself is inlined as often as constants say; data may say any number.",
        "def depth(n): return 1 + depth(n // 2) if n else 0", "store the value as an attribute, or accept Python",
    ),
    (
        "D309", "arguments that are only known at run time",
        "To inline a call, each argument has to be matched with a parameter.",
        "label(*parts)", "label(parts[0], parts[1])",
    ),
    (
        "D310", "whole number beyond 64 bits", "Flink's largest whole number is BIGINT, with 64 bits.",
        "return 2**70", "return Decimal(2**70)",
    ),
    (
        "D312", "getter that reads a getter in Python",
        "The value that it reads is computed by a Python function, and SQL cannot go on from there.",
        "return self.badge + '!'   # badge runs in Python", "look at the reason for the getter that is read",
    ),
    (
        "D313", "value of two types", "A column has one type, and the getter gives one type here and another there.",
        'return user.age if user.age else "unknown"', "return user.age   # None is of every type",
    ),
    # ------------------------------------------------------------ build: operators
    (
        "D320", "operator without exact SQL",
        "SQL's operator differs from Python's for these types, or there is none (`**`, `//` of floats).",
        "return place.latitude // 0.1", "return round(place.latitude, 1)",
    ),
    (
        "D321", "comparison without exact SQL",
        "Values of these types are not compared by SQL as Python does, or cannot be compared at all.",
        "return order.amount == order.weight   # Decimal and float", "return order.amount == Decimal(order.units)",
    ),
    (
        "D322", "identity", "Columns have values, not identities; only None is the same object everywhere.",
        'return user.kind is "guest"', 'return user.kind == "guest"',
    ),
    (
        "D323", "item without exact SQL", "The item is chosen in a way that SQL has no index for.",
        "return [user.name, user.kind][order.number]", "store the list as an attribute, or name the field",
    ),
    (
        "D324",
        "slice without exact SQL",
        "The ends must be whole numbers, and the step left out, or -1 for the whole.",
        "return sorted(users)[:: user.age]", "return sorted(users)[:3]",
    ),
    # ------------------------------------------------------------ build: displays and texts
    (
        "D330", "display with unpacking", "How many items there are is known only at run time.",
        "return [*user.tags, 'all']", "return [tag for tag in user.tags]",
    ),
    (
        "D331",
        "dict display with computed keys",
        "A dict of one computed key, a text, is a map; of several, two may be the same, which a map would keep.",
        "return {user.kind: 1, user.role: 2}", "return {'kind': user.kind, 'role': user.role}",
    ),
    (
        "D340", "f-string without SQL", "`!r` and `!a` follow Python's own notation, which SQL does not have.",
        'return f"{user.name!r}"', 'return f"\'{user.name}\'"',
    ),
    (
        "D341", "format without exact SQL", "The format is computed, or SQL has no exact counterpart for it.",
        'return f"{price:{width}}"', 'return f"{price:.2f}"',
    ),
    (
        "D342", "text of a value without exact SQL",
        "The text of a list, dict or Decimal follows Python's notation, or digits that storage does not keep.",
        'return f"{order.amount} EUR"', 'return f"{order.amount:.2f} EUR"',
    ),
    # ------------------------------------------------------------ build: calls
    (
        "D350", "call of something that is no function", "What is called is a value, so there is nothing to inline.",
        "return order.total()   # an attribute", "return order.total",
    ),
    (
        "D351", "keyword arguments without SQL", "The function has SQL for its plain arguments only.",
        "return int(user.code, base=2)", "return int(user.code)",
    ),
    (
        "D352", "method without exact SQL",
        "SQL has no such function, or one that differs (title, casefold, …).",
        "return user.name.title()", "return user.name.upper()",
    ),
    (
        "D353", "join of unordered texts",
        "The order of a set is not defined, and SQL gathers texts in the order of whole numbers, texts and dates only.",
        'return ", ".join({user.name for user in users.values()})',
        'return ", ".join(sorted({user.name for user in users.values()}))',
    ),
    (
        "D354", "function without exact SQL", "SQL has no such function for these types, or one that differs.",
        "return math.gcd(order.number, 12)", "accept Python, or store the value",
    ),
    (
        "D356", "sum that SQL cannot repeat",
        "Floats are added in an order, with an error that depends on it, and an aggregate that takes rows back drifts.",
        "weight: float = attrs.nothing   # and sum(p.weight …)", "weight: Decimal = attrs.nothing",
    ),
    (
        "D357", "min or max without exact SQL", "Values of this type have no order that SQL and Python share.",
        "return max(user.deaf for user in users.values())", "return any(user.deaf for user in users.values())",
    ),
    (
        "D358", "sort without exact SQL",
        "The order is part of the child table's columns: a key must be a value, its direction a constant.",
        "sorted(users.values(), key=rank, reverse=flag)", "sorted(users.values(), key=lambda u: u.age, reverse=True)",
    ),
    (
        "D359", "set in an order", "Python's sets have no order that could be repeated.",
        "return list({user.kind for user in users.values()})", "return {user.kind for user in users.values()}",
    ),
    # ------------------------------------------------------------ build: changes and loops
    (
        "D360",
        "change in place",
        "Lists and dicts that the getter builds can be followed while one name holds them, and only to their end.",
        "names.insert(0, user.name)", "names.append(user.name)",
    ),
    (
        "D362", "loop that gathers and ends early",
        "Aggregates see all rows of a group; where a loop ends depends on what came before.",
        "for o in orders.values():\n    total += o.number\n    if total > 9: break",
        "return sum(o.number for o in orders.values())",
    ),
    (
        "D364", "loop that is no fold",
        "Sums, counts, flags, lists, dicts and last values are aggregates, also of earlier passes; others are not.",
        "for o in orders.values():\n    total = total * 2 + o.number", "return sum(o.number for o in orders.values())",
    ),
    (
        "D365", "getter that is too deep",
        "One expression says the whole getter: nested too deep, or reading a name anew in each branch, it never ends.",
        "return ((((… + 1) + 1) + 1) …", "split it, or make it a loop over data",
    ),
    (
        "D366", "name that an earlier pass has set",
        "An earlier pass of the loop, or a comprehension, has left what the name holds: a join does not know it.",
        "for u in users.values():\n    if u.deaf: last = u\n    else: names.append(last.name)",
        "keep the value in the getter's result, or accept Python",
    ),
    (
        "D367", "failure that the result does not show",
        "Python computes the value, and raises, though not every path reads it; SQL computes what it reads.",
        "ticket = tickets[key]   # KeyError, also for those who are not deaf\nif user.deaf: seats.append(ticket.seat)",
        "if user.deaf: seats.append(tickets[key].seat)",
    ),
    # ------------------------------------------------------------ relate
    (
        "D403", "join without equality", "A join needs an equality between item and store to find its rows by.",
        "on=lambda store, bill: bill.doc_id in [b for o in store.orders.values() for b in o.bills]   # None raises",
        "on=lambda store, bill: bill.doc_id in [b for o in store.orders.values() for b in o.bills or []]",
    ),
    (
        "D406", "whole list inside a condition",
        "A list that is computed has rows, not a value that could be compared; what is aggregated of it is a value.",
        "[u.name for u in users.values() if [t for t in u.tags if t] == u.tags]",
        "[u.name for u in users.values() if all(u.tags)]",
    ),
    (
        "D407", "entity as a value", "A view holds values; an entity belongs to its own collection.",
        "return self.store.location", "return self.store.location.name",
    ),
    (
        "D408", "aggregate without exact SQL", "SQL leaves None out where Python does not, or has no such aggregate.",
        "large[o.kind] = large.get(o.kind, False) or o.units > 9",
        "if o.units > 9: large[o.kind] = large.get(o.kind, 0) + 1",
    ),
    (
        "D409", "early end before a failure",
        "Python stops at the first hit and never sees what raises after it; an aggregate sees all rows.",
        "any(o.number > 3 for o in orders.values())",
        "any(o.number is not None and o.number > 3 for o in orders.values())",
    ),
    (
        "D410", "comparison with None inside a collection",
        "Which comparison Python makes, and so which one raises, depends on the order of the rows.",
        "min(users.values(), key=lambda u: (u.age, u.name))",
        "sorted(users.values(), key=lambda u: (u.age, u.name))[0]",
    ),
    ("D411", "empty dict", "A dict without keys has no columns.", "return {}", "return None"),
    (
        "D412", "tuple in a view", "A tuple's places have no names, so no columns.",
        "return (user.name, user.age)", 'return {"name": user.name, "age": user.age}',
    ),
    (
        "D413", "value without a type", "Nothing says what the value is, so no column can hold it.",
        "payload = attrs.nothing", "payload: str = attrs.nothing",
    ),
    (
        "D414",
        "dict without known keys",
        "The keys of a dict in a view are columns or rows, and here they are neither.",
        "return max(records, key=len)", "name its fields",
    ),
    (
        "D415", "collection that is always empty", "Without any item there is no type for a child table.",
        "return []", "leave the getter out, or return None",
    ),
    (
        "D417", "one of two sets or dicts",
        "A child table of a set or dict has one query; one of two lists is a union of both.",
        "return {u.name for u in users.values()} if open_ else {g.name for g in guests.values()}",
        "two getters, one for each",
    ),
    (
        "D418", "collection without SQL", "The list or dict comes from an operation that gives no rows.",
        "return next(user.tags for user in users.values())",
        "return [tag for user in users.values() for tag in user.tags]",
    ),
    (
        "D420", "set that may hold None", "The values of a set are the key of its table, and a key is never NULL.",
        "{u.kind for u in users.values()}", "{u.kind for u in users.values() if u.kind is not None}",
    ),
    (
        "D421", "first item together with another collection",
        "What is read of the first item moves into its search; a key made of two such items has no place there.",
        "tickets.get(best.kind + least.kind)", "two getters: one for each item's value",
    ),
)  # fmt: skip
