"""Folders that make, move and remove notes: entities come and go within calls, and classes differ in what they do."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Note(DomainModel):
    """A text; it lies in one folder, or nowhere."""

    class Meta:
        collection_name = "notes"

    text: str = attrs.nothing
    moves: int = attrs.nothing


class Folder(DomainModel):
    """Notes by name, and folders below."""

    class Meta:
        collection_name = "folders"

    notes = attrs.dict(attrs.relation(dm_cls="Note"))
    below = attrs.list(attrs.relation(dm_cls="Folder"))
    writes: int = attrs.nothing

    def write(self, name: str, text: str) -> int:
        self.admit(name)
        note = Note.get(name)
        if note is None:
            note = Note.new(doc_id=name, text=text, moves=0)
        note.text = f"{note.text}, {text}"
        note.save()
        self.notes = {**self.notes, name: note}
        self.writes += 1
        return len(note.text)

    def admit(self, name: str) -> None:
        if len(self.notes) > 20:
            raise ValueError(f"{self.doc_id} is full")

    def move(self, name: str, to: Folder) -> int:
        note = self.notes.get(name)
        if note is None:
            raise KeyError(name)
        to.admit(name)
        note.moves += 1
        self.notes = {each: one for each, one in self.notes.items() if each != name}
        to.notes = {**to.notes, name: note}
        self.writes += 1
        to.writes += 1
        return note.moves

    def remove(self, name: str) -> list[str]:
        note = self.notes.get(name)
        if note is not None:  # another folder that has it as well may have removed it
            note.delete()
        self.notes = {each: one for each, one in self.notes.items() if each != name}
        self.writes += 1
        return sorted(self.notes)

    def clear(self) -> int:
        gone = 0
        for note in self.notes.values():
            if note is not None:
                note.delete()
                gone += 1
        self.notes = {}
        self.writes += 1
        return gone + sum(one.clear() for one in self.below)


class Drawer(Folder):
    """A folder that takes short names only, and says so in a class of its own."""

    def admit(self, name: str) -> None:
        if len(name) > 5:
            raise ValueError(f"{name} is too long for {self.doc_id}")
