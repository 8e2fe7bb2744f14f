"""Maps made by chance, of every block that the language has."""

import json
import random
from typing import Any

from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap

Block = dict[str, Any]


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0
        self._done: list[str] = []

    def step(self) -> Block:
        """Return a step, at times with a time of its own or with something that it requires."""
        self._count += 1
        step: Block = {"step": f"s{self._count}"}
        if self._chance.random() < 0.8:
            step["within"] = f"{self._chance.choice([6, 24, 48, 120])}h"
        if self._done and self._chance.random() < 0.2:
            step["requires"] = [self._chance.choice(self._done)]
        return step

    def row(self, depth: int, *, mandatory: bool) -> Block:
        """Return a sequence; what is mandatory for sure may be required by what follows."""
        blocks = []
        for _ in range(self._chance.randint(1, 4)):
            block = self.block(depth - 1)
            blocks.append(block)
            if mandatory and "step" in block:
                self._done.append(block["step"])
        return {"sequence": blocks}

    def block(self, depth: int) -> Block:
        """Return any block."""
        kind = self._chance.choice(["step"] * 4 + ["sequence", "choice", "any_order", "optional", "repeat"])
        if depth <= 0 or kind == "step":
            return self.step()
        inner = [self.row(depth, mandatory=False) for _ in range(self._chance.randint(2, 3))]
        match kind:
            case "optional":
                return {"optional": inner[0]}
            case "repeat":
                return {
                    "repeat": {"do": inner[0], "redo": inner[1]} if self._chance.random() < 0.6 else {"do": inner[0]}
                }
            case "choice":
                return {"choice": [*inner, {"silent": True}] if self._chance.random() < 0.2 else inner}
            case "sequence":
                return inner[0]
            case _:
                return {"any_order": inner}


def random_map(seed: int) -> JourneyMap:
    """Return a map with a few dozen steps at most."""
    chance = random.Random(seed)
    maker = _Maker(chance)
    path = [maker.row(3, mandatory=True) for _ in range(2)]
    head = {"reentry": chance.choice(["never", "after_end"]), "unmapped": chance.choice(["list", "count"])}
    costs = {"customer_only": chance.choice([1, 1, 2]), "map_only": chance.choice([1, 1, 3])}
    return load_map(json.dumps({"map": f"chance-{seed}", **head, "costs": costs, "path": path}))
