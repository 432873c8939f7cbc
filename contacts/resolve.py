"""Step 3 of the walk: who is writing?"""

from contacts.models import Contact, Identity
from gateways.messages import CustomerSaid, Event, Person
from gateways.models import Gateway


def resolve(gateway: Gateway, event: Event) -> Identity | None:
    """Who wrote, made on first sight, with what is newly known about them kept. None where no customer wrote."""
    return _identity(gateway, event.sender) if isinstance(event, CustomerSaid) else None


def _identity(gateway: Gateway, person: Person) -> Identity:
    identity = Identity.objects.select_related("contact").filter(gateway=gateway, external_id=person.id).first()
    if identity is None:
        contact = Contact.objects.create(name=person.name[:200], email=person.email[:254], phone=person.phone[:40])
        return Identity.objects.create(contact=contact, gateway=gateway, external_id=person.id)
    _learn(identity.contact, person)
    return identity


def _learn(contact: Contact, person: Person) -> None:
    """Fill in what was unknown. What an operator or the customer said before is not overwritten."""
    news = {
        name: value
        for name, value in {"name": person.name[:200], "email": person.email[:254], "phone": person.phone[:40]}.items()
        if value and not getattr(contact, name)
    }
    if news:
        for name, value in news.items():
            setattr(contact, name, value)
        contact.save(update_fields=[*news, "updated_at"])
