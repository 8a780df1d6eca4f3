"""A library: books, copies and loans; relations that point back, chains, dates, f-strings."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Author(DomainModel):
    class Meta:
        collection_name = "lib_authors"

    first: str = attrs.nothing
    last: str = attrs.nothing

    @attrs.getter
    def full_name(self) -> str:
        return f"{self.first} {self.last}".strip()


class Book(DomainModel):
    class Meta:
        collection_name = "lib_books"

    title: str = attrs.nothing
    pages: int = attrs.nothing
    author = attrs.relation(dm_cls="Author")
    tags: list[str] = attrs.nothing
    scores: dict[str, int] = attrs.nothing


class Copy(DomainModel):
    class Meta:
        collection_name = "lib_copies"

    book = attrs.relation(dm_cls="Book")
    shelf: str = attrs.nothing
    condition: int = attrs.nothing
    lost: bool = attrs.nothing


class Loan(DomainModel):
    class Meta:
        collection_name = "lib_loans"

    book = attrs.relation(dm_cls="Book")
    copy = attrs.relation(dm_cls="Copy")
    reader: str = attrs.nothing
    due: datetime = attrs.nothing
    returned: bool = attrs.nothing


class CopyRow(TypedDict):
    shelf: str
    worn: bool


def label(text, number):
    if number is None:
        return text
    return f"{text} ({number})"


class BookPageStore(Store):
    book = reference(dm_cls=Book)
    author = reference(dm_cls=Author)
    copies = reference(dm_cls=Copy, many=True)
    loans = reference(dm_cls=Loan, many=True)


class BookPage(ViewModel):
    class Meta:
        collection_name = "lib_book_pages"

    store: BookPageStore

    @attrs.getter
    def title(self) -> str:
        return self.store.book.title

    @attrs.getter
    def byline(self) -> str:
        if self.store.author is None:
            return "anonymous"
        return f"by {self.store.author.full_name}"

    @attrs.getter
    def author_last(self) -> str:
        return self.store.author.last

    @attrs.getter
    def heading(self) -> str:
        return label(self.store.book.title or "untitled", self.store.book.pages)

    @attrs.getter
    def shouted(self) -> str:
        return self.store.book.title.upper()

    @attrs.getter
    def initial(self) -> str:
        return self.store.book.title[0]

    @attrs.getter
    def is_long(self) -> bool:
        return self.store.book.pages is not None and self.store.book.pages > 2

    @attrs.getter
    def hours(self) -> float:
        return self.store.book.pages / 40

    @attrs.getter
    def sheets(self) -> int:
        return self.store.book.pages // 2 + self.store.book.pages % 2

    @attrs.getter
    def pages_per_copy(self) -> int:
        return self.store.book.pages // len(self.store.copies)

    @attrs.getter
    def problems(self) -> list[str]:
        book, author, found = self.store.book, self.store.author, []
        if not book.title:
            found.append("no title")
        if book.pages is None:
            found.append("no pages")
        elif book.pages < 1:
            found.append(f"{book.pages} pages")
            found.append("to be counted")
        if author is None:
            found += ["no author", "anonymous"]
        elif not author.last:
            found.append(author.first or "nobody")
        if not self.store.copies:
            found.append("not bought")
        else:
            found.append(f"{len(self.store.copies)} copies")
        if book.tags and "a" in book.tags:
            found.append("a")
        return found

    @attrs.getter
    def quality(self) -> int:
        points = 10
        if self.store.book.title:
            points += 5
        if self.store.author is not None:
            points += 3
            if self.store.author.first:
                points += self.store.book.pages
        if not self.store.loans:
            points -= 4
        if self.store.book.tags:
            points += len(self.store.book.tags)
        else:
            points += 1
        return points

    @attrs.getter
    def marks(self) -> str:
        marks = "-"
        if self.store.book.title:
            marks += self.store.book.title[:1]
        else:
            marks += "?"
        if self.store.copies:
            marks += "c"
        if self.store.loans:
            marks += "l"
        return marks

    @attrs.getter
    def problem_count(self) -> int:
        found = ["always"]
        if not self.store.book.title:
            found.append("no title")
        if self.store.author is None:
            found.append("no author")
        if self.store.book.pages is None:
            found.append("no pages")
        return len(found) + found.count("no author")

    @attrs.getter
    def tags(self) -> list[str]:
        return self.store.book.tags

    @attrs.getter
    def tag_count(self) -> int:
        return len(self.store.book.tags or [])

    @attrs.getter
    def long_tags(self) -> list[str]:
        return [tag.lower() for tag in self.store.book.tags if len(tag) > 1]

    @attrs.getter
    def distinct_tags(self) -> set[str]:
        return {tag for tag in self.store.book.tags if tag}

    @attrs.getter
    def has_zoe(self) -> bool:
        return "Zoë" in self.store.book.tags

    @attrs.getter
    def best_score(self) -> int:
        return max(self.store.book.scores.values(), default=0)

    @attrs.getter
    def scores(self) -> dict[str, int]:
        return {name: score for name, score in self.store.book.scores.items() if score > 0}

    @attrs.getter
    def score_of_a(self) -> int:
        return self.store.book.scores["a"]

    @attrs.getter
    def score_of_b(self) -> int:
        return self.store.book.scores.get("b", -1)

    @attrs.getter
    def copy_count(self) -> int:
        return len(self.store.copies)

    @attrs.getter
    def available(self) -> int:
        return len([copy for copy in self.store.copies.values() if not copy.lost])

    @attrs.getter
    def worst(self) -> int:
        return min(copy.condition for copy in self.store.copies.values())

    @attrs.getter
    def best(self) -> int | None:
        return max((copy.condition for copy in self.store.copies.values() if copy.condition is not None), default=None)

    @attrs.getter
    def average_condition(self) -> float:
        known = [copy.condition for copy in self.store.copies.values() if copy.condition is not None]
        return sum(known) / len(known)

    @attrs.getter
    def any_lost(self) -> bool:
        return any(copy.lost for copy in self.store.copies.values())

    @attrs.getter
    def all_fine(self) -> bool:
        return all(copy.condition > 1 for copy in self.store.copies.values() if copy.condition is not None)

    @attrs.getter
    def shelves(self) -> list[str]:
        return sorted({copy.shelf for copy in self.store.copies.values() if copy.shelf})

    @attrs.getter
    def rows(self) -> list[CopyRow]:
        rows = []
        for copy in self.store.copies.values():
            if copy.lost:
                continue
            rows.append({"shelf": copy.shelf, "worn": (copy.condition or 0) < 2})
        return rows

    @attrs.getter
    def copies_by_condition(self) -> list[str]:
        return [copy.doc_id for copy in sorted(self.store.copies.values(), key=lambda copy: copy.condition)]

    @attrs.getter
    def per_shelf(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for copy in self.store.copies.values():
            if copy.shelf is not None:
                counts[copy.shelf] = counts.get(copy.shelf, 0) + 1
        return counts

    @attrs.getter
    def next_due(self) -> datetime | None:
        return min((loan.due for loan in self.store.loans.values() if not loan.returned and loan.due), default=None)

    @attrs.getter
    def lent_shelves(self) -> list[str]:
        return [
            self.store.copies[loan.copy].shelf for loan in self.store.loans.values() if loan.copy in self.store.copies
        ]

    @attrs.getter
    def strict_shelves(self) -> list[str]:
        return [self.store.copies[loan.copy].shelf for loan in self.store.loans.values()]

    @attrs.getter
    def readers(self) -> str:
        return ", ".join(sorted(loan.reader or "?" for loan in self.store.loans.values()))

    @attrs.getter
    def first_reader(self) -> str | None:
        for loan in self.store.loans.values():
            if loan.returned:
                return loan.reader
        return None

    @attrs.getter
    def status(self) -> str:
        if not self.store.copies:
            return "missing"
        if self.available == 0:
            return "lost"
        open_loans = sum(1 for loan in self.store.loans.values() if not loan.returned)
        if open_loans >= self.available:
            return "lent"
        return "here"

    @attrs.getter
    def summary(self) -> str:
        return f"{self.title}: {self.available}/{self.copy_count}, {self.status}"

    @attrs.getter
    def by_label(self) -> dict[str, int]:
        return {copy.shelf + "!": copy.condition for copy in self.store.copies.values()}

    @attrs.getter
    def by_grade(self) -> dict[int, str]:
        return {copy.condition * 2: copy.shelf for copy in self.store.copies.values()}

    @attrs.getter
    def labels(self) -> set[str]:
        return {copy.shelf + "!" for copy in self.store.copies.values()}

    @attrs.getter
    def label_counts(self) -> dict[str, int]:
        counts = {}
        for copy in self.store.copies.values():
            counts[copy.shelf + "!"] = counts.get(copy.shelf + "!", 0) + 1
        return counts

    @attrs.getter
    def conditions_by_label(self) -> dict[str, list[int]]:
        grouped = {}
        for copy in self.store.copies.values():
            grouped.setdefault(copy.shelf + "!", []).append(copy.condition)
        return grouped
