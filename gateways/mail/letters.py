"""What goes out as a mail: a reply in a conversation, or the first mail of one that we begin with people."""

from dataclasses import dataclass

from gateways.errors import DeliveryError, Failure
from gateways.mail.compose import GENERATED, REPLIED, Letter
from gateways.mail.enclosed import enclosed
from gateways.mail.headers import Party, clean_address, message_ids
from gateways.mail.options import Config
from gateways.mail.tokens import Tokens
from gateways.messages import Answered, Open, Outgoing, Purpose, Reply

HOW_TO_ANSWER = "Answer this mail and the customer is told what you write. What the customer writes comes here."


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes the mails of one gateway. `name` is who begins conversations, where its options name nobody."""

    config: Config
    tokens: Tokens
    name: str

    def write(self, outgoing: Outgoing) -> Letter:
        """The same for every attempt at the effect. Raises DeliveryError for what can't be mailed."""
        match outgoing.effect:
            case Reply():
                return self._reply(outgoing, outgoing.effect)
            case Open():
                return self._opening(outgoing, outgoing.effect)
        raise DeliveryError(Failure.REJECTED, "A mailbox has neither notes nor teams nor tags.")

    def _opening(self, outgoing: Outgoing, effect: Open) -> Letter:
        """The first mail to people about a customer who is elsewhere. A program wrote it: no other may answer."""
        thread = self.tokens.opened_thread(outgoing.client_ref)
        to = clean_address(effect.at)
        if not to or self.config.is_own(to):
            raise DeliveryError(Failure.REJECTED, f"“{effect.at[:100]}” is no address of people's that this can go to.")
        return Letter(
            sender=Party(self.config.own, self.config.name or self.name),
            to=Party(to),
            cc=(),
            reply_to=self._reply_to(thread),
            subject=effect.subject,
            text=f"{effect.text}\n\n---\n\n{HOW_TO_ANSWER}",
            message_id=self.tokens.message_id(thread, outgoing.client_ref),
            answers="",
            references=(self.tokens.root(thread),),
            automatic=GENERATED,
            begins=True,
        )

    def _reply(self, outgoing: Outgoing, effect: Reply) -> Letter:
        answered, thread = outgoing.answers or Answered(""), outgoing.thread
        told = answered.metadata
        to, customer = _answered_to(outgoing), clean_address(outgoing.recipient)
        # Somebody else who has a part wrote last: the customer whose conversation it is hears the answer, too.
        cc = () if told.get("from", customer) == customer or not customer else (Party(customer),)
        begun = self.tokens.is_opened(thread)  # then this is what a customer says elsewhere, told to people
        references = message_ids(str(one) for one in told.get("references", ()))
        message_id = self.tokens.message_id(thread, outgoing.client_ref)
        return Letter(
            sender=Party(self.config.own, effect.author if begun else self.config.name or effect.author),
            to=Party(to),
            cc=cc,
            reply_to=self._reply_to(thread),
            subject=answered.subject or "Your message",
            text=effect.text,
            message_id=message_id,
            answers=answered.message_id,
            references=references or ((self.tokens.root(thread),) if begun else ()),
            automatic=_automatic(effect, begun),
            files=enclosed(outgoing.files, effect.text, message_id),
        )

    def _reply_to(self, thread: str) -> str:
        return self.tokens.reply_address(thread) if self.config.plus_addressing else ""


def _answered_to(outgoing: Outgoing) -> str:
    told = outgoing.answers.metadata if outgoing.answers else {}
    to = clean_address(str(told.get("reply_to") or told.get("from") or outgoing.recipient))
    if not to:
        raise DeliveryError(Failure.REJECTED, "The customer has no address that mail can be sent to.")
    return to


def _automatic(effect: Reply, begun: bool) -> str:
    if begun:
        return GENERATED
    return "" if effect.purpose is Purpose.HUMAN else REPLIED
