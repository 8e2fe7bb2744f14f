"""Sending simulated touchpoints live: each at the moment at which it arrives on the domain clock."""

import threading
from collections.abc import Iterable, Iterator

from shared.client import CannotReachError, Client, said
from shared.clock import Clock
from waypost.simulate.touches import Touch

MOST = 500  # touchpoints in one request
LOOK_S = 0.02  # between two looks at the clock
RETRY_S = 0.2


class Sender(threading.Thread):
    """Sends until nothing is left or somebody says stop. What is not accepted is sent again, under the same id."""

    def __init__(self, client: Client, clock: Clock, touches: Iterable[Touch], stop: threading.Event) -> None:
        """Send touchpoints that come in order of arrival."""
        super().__init__(name="sender", daemon=True)
        self.accepted = 0
        self.refused: list[str] = []
        self.wrong = ""  # why nothing goes through now
        self._client, self._clock, self._stop_event = client, clock, stop
        self._touches = touches

    def run(self) -> None:
        """Send everything."""
        for batch in self._due():
            while not self._stop_event.is_set() and not self._sent(batch):
                self._stop_event.wait(RETRY_S)

    def _due(self) -> Iterator[list[Touch]]:
        """Yield touchpoints when they are due, those that are due together in one batch."""
        batch: list[Touch] = []
        for touch in self._touches:
            while touch.arrival > self._clock.now() or len(batch) >= MOST:
                if batch:
                    yield batch
                    batch = []
                elif self._stop_event.wait(LOOK_S):
                    return
            batch.append(touch)
        if batch:
            yield batch

    def _sent(self, batch: list[Touch]) -> bool:
        try:
            answer = self._client.request(
                "POST", "ingest", "/v1/touchpoints", json=[dict(touch.body) for touch in batch]
            )
        except CannotReachError as error:
            self.wrong = str(error)
            return False
        if not answer.is_success:
            self.wrong = said(answer)
            return False
        self.wrong = ""
        self.accepted += answer.json()["accepted"]
        self.refused += [note["message"] for note in answer.json()["refused"]]
        return True
