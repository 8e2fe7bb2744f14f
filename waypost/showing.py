"""The demo in a terminal: lines as things happen, and below them where everybody stands. Plain where none looks on."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from shared.client import CannotReachError
from shared.clock import DAY
from shared.words import counted
from waypost.demo import BEGINNING, Scene
from waypost.screen import Screen
from waypost.sending import Sender

LOOK_S = 0.5
PAGE = 100
WIDEST = 40  # of a bar, in characters
Json = dict[str, Any]

WORTH_A_LINE = {  # deviations that are shown as they happen; the others are counted
    "skipped": "skipped",
    "prerequisite_skipped": "went on without",
    "out_of_order": "out of order",
    "regression": "back to",
}
SIGNS = {"opened": ("!", "bold red"), "ended": ("✓", "green"), "withdrawn": ("~", "dim"), "reopened": ("!", "red")}


@dataclass(slots=True)
class Show:
    """Says what happens in a scene."""

    scene: Scene
    sender: Sender
    console: Screen
    alerts: dict[str, int] = field(default_factory=dict)
    positions: Json = field(default_factory=dict)
    deviations: set[str] = field(default_factory=set)
    day: int = -1
    _after: int = 0

    def heard(self, change: Json) -> None:
        """Say a change of an alert."""
        kind, alert = change["change"], change["alert"]
        self.alerts[kind] = self.alerts.get(kind, 0) + 1
        if kind not in SIGNS:
            return
        sign, style = SIGNS[kind]
        words = alert["reason"] if kind != "withdrawn" else f"never was: {alert['reason']}"
        line = Text.assemble((f"{sign} ", style), (_who(alert), "bold"), f"  {words}")
        if kind == "opened" and alert["next"]:
            line.append(f"  → {self._title(alert['next']['step'])}", "cyan")
        self._line(line)

    def watch(self, stop: threading.Event) -> None:
        """Show the scene until the sender is done or somebody says stop."""
        if self.console.is_terminal:
            with Live(console=self.console, refresh_per_second=8, get_renderable=self._board):
                self._look_on(stop)
        else:
            self._look_on(stop)

    def _look_on(self, stop: threading.Event) -> None:
        last = self.scene.clock.stop
        while not stop.wait(LOOK_S):
            try:
                self._look()
            except CannotReachError as error:
                self._line(Text(f"? {error}", "yellow"))
            if not self.sender.is_alive() and last is not None and self.scene.clock.now() >= last:
                return

    def _look(self) -> None:
        self.positions = self.scene.client.get("journey", f"/v1/maps/{self.scene.map.name}/positions")
        for line in self._fresh():
            self._line(line)
        if not self.console.is_terminal and self._today() > self.day:
            self.day = self._today()
            self._line(Text(f"day {self.day}: {self._sum()}"))

    def _fresh(self) -> Iterator[Text]:
        """Yield what is new about the next page of customers."""
        page = self.scene.client.get("journey", "/v1/customers", limit=PAGE, after=self._after or None)
        self._after = page["next"] or 0
        for customer in page["customers"]:
            for journey in customer["journeys"]:
                for found in journey["deviations"]:
                    if found["id"] not in self.deviations and found["kind"] in WORTH_A_LINE:
                        self.deviations.add(found["id"])
                        yield Text.assemble(("◇ ", "magenta"), (_who(customer), "bold"), f"  {found['text']}")

    def _line(self, line: Text) -> None:
        self.console.print(Text(f"{self._time():>6.1f}  ", "dim").append_text(line), soft_wrap=True)

    def _time(self) -> float:
        return max(0.0, (self.scene.clock.now() - BEGINNING) / DAY)

    def _today(self) -> int:
        return int(self._time())

    def _title(self, step: str) -> str:
        known = self.scene.map.steps.get(step)
        return (known.title if known else "") or step

    def _sum(self) -> str:
        states = self.positions.get("states", {})
        stalled = self.alerts.get("opened", 0)
        words = [f"{states.get('open', 0)} on the way", f"{states.get('completed', 0)} arrived"]
        words += [
            f"{states.get('lost', 0)} lost",
            counted(self.sender.accepted, "touchpoint"),
            counted(stalled, "warning"),
        ]
        return ", ".join(words)

    def _board(self) -> Group:
        steps: Json = self.positions.get("steps", {})
        most = max((max(here.values()) for here in steps.values()), default=1) or 1
        table = Table(box=None, padding=(0, 1), show_header=False)
        for name in self.scene.map.steps:
            here = steps.get(name, {}).get("here", 0)
            stalled = steps.get(name, {}).get("stalled", 0)
            bar = Text("█" * round(max(here - stalled, 0) * WIDEST / most), "cyan")
            bar.append("█" * round(stalled * WIDEST / most), "red")
            table.add_row(self._title(name), Text(str(here), "bold"), bar, f"{stalled} stalled" if stalled else "")
        return Group(Text(), Text(f"Day {self._today()} · {self._sum()}", "bold"), table)


def _who(named: Json) -> str:
    """Return the strongest name of a customer."""
    name: str = named["ids"][0] if named["ids"] else f"customer {named['customer']}"
    return name.partition(":")[2] or name
