"""Keys over HTTP: made and shown once, listed without secrets, revoked for everybody at once."""

from typing import Any

import pytest

from tests.integration.ingest.running import Ingest

TRACK = {"event": "Paid", "userId": "u"}


def keys(ingest: Ingest, tenant: str = "acme") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ingest.ask("GET", "/v1/keys", tenant=tenant, scope="read").json()["keys"]
    return found


def made(ingest: Ingest, scope: str, source: str = "shop") -> dict[str, Any]:
    answer = ingest.ask("POST", "/v1/keys", scope="admin", json={"scope": scope, "source": source})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_fresh_key_is_shown_once_and_works_at_once(ingest: Ingest) -> None:
    fresh = made(ingest, "write")
    sent = ingest.http.post("/v1/track", json=TRACK, headers={"Authorization": f"Bearer {fresh['key']}"})
    listed = ingest.ask("GET", "/v1/keys", scope="read").text

    assert sent.status_code == 200
    assert [t.source for t in ingest.touchpoints()] == ["shop"]
    assert fresh["key"] not in listed
    assert {k: v for k, v in fresh.items() if k != "key"} in keys(ingest)


def test_a_revoked_key_opens_nothing_from_the_next_request_on_and_hears_why(ingest: Ingest) -> None:
    fresh = made(ingest, "write")
    bearer = {"Authorization": f"Bearer {fresh['key']}"}
    assert ingest.http.post("/v1/track", json=TRACK, headers=bearer).status_code == 200
    revoked = ingest.ask("DELETE", f"/v1/keys/{fresh['id']}", scope="admin")
    by_header = ingest.http.post("/v1/track", json=TRACK, headers=bearer)
    by_body = ingest.http.post("/v1/batch", json={"writeKey": fresh["key"], "batch": [TRACK]})
    again = ingest.ask("DELETE", f"/v1/keys/{fresh['id']}", scope="admin")

    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"]
    assert again.json() == revoked.json()
    for answer in (by_header, by_body):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert "was revoked" in answer.json()["message"]
    assert [key["id"] for key in keys(ingest) if key["revoked_at"]] == [fresh["id"]]


def test_the_last_key_that_administers_cannot_be_revoked(ingest: Ingest) -> None:
    second = made(ingest, "admin")
    admins = [key["id"] for key in keys(ingest) if key["scope"] == "admin"]
    first = next(each for each in admins if each != second["id"])
    one = ingest.ask("DELETE", f"/v1/keys/{second['id']}", scope="admin")
    last = ingest.ask("DELETE", f"/v1/keys/{first}", scope="admin")

    assert one.status_code == 200
    assert (last.status_code, last.json()["code"]) == (409, "conflict")
    assert "last key" in last.json()["message"]


@pytest.mark.parametrize(
    "wanted",
    [{}, {"scope": "write"}, {"scope": "root", "source": "x"}, {"scope": "write", "source": ""}, [],
     {"scope": "write", "source": "x" * 129}, {"scope": "write", "source": "a\nb"},
     {"scope": "write", "source": "x", "key": "mine"}],
)  # fmt: skip
def test_a_wrong_wish_for_a_key_is_refused(ingest: Ingest, wanted: object) -> None:
    answer = ingest.ask("POST", "/v1/keys", scope="admin", json=wanted)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_tenant_sees_and_revokes_its_own_keys_only(ingest: Ingest) -> None:
    theirs = keys(ingest, "globex")[0]["id"]
    answer = ingest.ask("DELETE", f"/v1/keys/{theirs}", scope="admin")

    assert theirs not in [key["id"] for key in keys(ingest)]
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert all(key["revoked_at"] is None for key in keys(ingest, "globex"))


@pytest.mark.parametrize(("sent", "said"), [("", "No key"), ("Bearer wk_mistyped", "not known here")])
def test_who_has_no_key_or_a_wrong_one_hears_which(ingest: Ingest, sent: str, said: str) -> None:
    answer = ingest.http.post("/v1/track", json=TRACK, headers={"Authorization": sent} if sent else {})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert said in answer.json()["message"]
