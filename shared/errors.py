"""The errors that a caller of the API sees: one status, one stable code, one sentence that says what to do."""


class ApiError(Exception):
    """Raised anywhere in a request: the answer has its status, code and message, and any headers."""

    status = 400
    code = "bad_request"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        headers: dict[str, str] | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        """Say what is wrong and what to do; `details` stand beside code and message in the answer."""
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = details or {}
        self.headers = headers or {}


HOW_TO_SEND_A_KEY = (
    "Send `Authorization: Bearer KEY`, or the key as the user name of Basic authentication, as SDKs send a write key."
)


class UnauthorizedError(ApiError):
    """Raised when a request carries no key, or one that is unknown or revoked."""

    status = 401
    code = "unauthorized"

    def __init__(self, message: str = f"No key. {HOW_TO_SEND_A_KEY}") -> None:
        """Say what is wrong with the key, or which header is wanted."""
        super().__init__(
            message,
            headers={"WWW-Authenticate": 'Bearer realm="waypost"'},
        )


class ForbiddenError(ApiError):
    """Raised when a key stands but lacks the scope."""

    status = 403
    code = "forbidden"

    def __init__(self, scope: str) -> None:
        """Name the scope that is wanted."""
        super().__init__(f"This key may not do that: a key with scope `{scope}` is needed.")


class NotFoundError(ApiError):
    """Raised when the tenant has no such thing."""

    status = 404
    code = "not_found"


class ConflictError(ApiError):
    """Raised when the request is understood and the state does not allow it, or a name is ambiguous."""

    status = 409
    code = "conflict"


class TooLargeError(ApiError):
    """Raised when a request has more bytes or events than is taken: send it in parts, or send less."""

    status = 413
    code = "too_large"


class TooSlowError(ApiError):
    """Raised when the body of a request does not come in time."""

    status = 408
    code = "too_slow"


class InvalidError(ApiError):
    """Raised when a field or parameter is wrong."""

    status = 422
    code = "invalid"


class TooBusyError(ApiError):
    """Raised when the service asks the caller to come back: 429 with Retry-After."""

    status = 429
    code = "too_busy"

    def __init__(self, message: str, retry_after_s: int) -> None:
        """Say why, and when to come back."""
        super().__init__(message, headers={"Retry-After": str(retry_after_s)})


class UnavailableError(ApiError):
    """Raised when something that the request needs is down; sending it again later is right."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str) -> None:
        """Say what is down."""
        super().__init__(message, headers={"Retry-After": "1"})
