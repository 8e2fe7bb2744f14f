"""Facts become alerts, through a real log and a real database."""

from tests.integration.alerts.house import House
from tests.unit.alerts.facts import ended, failed, skipped, stall, withdrawn


def test_three_rules_open_three_alerts_the_loudest_first(house: House) -> None:
    house.take([stall(), skipped(), failed()])
    assert [(a.subject.rule, a.said.severity, a.status) for a in house.alerts()] == [
        ("prerequisite_skipped", "high", "open"),
        ("failed", "medium", "open"),
        ("stall", "medium", "open"),
    ]


def test_progress_ends_an_alert_and_a_correction_withdraws_it(house: House) -> None:
    house.take([stall(), skipped()], [ended(stall(), 2), withdrawn(skipped(), 2)])
    assert {(a.subject.rule, a.status) for a in house.alerts()} == {
        ("stall", "ended"),
        ("prerequisite_skipped", "withdrawn"),
    }
