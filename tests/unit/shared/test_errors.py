"""The errors of the API: few, with one status and one stable code each."""

import pytest

from shared import errors
from shared.errors import ApiError, ForbiddenError, TooBusyError, UnauthorizedError

CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ApiError) and kind is not ApiError
]


def test_codes_are_stable_words_and_none_means_two_things() -> None:
    codes = {kind.code: kind.status for kind in CLASSES}

    assert codes == {
        "unauthorized": 401,
        "forbidden": 403,
        "not_found": 404,
        "too_slow": 408,
        "conflict": 409,
        "too_large": 413,
        "invalid": 422,
        "too_busy": 429,
        "unavailable": 503,
    }
    assert len(CLASSES) == len(codes)


@pytest.mark.parametrize("kind", [ApiError, *CLASSES])
def test_every_error_says_when_it_is_raised(kind: type[ApiError]) -> None:
    assert (kind.__doc__ or "").startswith("Raised ")


def test_errors_that_know_their_words_say_what_to_do() -> None:
    assert "Authorization: Bearer" in UnauthorizedError().message
    assert "`admin`" in ForbiddenError("admin").message
    assert TooBusyError("full", 7).headers == {"Retry-After": "7"}
