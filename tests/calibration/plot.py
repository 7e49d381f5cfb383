"""The calibration as a picture: a dot a cell, and the bounds that chance alone would keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.calibration.cell import Cell
from tests.calibration.page import ALPHA, margin_of
from tests.calibration.tally import Tallies

_WIDTH, _HEIGHT, _LEFT, _TOP = 720, 150, 130, 40
# Shares beyond it stand at the edge.
_MOST = 0.12


def plot(found: Mapping[Cell, Tallies], worlds: int) -> str:
    """An SVG of two rows: false positives of cells without an effect, misses of all cells."""
    margin = margin_of(len(found), worlds)
    first = {cell: next(iter(tallies.values())) for cell, tallies in found.items()}
    claimed = [tally.rejection_rate for cell, tally in first.items() if cell.effect == 0]
    missed = [1 - tally.coverage for tally in first.values()]
    rows = [("False positives", claimed), ("Truth missed", missed)]
    drawn = "".join(
        _row(name, shares, _TOP + 45 * place) for place, (name, shares) in enumerate(rows)
    )
    band = (
        f'<rect x="{_x(0)}" y="{_TOP - 18}" width="{_x(ALPHA + margin) - _x(0)}" height="86" '
        'fill="#dbe9e4"/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img">'
        f"<title>Of {len(found)} cells, how often each erred; 5% is promised</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{band}{drawn}{_axis()}</svg>\n'
    )


def _row(name: str, shares: Sequence[float], y: int) -> str:
    dots = "".join(
        f'<circle cx="{_x(min(share, _MOST)):.1f}" cy="{y + 8 * (place % 5 - 2)}" r="3" '
        'fill="#24584a" fill-opacity="0.45"/>'
        for place, share in enumerate(shares)
    )
    return f'<text x="8" y="{y + 4}">{name} ({len(shares)})</text>{dots}'


def _axis() -> str:
    y = _TOP + 74
    ticks = "".join(
        f'<text x="{_x(share):.1f}" y="{y + 16}" text-anchor="middle">{share:.0%}</text>'
        for share in (0, 0.05, 0.1)
    )
    line = (
        f'<line x1="{_x(ALPHA):.1f}" x2="{_x(ALPHA):.1f}" y1="{_TOP - 18}" y2="{y}" '
        'stroke="#a33" stroke-dasharray="4 3"/>'
    )
    note = (
        f'<text x="{_x(0)}" y="16">shaded: what chance alone allows over all cells at once</text>'
    )
    return ticks + line + note


def _x(share: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - 20) * share / _MOST
