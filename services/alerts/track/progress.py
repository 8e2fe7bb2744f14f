"""How far the reading of facts has come: kept by the consumer, shown by /readyz and GET /v1/status."""

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """Written by one thread, read by others."""

    behind: int | None = None  # records that are not applied yet; None: not known yet
    wrong: str = ""  # why nothing is read
