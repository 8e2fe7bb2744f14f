"""The way that a customer took, folded anew when asked, agrees with what is stored of its journeys."""

import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from migrations.run import upgrade
from services.journey.learn.ways import Ways
from services.journey.store import lists, reads
from shared.clock import DAY, HOUR
from tests.integration.journey.histories import START, Crowd, touchpoint
from tests.integration.journey.test_api import WALK, Service, day, service
from tests.integration.journey.test_properties import finish, open_tracker, publish_maps, records

__all__ = ["service"]


@pytest.mark.parametrize("seed", [*range(6), 145, 151, 156])  # three: others at the very moment of an opening
def test_every_touchpoint_stands_once_and_the_moves_are_those_that_the_findings_tell(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "journey.db"
    upgrade("journey", path)
    tracker = open_tracker(path)
    publish_maps(tracker)
    found = Crowd(random.Random(seed)).draw(120)
    tracker.process(records(found))
    finish(tracker, found)
    asked = Ways(7 * DAY, HOUR)
    everybody, _ = lists.list_customers(tracker.db, "t", lists.Filter(), lists.Page("number", "", 100))
    moved = 0
    for number in everybody:
        named = reads.named(tracker.db, "t", number)
        assert named is not None
        journeys, others = asked.of(tracker.db, "t", named, None)
        told = Counter((t.source, t.event_id) for t in others)
        told.update(
            {(m.touchpoint.source, m.touchpoint.event_id) for way in journeys for m in way.moves if m.touchpoint}
        )
        history = reads.timeline(tracker.db, named, 10_000)
        assert told == Counter({(t.source, t.event_id) for t in history}), "each once, none beside"
        for way in journeys:
            moved += len(way.moves)
            [seen] = [j for j in reads.journeys(tracker.db, number) if (j.row.map, j.row.n) == (way.map, way.n)]
            assert way.state == seen.row.state
            done = {move.step for move in way.moves if move.kind in ("matched", "replaced")}
            beside = {move.step for move in way.moves if move.kind in ("customer_only", "after_end")}
            assert done <= {step for step, _ in seen.view.passed} <= done | beside, "out of order is done too"
            kinds = {(f.kind, f.about) for f in seen.findings.values() if f.type == "deviation"}
            skipped = {step for kind, step in kinds if kind == "skipped"}
            assert skipped <= {move.step for move in way.moves if move.kind == "map_only"}
            unmapped = {move.touchpoint.event for move in way.moves if move.kind == "unmapped" and move.touchpoint}
            assert {event for kind, event in kinds if kind == "unmapped"} == unmapped
            times = [move.touchpoint.occurred_at for move in way.moves if move.touchpoint]
            assert times == sorted(times)
    assert moved > 30


def test_the_path_says_what_became_of_each_touchpoint(service: Service) -> None:
    service.take(
        *WALK,
        touchpoint(day(1), "Dancing", ids=(("user", "42"),)),
        touchpoint(day(4), kind="identify", ids=(("user", "42"),), traits=b'{"name":"Nordlicht"}'),
        touchpoint(day(-1), "Early", ids=(("user", "42"),)),
    )
    answer = service.ask("GET", "/v1/customers/user:42/path?map=onboarding")
    assert answer["name"] == "Nordlicht"
    [journey] = answer["journeys"]
    moves = [(m["kind"], m["step"], (m["touchpoint"] or {}).get("event")) for m in journey["moves"]]
    assert moves == [
        ("matched", "signup", "Signed Up"),
        ("unmapped", "", "Dancing"),
        ("matched", "import", "Imported"),
        ("map_only", "review", None),
        ("matched", "live", "Live"),
        ("identity", "", ""),
    ]
    assert [t["event"] for t in answer["others"]] == ["Early"], "before the journey opened"
    short = service.ask("GET", "/v1/customers/user:42/path?limit=2")["journeys"][0]
    assert (len(short["moves"]), short["earlier"]) == (2, 4)
    assert service.ask("GET", "/v1/customers/user:42/path?map=nowhere")["journeys"] == []
    assert service.ask("GET", "/v1/customers/nobody/path")["status"] == 404
    assert service.ask("GET", "/v1/customers/user:42/path", tenant="other")["status"] == 404


def test_a_step_put_off_until_a_time_that_has_come_is_passed_over_in_the_path_too(service: Service) -> None:
    put_off = b'{"step":"review","until":"2026-01-06T00:00:00Z"}'
    service.take(*WALK, touchpoint(day(2.5), "Step Deferred", ids=(("user", "42"),), attributes=put_off))
    [journey] = service.ask("GET", "/v1/customers/user:42/path")["journeys"]
    assert [(m["kind"], m["step"]) for m in journey["moves"]] == [
        ("matched", "signup"),
        ("matched", "import"),
        ("decided", ""),
        ("map_only", "review"),
        ("matched", "live"),
    ]
    [stored] = service.ask("GET", "/v1/customers/user:42")["journeys"]
    assert ("deferred", "review") in {(found["kind"], found["step"]) for found in stored["deviations"]}


def test_a_very_long_history_is_not_explained_while_somebody_waits(service: Service) -> None:
    service.app.state.ways = Ways(7 * DAY, HOUR, most=2)
    service.take(*WALK)
    answer = service.ask("GET", "/v1/customers/user:42/path")
    assert (answer["status"], answer["code"]) == (422, "too_long")
    assert "more than 2 are not explained" in answer["message"]


def test_a_customer_shows_its_name_titles_owners_and_the_steps_passed(service: Service) -> None:
    service.take(*WALK, touchpoint(day(4), kind="identify", ids=(("user", "42"),), traits=b'{"name":"Nordlicht"}'))
    answer = service.ask("GET", "/v1/customers/user:42")
    [journey] = answer["journeys"]
    assert (answer["name"], journey["title"]) == ("Nordlicht", "Onboarding")
    assert [(step["step"], step["at"]) for step in journey["passed"]] == [
        ("signup", "2026-01-01T00:00:00Z"),
        ("import", "2026-01-03T00:00:00Z"),
        ("live", "2026-01-04T00:00:00Z"),
    ]
    assert {(step["title"], step["owner"]) for step in journey["route"]} == {
        ("review", "success"),
        ("report", "success"),
    }


def test_customers_are_found_by_a_part_of_their_name(service: Service) -> None:
    called = {"u1": "Nordlicht GmbH", "u2": "Süd  Licht AG", "u3": "", "u4": "100% Light"}
    for user, name in called.items():
        traits = msgspec.json.encode({"name": name})
        ids = (("user", user),)
        service.take(touchpoint(day(1), kind="identify", ids=ids, traits=traits))
        service.take(touchpoint(day(2), "Signed Up", ids=ids))

    def found(question: str) -> list[str]:
        return [customer["name"] for customer in service.ask("GET", f"/v1/customers?{question}")["customers"]]

    assert found("name=LICHT") == ["Nordlicht GmbH", "Süd Licht AG"]
    assert found("name=s%C3%9Cd+licht") == ["Süd Licht AG"]
    assert found("name=0%25&map=onboarding&step=import&order=longest") == ["100% Light"]
    assert found("name=licht&map=onboarding&step=live") == []
    assert found("name=licht&stall=cruising") == []
    assert found("name=nobody") == []
    first = service.ask("GET", "/v1/customers?name=licht&limit=1")
    assert found(f"name=licht&limit=1&after={first['next']}") == ["Süd Licht AG"]
    assert service.ask("GET", "/v1/customers?name=licht", tenant="other")["customers"] == []
    assert len(service.ask("GET", "/v1/customers?name=+")["customers"]) == 4, "no name is no wish"
    assert service.ask("GET", f"/v1/customers?name={'x' * 201}")["status"] == 422


def test_lists_go_by_the_longest_wait_and_page_through_everybody_once(service: Service) -> None:
    service.take(*(touchpoint(day(20 - n / 10), "Signed Up", ids=(("user", f"u{n:02}"),)) for n in range(25)))
    seen: list[str] = []
    after = ""
    while True:
        page = service.ask("GET", f"/v1/customers?map=onboarding&step=import&order=longest&limit=7&after={after}")
        seen += [customer["ids"][0] for customer in page["customers"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == [f"user:u{n:02}" for n in reversed(range(25))]
    beyond = f"map=onboarding&order=longest&after={10**19 - 1}.1"
    longest = "map=onboarding&order=longest&after=7"
    for bad in ("order=longest", "order=shortest", longest, beyond, "after=1.2", "after=x"):
        assert service.ask("GET", f"/v1/customers?{bad}")["status"] == 422, bad


def test_what_stands_at_a_step_is_found_in_the_index_alone(service: Service) -> None:
    service.take(touchpoint(START, "Signed Up", ids=(("user", "u1"),)))
    with service.client.app.state.reading.database() as db:  # type: ignore[attr-defined]
        wanted = lists.Filter("onboarding", "import", None, "any")
        for page in (lists.Page("number", "", 50), lists.Page("longest", "", 50)):
            question, values = lists.question_on_map(db, "t", wanted, page, (-1, -1))
            plan = str(db.execute(f"EXPLAIN QUERY PLAN {question}", values).fetchall())
            assert "USING COVERING INDEX journeys_place" in plan


def test_the_newest_touchpoints_come_first_and_each_tenant_sees_its_own(service: Service) -> None:
    service.take(*WALK, touchpoint(day(9), "Elsewhere", ids=(("user", "9"),), tenant="other"))
    found = service.ask("GET", "/v1/touchpoints?limit=2")["touchpoints"]
    assert [t["event"] for t in found] == ["Live", "Imported"]
    assert found[0]["customer"] == service.ask("GET", "/v1/customers/user:42")["customer"]
    assert [t["event"] for t in service.ask("GET", "/v1/touchpoints", tenant="other")["touchpoints"]] == ["Elsewhere"]
    status = service.ask("GET", "/v1/status")
    assert (status["customers"], status["maps"]) == (1, 1)
    assert status["last_touchpoint_at"] is not None
