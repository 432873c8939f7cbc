"""The view at which engines answer later: verify the raw body, act on the answer once, and say what became of it.

    200  the answer counts, or is a copy of the one that did
    400  it isn't a decision: correct it and send it again, the turn still waits
    401  it isn't signed with the engine's secret (Standard Webhooks)
    404  we gave out no such address
    409  the customer has written on: the engine is asked again, with that
    410  too late: the turn is over, or another engine has been asked
    413, 503  too large; the database is away, send it again later

An answer that isn't used stands in the conversation's audit trail.
"""

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from agents.engines import remote
from agents.engines.base import Brief, Decision, EngineBrief, EngineError
from agents.engines.guard import after
from agents.engines.registry import ENGINES, engine
from aissist_site import decide
from conversations import events, later
from conversations.lock import locking
from conversations.models import Turn
from conversations.respond import Answer, questions
from conversations.turns import LEASE
from gateways import signatures
from gateways.errors import SignatureError

log = structlog.get_logger(__name__)


class Ignored(Exception):
    """The answer isn't used. `public` says why."""

    def __init__(self, status: int, public: str) -> None:
        super().__init__(public)
        self.status, self.public = status, public


@csrf_exempt
@require_POST
def answer(request: HttpRequest, token: str) -> HttpResponse:
    asked = later.read(token)
    found = Turn.objects.select_related("conversation__gateway__agent", "conversation__identity__contact")
    try:
        turn = found.filter(pk=asked.turn_id).first() if asked else None
        if asked is None or turn is None:
            return _error(404, "not_found", "No answer is waited for at this address.")
        return _answered(request, asked, turn)
    except RequestDataTooBig:
        return _error(413, "toolarge", "The request is larger than this server takes.")
    except SignatureError as error:
        log.info("answer_refused", turn=asked.turn_id if asked else None, why=error.public)
        return _error(error.status, "signatureerror", error.public)
    except EngineError as error:
        return _error(400, "malformed", f"{error.public} Send it again; the turn still waits.")
    except Ignored as ignored:
        return _error(ignored.status, "ignored", ignored.public)
    except Error as error:
        log.error("database_unavailable", error=type(error).__name__)
        response = _error(503, "unavailable", "We can't store your answer right now. Send it again later.")
        response["Retry-After"] = "10"
        return response


def _answered(request: HttpRequest, asked: later.Asked, turn: Turn) -> HttpResponse:
    brief = questions([turn])[0].brief
    theirs = [choice for choice in brief.agent.engines if choice.name in ENGINES and engine(choice.name).answers_later]
    headers = {name.lower(): value for name, value in request.headers.items()}
    signatures.verify([choice.secret for choice in theirs], headers, request.body, whose="engine")
    message_id = headers[signatures.ID]
    if turn.state == Turn.State.DONE and turn.decision.get("answer_id") == message_id:
        return JsonResponse({"outcome": "This answer was acted on already."})
    problem = _ignore(turn, _too_late(asked, turn))
    if not problem:
        decision = _decision(request.body, brief, theirs)
        with transaction.atomic():
            problem = _act(asked, turn, decision, message_id)
    if problem:
        raise problem
    return JsonResponse({"outcome": "The answer was acted on."})


def _decision(body: bytes, brief: Brief, theirs: list[EngineBrief]) -> Decision:
    """What they decided, checked as any other engine's decision is. Raises EngineError."""
    return after(brief, remote.decision(body.decode(errors="replace"), brief, theirs[0].name))


def _act(asked: later.Asked, turn: Turn, decision: Decision, message_id: str) -> Ignored | None:
    """Take the turn from whoever has it and act on the answer as on any other, unless it comes too late.

    The conversation is locked first, as everywhere: of two answers that come at once, the second finds the turn done.
    """
    locking().get(pk=turn.conversation_id)
    now = Turn.objects.select_for_update(no_key=True).get(pk=turn.pk)
    if problem := _ignore(turn, _too_late(asked, now)):
        return problem
    turn.state, turn.claims, turn.lease_until = Turn.State.RUNNING, now.claims + 1, timezone.now() + LEASE
    turn.save(update_fields=["state", "claims", "lease_until"])
    waited = round((timezone.now() - turn.created_at).total_seconds() * 1000)
    decide.act_on(turn, Answer(decision, asked.upto_seq, milliseconds=waited, answer_id=message_id))
    if Turn.objects.filter(pk=turn.pk, state=Turn.State.DONE).exists():
        return None
    return _ignore(turn, Ignored(409, "The customer has written on. You are asked again, with what is new."))


def _ignore(turn: Turn, problem: Ignored | None) -> Ignored | None:
    """The problem, on the record."""
    if problem:
        events.answer_ignored(turn.conversation, turn, problem.public)
    return problem


def _too_late(asked: later.Asked, now: Turn) -> Ignored | None:
    if now.state == Turn.State.DONE:
        return Ignored(410, f"The turn is over: {now.get_outcome_display().lower()}.")
    if now.passed != asked.passed:
        return Ignored(410, "The time to answer is over; another engine has been asked.")
    return None


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
