"""Ratios as bars: one row per thing that is measured, one bar per contestant, a line at 1.

bars({"AggSum": {"usual": 1.6, "best": 1.0}}, {"usual": "by hand, usual", "best": "by hand, best"})  →  "<svg …>"
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax import saxutils

COLOURS = ("#7a8ba6", "#c08a3e")
ROW, BAR, LEFT, UNIT, RIGHT = 34, 12, 130, 150, 60


def bars(ratios: Mapping[str, Mapping[str, float]], labels: Mapping[str, str]) -> str:
    """Return an SVG of ratios to onto's figure, by what is measured and by contestant."""
    names = [name for name in labels if any(name in one for one in ratios.values())]
    colours = dict(zip(names, COLOURS, strict=False))
    largest = max(1.0, *(value for one in ratios.values() for value in one.values()))
    width, height = int(LEFT + UNIT * largest + RIGHT), 40 + ROW * len(ratios)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for place, name in enumerate(names):
        parts.append(f'<rect x="{LEFT + place * 130}" y="8" width="10" height="10" fill="{colours[name]}"/>')
        parts.append(f'<text x="{LEFT + place * 130 + 16}" y="17">{saxutils.escape(labels[name])}</text>')
    for row, (rung, one) in enumerate(ratios.items()):
        top = 32 + row * ROW
        parts.append(f'<text x="8" y="{top + 16}">{saxutils.escape(rung)}</text>')
        for place, name in enumerate(name for name in names if name in one):
            value = one[name]
            y = top + place * (BAR + 1)
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{UNIT * value:.0f}" height="{BAR}" fill="{colours[name]}"/>')
            parts.append(f'<text x="{LEFT + UNIT * value + 5:.0f}" y="{y + 10}" font-size="10">{value:.2f}</text>')
    x = LEFT + UNIT
    parts.append(f'<line x1="{x}" y1="26" x2="{x}" y2="{height - 6}" stroke="black" stroke-dasharray="3 3"/>')
    parts.append(f'<text x="{x - 3}" y="{height - 1}" font-size="9" text-anchor="end">onto = 1</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
