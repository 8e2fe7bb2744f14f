"""A journey consumer in a process of its own that kills itself at a named step: `worker.py FOLDER STEP COUNT`."""

import os
import signal
import sys
from pathlib import Path

from services.journey.app import create_consumer
from shared.clock import SteppedClock
from shared.settings import Settings
from tests.integration.journey.histories import START

YEAR = 366 * 86_400_000_000


def main(folder: Path, step: str, count: int) -> None:
    """Consume everything, judge long after it, and leave; or die at the count-th time that the step is reached."""
    left = count

    def at(reached: str) -> None:
        nonlocal left
        if reached == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(data=folder, batch=7, heartbeat_s=0.001)
    consumer = create_consumer(settings, SteppedClock(START + 3 * YEAR), at)
    idle = 0
    while idle < 3:
        idle = 0 if consumer.step(0.001) else idle + 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
