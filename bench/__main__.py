"""`python -m bench [SECTION…]`: measures, prints, and leaves build/bench.json. QUICK=1 for a small run."""

import os
import sys
import time

if os.environ.get("QUICK") == "1":
    os.environ.setdefault("BENCH_SCALE", "0.05")

from bench import drain, engine, flow, ingest, pages, state
from bench.measure import BUILD, Measure, tell, write


def _engine() -> list[Measure]:
    return [Measure(f"  {name}", value) for name, value in engine.run().items()]


SECTIONS = {
    "ingest": ingest.measure,
    "drain": drain.measure,
    "flow": flow.measure,
    "pages": pages.measure,
    "engine": _engine,
    "state": state.measure,
}


def main(chosen: list[str]) -> None:
    """Run the sections named, or all."""
    found: list[Measure] = []
    for name in chosen or SECTIONS:
        began = time.perf_counter()
        print(f"{name}:")
        measures = SECTIONS[name]()
        tell(measures)
        print(f"  ({time.perf_counter() - began:.0f} s)\n")
        found += measures
        write(found, BUILD / "bench.json")
    print(f"{sum(m.missed for m in found)} of {sum(bool(m.target) for m in found)} targets missed")


if __name__ == "__main__":
    main(sys.argv[1:])
