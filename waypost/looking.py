"""Asking a running Waypost how it stands: every service once, and what one of them does not answer is left out."""

from typing import Any

import httpx2 as httpx

from services.journey.domain.maps.load import MapError, load_map
from services.journey.domain.maps.model import JourneyMap
from shared.client import CannotReachError, Client
from shared.settings import SERVICES
from shared.times import HOUR, SECOND, microseconds_of
from waypost.map_events import known_events
from waypost.ready import SILENT, speaks_against, what_is_wrong
from waypost.state import Channel, Letters, MapState, Source, State

MAPS = 20  # of which everything is asked
RECENT = 100  # touchpoints whose names are looked at
ASK_S = 5.0

Json = dict[str, Any]


class Asker:
    """Asks the services that answer; remembers what speaks against the key."""

    def __init__(self, client: Client) -> None:
        """See which services can do their work."""
        self._client = client
        self.refused = ""
        with httpx.Client(timeout=ASK_S) as http:
            self.wrong = {name: what_is_wrong(http, client.url(name, "")) for name in SERVICES}
            self.against = speaks_against(http, client.url("journey", ""), client.api_token)

    def ask(self, service: str, path: str, **params: str | int) -> Json:
        """Return the JSON of a GET; empty where the service does not answer it."""
        if self.wrong[service] == SILENT or self.refused:
            return {}
        try:
            answer = self._client.request("GET", service, path, params=params)
        except CannotReachError as error:
            self.refused = str(error)
            return {}
        if answer.status_code in (401, 403):
            self.refused = self._client.refusal(answer, service)
        found = answer.json() if answer.is_success else {}
        return found if isinstance(found, dict) else {"list": found}


def answers_of(client: Client) -> tuple[Asker, Json]:
    """Return what every service says of itself, by name of the answer."""
    asker = Asker(client)
    ask = asker.ask
    answers: Json = {
        "ingest": ask("ingest", "/v1/status"),
        "journey": ask("journey", "/v1/status"),
        "alerts": ask("alerts", "/v1/status"),
        "summary": ask("alerts", "/v1/alerts/summary", status="open"),
        "sources": ask("ingest", "/v1/sources").get("sources", []),
        "dead_letters": ask("ingest", "/v1/dead-letters/summary").get("reasons", []),
        "recent": ask("journey", "/v1/touchpoints", limit=RECENT).get("touchpoints", []),
        "channels": channels_of(ask("alerts", "/v1/channels")),
        "any_alert": bool(ask("alerts", "/v1/alerts", limit=1).get("alerts")),
    }
    names = [each["map"] for each in ask("journey", "/v1/maps").get("maps", [])][:MAPS]
    answers["maps"] = {name: map_answer(asker, name) for name in names}
    return asker, answers


def channels_of(answer: Json) -> list[Json]:
    """Return the list of channels, bare or under its name."""
    found: list[Json] = answer.get("list") or answer.get("channels") or []
    return found


def map_answer(asker: Asker, name: str) -> Json:
    """Return what the journey service says of one map: who stands where, what it lacks, and its text."""
    newest = asker.ask("journey", f"/v1/maps/{name}")
    first = asker.ask("journey", f"/v1/maps/{name}", version=1) if newest.get("version", 1) > 1 else newest
    return {
        **asker.ask("journey", f"/v1/maps/{name}/overview"),
        "yaml": newest.get("yaml", ""),
        "in_force_from": newest.get("published_at")
        if newest.get("published_at") != first.get("published_at")
        else None,
    }


def look(client: Client) -> tuple[State, Json]:
    """Return how a system stands, and the answers behind it."""
    asker, answers = answers_of(client)
    ingest, journey = answers["ingest"], answers["journey"]
    on_no_map: Json = journey.get("on_no_map") or {}
    state = State(
        base=client.url("console", ""),
        wrong=asker.wrong,
        against=asker.against,
        refused=asker.refused,
        full=str(ingest.get("wrong") or ""),
        now=at(journey.get("now")) or at(ingest.get("now")),
        sources=tuple(source_of(each) for each in answers["sources"]),
        letters=tuple(
            Letters(each["reason"], each["source"], each["count"], each["error"], each["hint"])
            for each in answers["dead_letters"]
        ),
        unauthorized=int(ingest.get("unauthorized", 0)),
        maps=tuple(map_of(name, each) for name, each in answers["maps"].items()),
        recent=heard(answers["recent"]),
        behind=int(journey.get("behind", 0)),
        waiting_for_map=int(journey.get("waiting_for_map", 0)),
        unjudged=int(journey.get("unjudged_customers", 0)),
        on_no_map=int(on_no_map.get("customers", 0)),
        on_no_map_events=tuple((each["event"], each["customers"]) for each in on_no_map.get("events", [])),
        trouble=str(journey.get("wrong") or ""),
        judged_until=at(journey.get("judged_until")),
        lateness=round(journey.get("lateness_s", HOUR / SECOND) * SECOND),
        open_alerts=int(answers["summary"].get("open", 0)),
        any_alert=answers["any_alert"],
        channels=tuple(
            Channel(
                each["channel"],
                each["state"],
                int(each.get("waiting", 0)),
                str(each.get("said") or ""),
                at(each.get("last_delivered_at")),
            )
            for each in answers["channels"]
        ),
    )
    return state, answers


def at(text: str | None) -> int:
    """Read a time of the API; 0 where there is none."""
    return microseconds_of(text) if text else 0


def heard(touchpoints: list[Json]) -> dict[str, int]:
    """Return the events of touchpoints, given the newest first, with when each happened last."""
    found: dict[str, int] = {}
    for each in touchpoints:
        event = str(each.get("event", ""))
        found[event] = max(found.get(event, 0), at(each.get("occurred_at")))
    return found


def source_of(said_of: Json) -> Source:
    """Read one source."""
    lag = said_of.get("lag_s")
    return Source(
        said_of["source"],
        at(said_of["last_heard"]),
        said_of["accepted"],
        said_of["refused"],
        said_of.get("last_event", ""),
        None if lag is None else round(lag * SECOND),
    )


def map_of(name: str, answer: Json) -> MapState:
    """Read one map."""
    try:
        designed = load_map(answer["yaml"])
    except MapError:  # its text could not be asked for
        designed = None
    return MapState(
        name,
        version=answer.get("version", 0),
        since=at(answer.get("in_force_from")),
        subject=answer.get("subject", "person"),
        journeys=sum(answer.get("states", {}).values()),
        open=answer.get("open", 0),
        stalled=sum(here.get("stalled", 0) for here in answer.get("steps", {}).values()),
        timed=designed is None or is_timed(designed),
        events=tuple(known_events(designed)) if designed else (),
        unmapped=tuple((each["event"], each["journeys"]) for each in answer.get("unmapped", [])),
    )


def is_timed(designed: JourneyMap) -> bool:
    """Say whether a map tells of anything how long it may take."""
    steps = designed.steps.values()
    return bool(
        designed.decision_boundary
        or any(step.within or step.decision_boundary for step in steps)
        or any(persona.within for persona in designed.personas)
    )
