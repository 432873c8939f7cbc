"""Step 3 of the walk: who is writing?"""

from collections.abc import Collection, Iterable, Mapping

from django.db.models import QuerySet

from contacts.models import Contact, Identity
from gateways import writing
from gateways.asking import asked
from gateways.messages import CustomerSaid, Event, Person
from gateways.models import Gateway


def resolve(gateway: Gateway, events: Iterable[Event]) -> Mapping[str, Identity]:
    """Who wrote, by the platform's id of them, made on first sight, with what is newly known about them kept."""
    senders = [event.sender for event in events if isinstance(event, CustomerSaid)]
    ids = {person.id for person in senders}
    known = {identity.external_id: identity for identity in (_known(gateway.pk, ids) if ids else ())}
    known |= _meet(gateway, {person.id: person for person in reversed(senders) if person.id not in known})
    for person in senders:
        _learn(known[person.id].contact, person)
    return known


@asked
def _known(gateway_id: int, ids: Collection[str]) -> QuerySet[Identity]:
    return Identity.objects.select_related("contact").filter(gateway=gateway_id, external_id__any_of=ids)


def person(gateway: Gateway, who: Person) -> Identity:
    """One person as the gateway's platform knows them, made on first sight."""
    known = Identity.objects.select_related("contact").filter(gateway=gateway, external_id=who.id).first()
    return known or _meet(gateway, {who.id: who})[who.id]


def _meet(gateway: Gateway, people: Mapping[str, Person]) -> Mapping[str, Identity]:
    contacts = [Contact(**_facts(person)) for person in people.values()]
    writing.insert_all(contacts)
    made = [
        Identity(contact=contact, gateway=gateway, external_id=external_id)
        for external_id, contact in zip(people, contacts, strict=True)
    ]
    writing.insert_all(made)
    return {identity.external_id: identity for identity in made}


def _facts(person: Person) -> dict[str, str]:
    return {"name": person.name[:200], "email": person.email[:254], "phone": person.phone[:40]}


def _learn(contact: Contact, person: Person) -> None:
    """Fill in what was unknown. What an operator or the customer said before is not overwritten."""
    news = {name: value for name, value in _facts(person).items() if value and not getattr(contact, name)}
    if news:
        for name, value in news.items():
            setattr(contact, name, value)
        contact.save(update_fields=[*news, "updated_at"])
