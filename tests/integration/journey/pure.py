"""The journey service without its store: identities, histories and journeys as pure functions of stamped touchpoints.

This is the other side of every equality: what the real store holds after any order, batching, crash or merge must be
what these few lines say.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from services.journey.domain.facts import Legend, View, judged_findings
from services.journey.domain.identity import GROUP, assertions_of, resolve
from services.journey.domain.judgement.fold import Atlas, Path, PublishedMap
from services.journey.domain.judgement.model import Journey
from services.journey.store import reads
from shared.erasure import ERASE, id_hash, remains
from shared.events import Touchpoint, encode, event_hash, history_key

Id = tuple[str, str]
Projection = dict[frozenset[str], object]


def counting(touchpoints: Iterable[Touchpoint]) -> list[Touchpoint]:
    """Return what counts once everybody who asked for it is forgotten."""
    given = list(touchpoints)
    until: dict[str, int] = {}
    for t in given:
        for _, hashed in t.ids if t.type == ERASE else []:
            until[hashed] = max(until.get(hashed, 0), t.occurred_at)
    left = (
        remains(t, lambda kind, value, tenant=t.tenant: until.get(id_hash(tenant, kind, value), 0))  # type: ignore[misc]
        for t in given
        if t.type != ERASE
    )
    return [t for t in left if t is not None]


def unique(touchpoints: Iterable[Touchpoint]) -> list[Touchpoint]:
    """Return each touchpoint once: the first of those with one key counts."""
    seen: dict[tuple[object, ...], Touchpoint] = {}
    for t in touchpoints:
        owner = t.ids[0] if t.ids else ("account", t.account)
        seen.setdefault((t.tenant, tuple(owner), t.original_at, event_hash(t.source, t.event_id)), t)
    return list(seen.values())


def components(touchpoints: Sequence[Touchpoint]) -> list[set[Id]]:
    """Return the ids of each person."""
    kinds: dict[Id, str] = {(kind, value): kind for t in touchpoints for kind, value in t.ids}
    return resolve([claim for t in touchpoints for claim in assertions_of(t)], kinds)


def project(touchpoints: Iterable[Touchpoint], maps: Sequence[PublishedMap], judged_until: int) -> Projection:
    """Return every customer's journeys by the set of its ids, as `stored_projection` returns them of a database."""
    facts = sorted(unique(counting(touchpoints)), key=history_key)
    people = components(facts)
    person_of = {id_: number for number, ids in enumerate(people) for id_ in ids}
    histories: dict[frozenset[str], tuple[str, list[tuple[Touchpoint, int]]]] = {}
    for number, ids in enumerate(people):
        mine = [(t, number) for t in facts if t.ids and person_of[tuple(t.ids[0])] == number]  # type: ignore[index]
        if mine:
            histories[frozenset(f"{kind}:{value}" for kind, value in ids)] = ("person", mine)
    for account in sorted({t.account for t in facts if t.account}):
        history = _of_account(facts, account, person_of)
        histories[frozenset([f"account:{account}"])] = ("account", history)
    atlases = _atlases(maps)
    found = {
        names: [
            _shape(journey, versions)
            for subject_of, atlas, versions in atlases
            if subject_of == subject
            for journey in _judge(atlas, history, judged_until)
        ]
        for names, (subject, history) in histories.items()
    }
    return {names: journeys for names, journeys in found.items() if journeys}


def _of_account(facts: Sequence[Touchpoint], account: str, person_of: Mapping[Id, int]) -> list[tuple[Touchpoint, int]]:
    since: dict[int, tuple[int, int, str, str]] = {}
    for t in facts:
        for claim in assertions_of(t):
            if claim.kind == GROUP and claim.strong == ("account", account):
                person = person_of[claim.weak]
                since[person] = min(since.get(person, claim.key), claim.key)
    found = []
    for t in facts:
        person = person_of[tuple(t.ids[0])] if t.ids else -1  # type: ignore[index]
        joined = person in since and history_key(t) >= since[person]
        if t.account == account or (not t.account and joined):
            found.append((t, person))
    return found


def _atlases(maps: Sequence[PublishedMap]) -> list[tuple[str, Atlas, dict[int, PublishedMap]]]:
    by_name: dict[str, list[PublishedMap]] = {}
    for published in maps:
        by_name.setdefault(published.map.name, []).append(published)
    return [
        (versions[-1].map.subject, Atlas(versions), {p.version: p for p in versions})
        for _, versions in sorted(by_name.items())
    ]


def _judge(atlas: Atlas, history: Sequence[tuple[Touchpoint, int]], judged_until: int) -> tuple[Journey, ...]:
    path = Path(atlas)
    for touchpoint, person in history:
        path.advance(touchpoint, person)
    return path.journeys(judged_until)


def _shape(journey: Journey, versions: Mapping[int, PublishedMap]) -> object:
    findings = {
        found.slot: encode(found.content())
        for found in judged_findings(journey, Legend.of(versions[journey.map_version].map))
    }
    return (
        journey.map,
        journey.n,
        journey.map_version,
        journey.state,
        encode(View.of(journey)),
        list(journey.position.steps),
        journey.position.stage,
        journey.position.since,
        journey.opened_at,
        journey.reached_at,
        journey.ended_at,
        journey.cost,
        journey.stall.level if journey.stall else None,
        journey.stall.step if journey.stall else None,
        dict(sorted(findings.items())),
    )


def stored_projection(db: sqlite3.Connection, tenant: str) -> Projection:
    """Return what a journey database holds, in the same shape."""
    found: Projection = {}
    numbers = [
        row[0]
        for row in db.execute("SELECT customer_no FROM customers WHERE tenant = ? AND merged_into IS NULL", (tenant,))
    ]
    for number in numbers:
        customer = reads.named(db, tenant, number)
        assert customer is not None
        assert customer.unjudged is None, customer.unjudged
        journeys = [
            (
                j.row.map,
                j.row.n,
                j.row.map_version,
                j.row.state,
                j.row.blob,
                _steps(j.row.steps),
                j.row.stage,
                j.row.since,
                j.row.opened_at,
                j.row.reached_at,
                j.row.ended_at,
                j.row.cost,
                j.row.stall,
                j.row.stall_step,
                {slot: encode(content) for slot, content in sorted(j.findings.items())},
            )
            for j in reads.journeys(db, number)
        ]
        if journeys:
            found[frozenset(customer.ids)] = journeys
    return found


def _steps(text: str) -> list[str]:
    steps: list[str] = json.loads(text)
    return steps
