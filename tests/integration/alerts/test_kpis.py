"""The KPI catalogue over HTTP: put, read, refused with the reason; every tenant has its own."""

import pytest
from fastapi.testclient import TestClient

from tests.integration.alerts.test_api import Caller, admin, client, other  # noqa: F401 (fixtures)

FOUR_OF_FIVE = """kpis:
  - {kpi: value, class: outcome}
  - {kpi: calls, class: activity}
  - {kpi: mails, class: output}
  - {kpi: decks, class: output}
  - {kpi: tickets, class: output}
goals: [{goal: Improve CX}]
"""


def put(client: TestClient, text: str | bytes, key: str = "acme-admin") -> tuple[int, dict[str, object]]:  # noqa: F811
    headers = {"Authorization": f"Bearer {key}"}
    answer = client.put("/v1/kpis", content=text, headers=headers)
    return answer.status_code, answer.json()


def test_without_a_catalogue_an_empty_one_is_answered(admin: Caller) -> None:  # noqa: F811
    found = admin.get("/v1/kpis")
    assert (found["yaml"], found["kpis"], found["goals"], found["report"]) == ("", [], [], {"headline": []})
    assert found["audit"]["text"] == "There is no KPI yet."


def test_a_catalogue_is_kept_audited_and_its_goals_are_checked(client: TestClient, admin: Caller) -> None:  # noqa: F811
    status, put_answer = put(client, FOUR_OF_FIVE)
    found = admin.get("/v1/kpis")

    assert status == 200
    assert put_answer == found
    assert found["yaml"] == FOUR_OF_FIVE
    assert [kpi["class"] for kpi in found["kpis"]] == ["outcome", "activity", "output", "output", "output"]
    audit = found["audit"]
    assert (audit["kpis"], audit["outputs"], audit["ratio"], audit["warns"]) == (5, 4, 0.8, True)
    assert "The nearest step: an outcome in the place of `calls`." in audit["text"]
    assert found["goals"][0]["missing"] == ["metric", "segment", "baseline", "target", "outcome", "by"]


def test_a_report_headed_by_outputs_is_refused_with_the_reason_and_the_last_one_stays(
    client: TestClient,  # noqa: F811
    admin: Caller,  # noqa: F811
) -> None:
    put(client, FOUR_OF_FIVE)
    status, answer = put(client, f"{FOUR_OF_FIVE}report: {{headline: [tickets, calls]}}\n")

    assert (status, answer["code"]) == (422, "invalid_kpis")
    assert "line 8: the report is headed by `tickets`, which is an output: only what came of our work heads it" in str(
        answer["message"]
    )
    assert admin.get("/v1/kpis")["yaml"] == FOUR_OF_FIVE


@pytest.mark.parametrize("body", [b"", b"\xff", b"[", b"kpis: 5", b'{"kpis": [[[]]]}'])
def test_what_is_no_catalogue_is_answered(client: TestClient, body: bytes) -> None:  # noqa: F811
    status, answer = put(client, body)
    assert status == 422
    assert answer["message"]


def test_a_catalogue_beyond_the_bound_is_refused(client: TestClient) -> None:  # noqa: F811
    status, answer = put(client, b"x" * 1_000_001)
    assert (status, answer["code"]) == (413, "too_large")
    assert "1000000 bytes" in str(answer["message"])


def test_only_an_admin_puts_and_each_tenant_has_its_own(client: TestClient, admin: Caller, other: Caller) -> None:  # noqa: F811
    assert put(client, FOUR_OF_FIVE, "acme-read")[0] == 403
    assert put(client, FOUR_OF_FIVE)[0] == 200
    assert other.get("/v1/kpis")["kpis"] == []
    assert put(client, "kpis: [{kpi: own, class: outcome}]", "globex-admin")[0] == 200
    assert len(admin.get("/v1/kpis")["kpis"]) == 5
