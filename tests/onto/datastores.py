"""The datastores that the one suite is run over; another one is a function here, and an entry in `ALL`.

@pytest.mark.parametrize("opened", ALL) …      opened(tmp_path)  →  an empty datastore
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from onto.database.file import File
from onto.database.memory import Memory
from onto.database.protocol import Database

Open = Callable[[pathlib.Path], Database]


def memory(folder: pathlib.Path) -> Database:
    """Open the embedded datastore."""
    return Memory()


def file(folder: pathlib.Path) -> Database:
    """Open the embedded datastore on a file that is written anew at nearly every commit."""
    return File(folder / "data.onto", room=1)


ALL: dict[str, Open] = {"memory": memory, "file": file}
