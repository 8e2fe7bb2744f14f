"""Free ports, in rows, for tests that run beside each other."""

import os
import random
import socket
from contextlib import ExitStack

_chosen = random.Random(os.getpid())


def free_ports(count: int = 1) -> int:
    """Return the first of `count` ports in a row that were free a moment ago."""
    for _ in range(200):
        first = _chosen.randrange(20_000, 32_000)  # below the range from which the kernel gives out its own
        try:
            with ExitStack() as stack:
                for n in range(count):
                    stack.enter_context(socket.create_server(("127.0.0.1", first + n)))
        except OSError:
            continue
        return first
    message = f"no {count} free ports in a row"
    raise RuntimeError(message)
