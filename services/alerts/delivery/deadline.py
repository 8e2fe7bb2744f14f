"""An end to every attempt, however busy the line: a receiver that drips a byte now and then is never silent.

Timeouts of sockets bound one silence; this bounds all of them together. The connection is shut down from outside.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

ATTEMPT_S = 30.0  # for all of one attempt
AGAIN_S = 0.1  # between two looks at a connection that may have been changed for another


@contextmanager
def within(seconds: float, connection: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut down the connection that the block uses by then if the block takes longer.

    Raises TimeoutError in place of what the block then raises; a block that ends well all the same has ended well.
    """
    done, late = threading.Event(), threading.Event()

    def watch() -> None:
        done.wait(seconds)
        while not done.is_set():
            late.set()
            with suppress(OSError):  # it is closed, or not open yet
                if found := connection():
                    found.shutdown(socket.SHUT_RDWR)
            done.wait(AGAIN_S)

    watcher = threading.Thread(target=watch, name="Deadline", daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            message = f"it did not end within {seconds:g} s"
            raise TimeoutError(message) from error
        raise
    finally:
        done.set()
        watcher.join()
