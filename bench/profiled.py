"""Runs a service under cProfile until SIGTERM: `python -m bench.profiled OUT services.NAME`. The main thread only."""

import cProfile
import runpy
import signal
import sys


def main(out: str, name: str) -> None:
    """Run a module and leave the statistics."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # uvicorn raises it again when it has stopped
    profile = cProfile.Profile()
    try:
        profile.runcall(runpy.run_module, name, run_name="__main__")
    finally:
        profile.dump_stats(out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
