"""Get the bytes of a file in a comment, from Zendesk and nowhere else.

https://developer.zendesk.com/documentation/ticketing/managing-tickets/working-with-url-properties/

Its address is the account's; that one points on to where Zendesk keeps files, and there we don't sign in.
"""

from urllib.parse import urljoin, urlsplit

from agents.http import Http, HttpError, Response
from gateways import answers
from gateways.adapters.zendesk.calls import problem, same_host
from gateways.errors import DeliveryError, Failure

# https://support.zendesk.com/hc/en-us/articles/4408831417498: where Zendesk keeps files
KEEPERS = (".zendesk.com", ".zdusercontent.com", ".zdassets.com")
BIGGEST = 50_000_000  # bytes; https://support.zendesk.com/hc/en-us/articles/4408832757146
MOST_STEPS = 4
POINTS_ON = (301, 302, 303, 307, 308)


def fetch(http: Http, base: str, authorization: str, address: str) -> bytes:
    """Raises DeliveryError."""
    for _ in range(MOST_STEPS):
        ours = same_host(address, base)
        if not ours and not _is_keeper(address):
            raise DeliveryError(Failure.REJECTED, "The file isn't kept by Zendesk. We get files from nowhere else.")
        response = _get(http, address, authorization if ours else "")
        if response.status == 200:
            return response.body
        location = response.headers.get("location", "")
        if response.status not in POINTS_ON or not location:
            raise problem(response) or DeliveryError(Failure.REJECTED, "Zendesk has nothing in this file.")
        address = urljoin(address, location)
    raise DeliveryError(Failure.REJECTED, "The file's address points from one to another without end.")


def _get(http: Http, address: str, authorization: str) -> Response:
    headers = {"Authorization": authorization} if authorization else {}
    try:
        return http.request("GET", address, headers=headers, max_bytes=BIGGEST + 1_000_000)
    except HttpError as error:
        raise answers.unanswered(error) from error


def _is_keeper(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and parts.port in (None, 443) and (parts.hostname or "").endswith(KEEPERS)
    except ValueError:
        return False
