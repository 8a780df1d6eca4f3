"""The blocks of `seed.md`, run one after another in a module of their own, as a reader would type them.

page = Page("from onto.domain_model import DomainModel")
page.run("2.7 Declare Models, method 1")
page.City   →  the class that the block defines
"""

from __future__ import annotations

import itertools
import pathlib
import re
import sys
import types
from typing import Any

SEED = pathlib.Path(__file__).with_name("seed.md")
BLOCKS: dict[str, str] = dict(
    re.findall(r"^## (.+?)\n.*?^```python\n(.*?)^```$", SEED.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
_NUMBERS = itertools.count()


class Page:
    """A module that begins with some lines, and grows by a block at a time."""

    def __init__(self, begin: str, **names: Any) -> None:
        self._module = types.ModuleType(f"seed_page_{next(_NUMBERS)}")
        sys.modules[self._module.__name__] = self._module
        vars(self._module).update(names)
        exec(begin, vars(self._module))

    def run(self, *titles: str, name: str | None = None) -> None:
        """Run blocks; `name` is what `__name__` says meanwhile."""
        for title in titles:
            own = self._module.__name__
            vars(self._module)["__name__"] = name or own
            try:
                exec(compile(BLOCKS[title], f"seed {title}", "exec"), vars(self._module))
            finally:
                vars(self._module)["__name__"] = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
