"""The frame of a service: health, readiness, metrics, and errors that say what to do."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shared.errors import ApiError, ConflictError, InvalidError, NotFoundError, TooBusyError
from shared.service import PUBLIC, create_service
from shared.settings import Settings

ERRORS: dict[str, ApiError] = {
    "/missing": NotFoundError("No map `x`: publish it first."),
    "/conflict": ConflictError("user:42 or anonymous:42?"),
    "/invalid": InvalidError("limit: at most 1000"),
    "/busy": TooBusyError("The log is full.", 30),
    "/own": ApiError("No.", code="special", headers={"X-Why": "tea"}, details={"problems": ["this", "that"]}),
}


@pytest.fixture
def wrong() -> dict[str, str]:
    """Name what keeps the service from its work; a test may add to it."""
    return {}


@pytest.fixture
def client(tmp_path: Path, wrong: dict[str, str]) -> TestClient:
    """Make a service whose routes fail in every way."""
    app = create_service("test", Settings(data=tmp_path), lambda: wrong)

    @app.get("/crash")
    def crash() -> None:
        message = "the inside story"
        raise RuntimeError(message)

    @app.get("/typed")
    def typed(number: int) -> int:
        return number

    @app.post("/change")
    def change() -> None:
        return None

    for path in ERRORS:

        @app.get(path)
        def fail(error_at: str = path) -> None:
            raise ERRORS[error_at]

    return TestClient(app, raise_server_exceptions=False)


def test_a_running_service_is_healthy_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"ready": True, "wrong": {}}


def test_a_service_that_cannot_work_is_alive_but_not_ready_and_says_why(
    client: TestClient, wrong: dict[str, str]
) -> None:
    wrong["log"] = "disk full"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "wrong": {"log": "disk full"}}
    assert client.get("/healthz").status_code == 200


def test_metrics_are_served_without_a_slash_and_without_a_key(client: TestClient) -> None:
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert "python_info" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/typed?number=5", "/typed?number=x", "/nowhere"])
def test_head_is_answered_as_get_without_the_body(client: TestClient, path: str) -> None:
    asked, headed = client.get(path), client.head(path)

    assert (headed.status_code, headed.headers["content-type"]) == (asked.status_code, asked.headers["content-type"])
    assert asked.content
    assert not headed.content


def test_head_of_what_only_takes_changes_is_refused(client: TestClient) -> None:
    assert client.head("/change").status_code == 405


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/chnge", "/chnge: there is nothing here; did you mean /change?"),
        ("/readyz/", "/readyz/: there is nothing here; did you mean /readyz?"),
        ("/elsewhere/at/all", "/elsewhere/at/all: there is nothing here: docs/api says what there is."),
    ],
)
def test_a_wrong_address_is_told_which_is_meant(client: TestClient, path: str, said: str) -> None:
    answer = client.get(path, follow_redirects=False)

    assert (answer.status_code, answer.json()) == (404, {"code": "not_found", "message": said})


def test_only_these_three_are_public() -> None:
    assert {"/healthz", "/readyz", "/metrics"} == PUBLIC


@pytest.mark.parametrize("path", ERRORS)
def test_an_error_answers_with_its_status_code_and_words(client: TestClient, path: str) -> None:
    error = ERRORS[path]

    answer = client.get(path)

    assert (answer.status_code, answer.json()) == (
        error.status,
        {"code": error.code, "message": error.message} | error.details,
    )
    assert all(answer.headers[name] == value for name, value in error.headers.items())


def test_a_busy_service_says_when_to_come_back(client: TestClient) -> None:
    assert client.get("/busy").headers["Retry-After"] == "30"


def test_a_crash_answers_500_and_keeps_the_inside_story_for_the_log(client: TestClient) -> None:
    answer = client.get("/crash")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "inside story" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/typed", 405, "method_not_allowed"),
        ("GET", "/typed?number=x", 422, "invalid"),
        ("GET", "/typed", 422, "invalid"),
        ("GET", "/docs", 404, "not_found"),
        ("GET", "/openapi.json", 404, "not_found"),
    ],
)
def test_what_the_framework_refuses_has_the_same_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["message"]


def test_a_wrong_parameter_is_named(client: TestClient) -> None:
    assert "number" in client.get("/typed?number=x").json()["message"]
