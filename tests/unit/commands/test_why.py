"""Why do I see nothing? A table: how a system stands, what stands in the way, what is said and what to do next."""

from dataclasses import replace

import pytest

from shared.settings import SERVICES
from shared.times import DAY, HOUR, MINUTE
from waypost.ready import ELSEWHERE, SILENT
from waypost.state import Channel, Letters, MapState, Source, State
from waypost.why import nearest, remarks, why

NOW = 1_000 * DAY
WELL = State(
    base="http://127.0.0.1:8700",
    now=NOW,
    sources=(Source("web", NOW, 50, last_event="Order Placed"),),
    maps=(MapState("shop", journeys=9, open=7, events=("Order Placed", "Paid")),),
    judged_until=NOW - HOUR,
)
NO_EVENT = Letters("no_identity", "web", 3, "It has no id.", "Say who.")


YOUNG = MapState("shop", 2, NOW - HOUR, events=("Order Placed", "Paid"))  # it holds since an hour
CARE = MapState("care", events=("Visit Booked", "Visit Done"))


def came(*events: str, at: int = NOW) -> dict[str, int]:
    return dict.fromkeys(events, at)


def with_map(**more: object) -> State:
    return replace(WELL, maps=(replace(WELL.maps[0], **more),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "code", "said", "next_"),
    [
        (replace(WELL, wrong=dict.fromkeys(SERVICES, SILENT)), "nothing_runs", "does not run there", "waypost up"),
        (replace(WELL, wrong={**WELL.wrong, "journey": "log: gone"}), "not_ready", "journey: log: gone", "doctor"),
        (replace(WELL, refused="no key: set X"), "no_key", "no key: set X", "doctor"),
        (replace(WELL, refused="no key: set X", against=ELSEWHERE), "no_key",
         "What answers at http://127.0.0.1:8700 is on another data folder: no key", "doctor"),
        (replace(WELL, full="The disk is nearly full."), "full", "disk is nearly full", "doctor"),
        (replace(WELL, sources=(), maps=()), "nothing_sent", "not one request", "waypost import"),
        (replace(WELL, sources=(), unauthorized=1), "wrong_key", "1 request came", "waypost key list"),
        (replace(WELL, sources=(Source("web", NOW, 0, 3),), letters=(NO_EVENT,), unauthorized=4), "all_refused",
         "All 3 events so far became dead letters, most of them for no_identity: It has no id. Say who.", "list"),
        (replace(WELL, maps=()), "no_map", "no map is published", "waypost map init"),
        (replace(WELL, trouble="the disk"), "stuck", "does not come on: the disk", "doctor"),
        (replace(WELL, behind=5000), "catching_up", "5,000 touchpoints wait", "status"),
        (replace(WELL, waiting_for_map=70), "catching_up", "70 customers", "status"),
        (replace(with_map(journeys=0), recent=came("order_placed", "Login", "Paid")), "no_match",
         "`order_placed` (did you mean `Order Placed`?), `Login`", "publish"),
        (with_map(journeys=0), "no_match", "`opens_on`, or `where`", "--correct"),
        (replace(WELL, maps=(YOUNG,), recent=came("Order Placed", "Login", at=NOW - DAY)), "no_match",
         "No journey has opened on `shop`. Version 2 of `shop` knows `Order Placed`, but holds only for what happens",
         "waypost map publish --correct map.yaml"),
        (replace(WELL, maps=(YOUNG,), recent=came("Order Placed")), "no_match", "`opens_on`, or `where`", "--correct"),
        (replace(WELL, maps=(replace(WELL.maps[0], journeys=0, subject="account"),)), "no_match",
         "A map of accounts hears only what names one.", "--correct"),
        (replace(with_map(journeys=0), recent=came(*(f"e{n}" for n in range(9)))), "no_match", "and 4 more", "publish"),
        (replace(WELL, judged_until=NOW - 5 * HOUR), "held_back", "only up to 5 h ago, and 1 h of lateness", "doctor"),
        (replace(WELL, judged_until=NOW - HOUR - 9 * MINUTE), "well", "nobody waits too long", "customer"),
        (replace(WELL, open_alerts=1, any_alert=True), "alerts", "1 alert wants somebody", "alerts list"),
        (replace(WELL, open_alerts=2, any_alert=True), "alerts", "2 alerts want somebody", "alerts list"),
        (with_map(stalled=3), "historical", "3 customers wait too long, all since long before", "map show shop"),
        (replace(with_map(stalled=3), any_alert=True), "well",
         "All is well: 7 journeys are open, 3 of them too late, and no alert is open.", "customer"),
        (replace(WELL, on_no_map=3, on_no_map_events=(("order placed", 2), ("Seen", 1))), "on_no_map",
         "3 customers are on no map; what came of them last: `order placed` (did you mean `Order Placed`?) (2), `Seen`",
         "--correct"),
        (replace(WELL, on_no_map=1, recent=came("Seen", "")), "on_no_map", "1 customer is on no map: nothing",
         "publish"),
        (replace(WELL, on_no_map=9, on_no_map_events=(("Seen", 9),), recent=came("Seen", "Paid")), "well",
         "is well", "customer"),
        (replace(with_map(version=2, since=NOW - HOUR), on_no_map=2, on_no_map_events=(("Order Placed", 2),)),
         "on_no_map", "of them last: `Order Placed` (2). Version 2 of `shop` knows `Order Placed`, but", "--correct"),
        (replace(WELL, maps=(*WELL.maps, CARE), recent=came("Paid")), "idle_map",
         "No touchpoint matches a step of `care`: nothing that came is `Visit Booked`, `Visit Done`.", "--correct"),
        (with_map(timed=False), "no_times", "nobody can be late", "within: 7d"),
        (WELL, "well", "7 journeys are open", "customer"),
    ],
)  # fmt: skip
def test_the_first_thing_in_the_way_is_named_with_what_to_do_next(
    state: State, code: str, said: str, next_: str
) -> None:
    found = why(state)

    assert found.code == code
    assert said in found.text
    assert next_ in "\n".join(found.next)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (WELL, []),
        (with_map(unmapped=(("paid!", 4), ("Login", 2))), ["No map knows `paid!` (did you mean `Paid`?)."]),
        (replace(WELL, maps=(WELL.maps[0], replace(CARE, journeys=3, events=("paid!",), unmapped=(("Paid", 3),)))), []),
        (replace(WELL, on_no_map=9, on_no_map_events=(("Seen", 9),), recent=came("Seen", "Paid")),
         ["9 customers are on no map; what came of them last: `Seen` (9)."]),
        (replace(WELL, open_alerts=1, on_no_map=1, on_no_map_events=(("PAID", 1),)),
         ["1 customer is on no map; what came of them last: `PAID` (did you mean `Paid`?) (1)."]),
        (replace(WELL, unauthorized=4),
         ["4 requests came without a key that stands (none, wrong or revoked)."]),
        (replace(WELL, letters=(NO_EVENT,)), ["3 dead letters wait, most for no_identity. Say who."]),
        (replace(WELL, unjudged=2), ["2 customers could not be judged: the log of journey says why."]),
        (replace(WELL, channels=(Channel("mail", "off"),)),
         ["Alerts go nowhere but the console: docs/channels.md says how to set a channel."]),
        (replace(WELL, channels=(Channel("mail", "off"), Channel("slack", "broken", 3, "410 gone"))),
         ["The channel slack does not deliver: 410 gone"]),
        (replace(WELL, channels=(Channel("mail", "ok", delivered=NOW), Channel("webhook", "untried"))),
         ["Nothing has arrived by webhook so far, not even a trial."]),
        (replace(WELL, open_alerts=1, maps=(*WELL.maps, CARE), recent=came("visit booked")),
         ["No touchpoint matches a step of `care`. Events that came: `visit booked` (did you mean `Visit Booked`?)."]),
    ],
)  # fmt: skip
def test_what_is_worth_knowing_beside_is_said_too(state: State, said: list[str]) -> None:
    assert [each.text for each in remarks(state)] == said


@pytest.mark.parametrize(
    ("event", "meant"),
    [("order placed", "Order Placed"), ("ORDER_PLACED", "Order Placed"), ("Ordr Placed", "Order Placed"),
     ("Login", ""), ("", ""), ("!!!", "")],
)  # fmt: skip
def test_a_mistyped_event_is_told_what_it_most_likely_means(event: str, meant: str) -> None:
    assert nearest(event, ["Order Placed", "Paid"]) == meant
