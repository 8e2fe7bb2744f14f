"""What of the map language is not judged yet: nothing. Lint warns of what stands here, and refuses some of it."""

from typing import Final

NOT_YET_JUDGED: Final = frozenset[str](())
