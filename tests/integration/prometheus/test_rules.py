"""Every alarm of deploy/prometheus-rules.yml rises when it should and only then, judged by Prometheus' own promtool."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.shared_data import ROOT

RULES = ROOT / "deploy" / "prometheus-rules.yml"
SERIES = {  # on which an alarm rises, and on which it does not; a sample a minute
    "WaypostDown": ({'up{job="waypost",service="alerts"}': "0x10"}, {'up{job="waypost",service="alerts"}': "1x10"}),
    "WaypostNotReady": ({'waypost_ready{service="journey"}': "0x10"}, {'waypost_ready{service="journey"}': "1x10"}),
    "WaypostTurnsSendersAway": (
        {'waypost_ingest_requests_total{status="429"}': "0+3x30"},
        {
            'waypost_ingest_requests_total{status="429"}': "7x30",
            'waypost_ingest_requests_total{status="200"}': "0+9x30",
        },
    ),
    "WaypostUnknownKey": (
        {'waypost_ingest_requests_total{status="401"}': "0+3x60"},
        {
            'waypost_ingest_requests_total{status="401"}': "7x60",
            'waypost_ingest_requests_total{status="200"}': "0+9x60",
        },
    ),
    "WaypostManyRefused": (
        {"waypost_touchpoints_refused_total": "0+1x60", "waypost_touchpoints_accepted_total": "0+9x60"},
        {"waypost_touchpoints_refused_total": "0+1x60", "waypost_touchpoints_accepted_total": "0+30x60"},
    ),
    "WaypostSourceQuiet": (
        {'waypost_source_heard_seconds{source="shop",tenant="default"}': "0x1500"},
        {'waypost_source_heard_seconds{source="shop",tenant="default"}': "0+60x1500"},
    ),
    "WaypostSlowToAnswer": (
        {
            'waypost_ingest_accept_seconds_bucket{le="0.5"}': "0+9x40",
            'waypost_ingest_accept_seconds_bucket{le="1"}': "0+10x40",
            'waypost_ingest_accept_seconds_bucket{le="+Inf"}': "0+10x40",
        },
        {
            'waypost_ingest_accept_seconds_bucket{le="0.5"}': "0+10x40",
            'waypost_ingest_accept_seconds_bucket{le="1"}': "0+10x40",
            'waypost_ingest_accept_seconds_bucket{le="+Inf"}': "0+10x40",
        },
    ),
    "WaypostBehind": (
        {'waypost_alerts_behind_facts{service="alerts"}': "9000x40"},
        {'waypost_journey_behind_records{service="journey"}': "9000 9000 100x40"},
    ),
    "WaypostJudgementStandsStill": (
        {"waypost_judged_until_seconds": "100x40"},
        {"waypost_judged_until_seconds": "100+60x40"},
    ),
    "WaypostParkedCustomers": ({"waypost_unjudged_customers": "2x40"}, {"waypost_unjudged_customers": "0x40"}),
    "WaypostDeadLetters": (
        {'waypost_dead_letters_waiting{stage="ingest"}': "3x90"},
        {'waypost_dead_letters_waiting{stage="ingest"}': "3x20 0x70"},
    ),
    "WaypostDeliveriesFail": (
        {'waypost_deliveries_total{channel="slack",result="busy"}': "0+1x60"},
        {
            'waypost_deliveries_total{channel="slack",result="busy"}': "0+1x60",
            'waypost_deliveries_total{channel="slack",result="delivered"}': "0+1x60",
        },
    ),
    "WaypostLogNearlyFull": (
        {"waypost_log_bytes": "90x20", "waypost_log_bytes_max": "100x20"},
        {"waypost_log_bytes": "70x20", "waypost_log_bytes_max": "100x20"},
    ),
    "WaypostDiskNearlyFull": (
        {"waypost_disk_free_bytes": "90x20", "waypost_disk_free_bytes_min": "50x20"},
        {"waypost_disk_free_bytes": "900x20", "waypost_disk_free_bytes_min": "50x20"},
    ),
}


def rules() -> dict[str, dict[str, Any]]:
    """Return the rules by name."""
    return {rule["alert"]: rule for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}


def promtool(*arguments: str) -> str:
    """Run promtool and return what it said. Fails the test when it finds a fault."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_finds_no_fault_in_what_is_deployed() -> None:
    promtool("check", "config", str(ROOT / "deploy" / "prometheus.yml"))
    promtool("check", "rules", str(RULES))


def test_every_alarm_says_what_it_means_and_what_to_do() -> None:
    assert rules().keys() == SERIES.keys()
    for rule in rules().values():
        assert rule["annotations"].keys() == {"summary", "do"}
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}


@pytest.mark.parametrize("name", SERIES)
def test_an_alarm_rises_on_its_series_and_not_on_those_of_a_good_day(tmp_path: Path, name: str) -> None:
    bad, good = SERIES[name]
    minutes = max(int(values.rpartition("x")[2]) for values in bad.values())
    firing = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)'
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {"expr": firing, "eval_time": f"{minutes}m", "exp_samples": [{"labels": "{}", "value": risen}]}
            ],
        }
        for series, risen in ((bad, 1), (good, 0))
    ]
    file = tmp_path / "case.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))

    promtool("test", "rules", str(file))
