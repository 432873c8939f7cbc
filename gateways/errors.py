"""Everything that can go wrong at the border, each with the one thing that its caller needs to know."""

from enum import StrEnum

from agents.config import ConfigError

__all__ = [
    "ConfigError",
    "DeliveryError",
    "Failure",
    "Malformed",
    "Refused",
    "SignatureError",
    "TooLarge",
    "Unparsable",
    "our_fault",
]


class Refused(Exception):
    """An inbound request that is answered with an error status and kept out. `public` says why, without secrets."""

    status = 400

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class SignatureError(Refused):
    """Unsigned, wrongly signed, or signed too long ago."""

    status = 401


class Malformed(Refused):
    """Signed by the right party, yet not what the platform's documentation describes."""

    status = 400


class TooLarge(Refused):
    status = 413


class Unparsable(Exception):
    """A kept receipt whose content we can't read. It is parked as failed and can be replayed after a fix."""


class Failure(StrEnum):
    """How sending failed, as far as the one caller that acts on it needs to know."""

    THROTTLED = "throttled"  # later, at `retry_after`; costs no attempt
    UNREACHABLE = "unreachable"  # nothing left this machine, or a 5xx: again, with back-off
    REJECTED = "rejected"  # they said no to this one: a person is asked
    CREDENTIALS = "credentials"  # they said no to us: the gateway is in error
    UNKNOWN = "unknown"  # it may or may not have arrived


class DeliveryError(Exception):
    """Sending failed. `public` may be shown to operators: it holds no secret and no customer text."""

    def __init__(
        self, failure: Failure, public: str, *, retry_after: float | None = None, vendor_code: str = ""
    ) -> None:
        super().__init__(public)
        self.failure = failure
        self.public = public
        self.retry_after = retry_after
        self.vendor_code = vendor_code


def our_fault(error: Exception) -> str:
    """What operators are told of an exception that an adapter shouldn't have raised. The log has the rest."""
    return f"Our code for this platform failed ({type(error).__name__}); the log says where."
