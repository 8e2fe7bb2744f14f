"""Do we measure outcomes or outputs? The share of KPIs that say what we did, and the nearest step that betters it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from services.alerts.kpis.catalogue import OURS, Kpi

WARNS_AT: Final = Fraction(4, 5)  # the founding articles' value


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of a catalogue; shares are exact."""

    kpis: int
    outputs: int  # activities and outputs
    ratio: Fraction
    weighted: Fraction  # by prominence
    step: tuple[Kpi, ...] = ()  # the fewest KPIs, the most prominent first, that an outcome in their place would better

    @property
    def warns(self) -> bool:
        """Whether too few KPIs say what came of the work."""
        return max(self.ratio, self.weighted) >= WARNS_AT


def audit(kpis: Sequence[Kpi]) -> Audit:
    """Audit KPIs."""
    found = _count(kpis)
    if not found.warns:
        return found
    ours = sorted((kpi for kpi in kpis if kpi.kind in OURS), key=lambda kpi: (-kpi.prominence, kpi.name))
    for number in range(1, len(ours) + 1):
        replaced = {kpi.name for kpi in ours[:number]}
        if not _count([replace(kpi, kind="outcome") if kpi.name in replaced else kpi for kpi in kpis]).warns:
            return replace(found, step=tuple(ours[:number]))
    return found


def _count(kpis: Sequence[Kpi]) -> Audit:
    ours = [kpi for kpi in kpis if kpi.kind in OURS]
    weight = sum(kpi.prominence for kpi in kpis)
    return Audit(
        kpis=len(kpis),
        outputs=len(ours),
        ratio=Fraction(len(ours), len(kpis)) if kpis else Fraction(0),
        weighted=Fraction(sum(kpi.prominence for kpi in ours), weight) if weight else Fraction(0),
    )


def audit_text(found: Audit) -> str:
    """Say what the audit found, and what to do."""
    if not found.kpis:
        return "There is no KPI yet."
    ratio, weighted = (f"{float(100 * share):.3g} %" for share in (found.ratio, found.weighted))
    said = f"{found.outputs} of {found.kpis} KPIs say what we did, not what came of it: {ratio}"
    said += f", {weighted} by prominence." if found.weighted != found.ratio else "."
    if not found.warns:
        return said
    names = ", ".join(f"`{kpi.name}`" for kpi in found.step[:3]) + (", …" if len(found.step) > 3 else "")
    return f"{said} From 80 % on that is a warning. The nearest step: an outcome in the place of {names}."
