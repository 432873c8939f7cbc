"""What conversations have taken in tokens so far, by their turns' decisions. Only asked where there is a limit."""

from collections import Counter
from collections.abc import Iterable

from conversations.models import Turn

KEYS = ("decision__cost__input_tokens", "decision__cost__output_tokens")


def spent(conversation_ids: Iterable[int]) -> Counter[int]:
    """Tokens by conversation."""
    found: Counter[int] = Counter()
    turns = Turn.objects.filter(conversation__in=list(conversation_ids), state=Turn.State.DONE)
    for pk, *tokens in turns.order_by().values_list("conversation_id", *KEYS):
        found[pk] += sum(number for number in tokens if isinstance(number, int))
    return found
