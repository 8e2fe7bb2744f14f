"""Waiting for something to become true, with an end."""

import time
from collections.abc import Callable


def until(holds: Callable[[], object], seconds: float = 20.0, what: str = "it") -> None:
    """Wait until something holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            message = f"{what} did not happen within {seconds:g} s"
            raise TimeoutError(message)
        time.sleep(0.02)
