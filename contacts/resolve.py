"""Step 3 of the walk: who is writing?"""

from collections.abc import Iterable, Mapping

from contacts.models import Contact, Identity
from gateways import writing
from gateways.messages import CustomerSaid, Event, Person
from gateways.models import Gateway


def resolve(gateway: Gateway, events: Iterable[Event]) -> Mapping[str, Identity]:
    """Who wrote, by the platform's id of them, made on first sight, with what is newly known about them kept."""
    senders = [event.sender for event in events if isinstance(event, CustomerSaid)]
    ids = {person.id for person in senders}
    rows = Identity.objects.select_related("contact").filter(gateway=gateway, external_id__in=ids) if ids else ()
    known = {identity.external_id: identity for identity in rows}
    known |= _meet(gateway, {person.id: person for person in reversed(senders) if person.id not in known})
    for person in senders:
        _learn(known[person.id].contact, person)
    return known


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
