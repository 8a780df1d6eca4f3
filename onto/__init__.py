"""onto: backends in ordinary Python, kept live by Apache Flink.

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel
"""

import sys
from typing import NoReturn

from onto import former

sys.meta_path.append(former.Modules())


def __getattr__(name: str) -> NoReturn:
    """Say what to write for a former name."""
    former.refuse(__name__, name)
