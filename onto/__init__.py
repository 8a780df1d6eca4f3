"""onto: backends in ordinary Python, kept live by Apache Flink.

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel
"""
