"""What of the map language is not judged yet: lint warns of it; personas and journey_per are refused while in it."""

from typing import Final

NOT_YET_JUDGED: Final = frozenset({"handoff_within"})
