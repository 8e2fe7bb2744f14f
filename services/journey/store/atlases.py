"""The published maps in force, compiled; read again when a publication changed them."""

import sqlite3
from collections.abc import Mapping

from services.journey.domain.facts import Legend
from services.journey.domain.judgement.fold import Atlas, PublishedMap
from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap
from services.journey.store import maps


class Atlases:
    """Every tenant's maps, by subject and name."""

    def __init__(self, historical_after: int) -> None:
        """Start without maps. `historical_after`: microseconds after its due time from which a stall is of the past."""
        self._historical_after = historical_after
        self._revision = -1
        self._revisions: dict[str, int] = {}
        self._atlases: dict[tuple[str, str], dict[str, Atlas]] = {}
        self._maps: dict[tuple[str, str, int], JourneyMap] = {}
        self._legends: dict[tuple[str, str, int], Legend] = {}

    def refresh(self, db: sqlite3.Connection) -> None:
        """Compile the maps anew where something was published since the last time."""
        newest = maps.newest_revision(db)
        if newest == self._revision:
            return
        versions: dict[tuple[str, str], list[PublishedMap]] = {}
        for row in maps.all_maps(db):
            key = (row.tenant, row.map, row.version)
            map = self._maps.get(key) or load_map(row.yaml)
            self._maps[key] = map
            self._legends[key] = Legend.of(map)
            versions.setdefault((row.tenant, row.map), []).append(PublishedMap(map, row.version, row.published_at))
            self._revisions[row.tenant] = row.revision
        self._atlases = {}
        for (tenant, name), published in versions.items():
            subject = published[-1].map.subject
            atlas = Atlas(published, historical_after=self._historical_after)
            self._atlases.setdefault((tenant, subject), {})[name] = atlas
        self._revision = newest

    def revision(self, tenant: str) -> int:
        """Return the revision of a tenant's last publication."""
        return self._revisions.get(tenant, 0)

    def revisions(self) -> Mapping[str, int]:
        """Return the revision of each tenant that published."""
        return self._revisions

    def of(self, tenant: str, subject: str) -> dict[str, Atlas]:
        """Return the atlases on which a tenant's persons or accounts are judged."""
        return self._atlases.get((tenant, subject), {})

    def legend(self, tenant: str, name: str, version: int) -> Legend:
        """Return what findings need to know of one version of a map."""
        return self._legends[tenant, name, version]
