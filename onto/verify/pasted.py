"""A finding as the text of a test: paste it into a file that pytest collects, and it fails until the views agree.

def test_shop_dashboard_revenue(assert_view_equals_flink):
    assert_view_equals_flink(
        ShopDashboard,
        [("orders", "k1", {"shop": "k2", "unitPrice": "0.10"})],
    )
"""

from __future__ import annotations

import pprint
import re
import textwrap

from onto import view_model
from onto.verify import cases

WIDTH = 110


def text(view: type[view_model.ViewModel], field: str | None, case: cases.Case, app: str) -> str:
    """Return the module of one test; `app` is what was compiled, named where it is more than the view's module."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", view.__name__).lower()
    test = f"test_{name}_{field}" if field else f"test_{name}"
    waves = "".join(_wave(one) for one in case.waves)
    given = "" if app == view.__module__ else f"        app={app!r},\n"
    return (
        f"from {view.__module__} import {view.__name__}\n\n\n"
        f"def {test}(assert_view_equals_flink):\n"
        f"    assert_view_equals_flink(\n        {view.__name__},\n{waves}{given}    )\n"
    )


def _wave(wave: cases.Wave) -> str:
    steps = [
        (collection, doc_id, None if document is None else {k: v for k, v in document.items() if k != "doc_id"})
        for collection, doc_id, document in wave
    ]
    return textwrap.indent(pprint.pformat(steps, width=WIDTH, sort_dicts=False), " " * 8) + ",\n"
