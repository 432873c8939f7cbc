"""Who is writing: one identity for each person and gateway, and nothing known is forgotten."""

import pytest

from contacts.models import Contact, Identity
from contacts.resolve import resolve
from gateways.messages import Closed, CustomerSaid, Person
from gateways.models import Gateway

pytestmark = pytest.mark.django_db


def says(person: Person) -> CustomerSaid:
    return CustomerSaid(key="k", thread="t", sender=person, text="Hi")


def who(gateway: Gateway, person: Person) -> Identity:
    return resolve(gateway, [says(person)])[person.id]


def test_the_same_person_is_the_same_contact(gateway):
    first = who(gateway, Person("p1", name="Ada"))
    assert who(gateway, Person("p1")) == first
    assert Contact.objects.count() == 1


def test_the_same_id_on_another_gateway_is_somebody_else(gateway, make_gateway):
    who(gateway, Person("p1"))
    who(make_gateway(), Person("p1"))
    assert (Identity.objects.count(), Contact.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("known", "said", "kept"),
    [
        ({"name": ""}, {"name": "Ada"}, {"name": "Ada"}),
        ({"name": "Ada"}, {"name": "Eve"}, {"name": "Ada"}),
        ({"email": ""}, {"email": "ada@example.com"}, {"email": "ada@example.com"}),
        ({"phone": "1"}, {"phone": ""}, {"phone": "1"}),
    ],
    ids=["new name", "other name", "new mail", "no phone"],
)
def test_what_is_unknown_is_learned_and_what_is_known_stays(gateway, known, said, kept):
    contact = who(gateway, Person("p1")).contact
    Contact.objects.filter(pk=contact.pk).update(**known)
    who(gateway, Person("p1", **said))
    contact.refresh_from_db()
    assert {name: getattr(contact, name) for name in kept} == kept


def test_events_in_which_no_customer_wrote_have_nobody(gateway):
    assert resolve(gateway, [Closed(key="k", thread="t")]) == {}


def test_many_are_met_with_as_many_queries_as_one(gateway, django_assert_num_queries):
    people = [Person(f"p{number}", name=f"N{number}") for number in range(20)]
    with django_assert_num_queries(3):
        found = resolve(gateway, [says(person) for person in people])
    assert {id_: identity.contact.name for id_, identity in found.items()} == {p.id: p.name for p in people}


def test_somebody_new_who_writes_twice_at_once_is_one(gateway):
    found = resolve(gateway, [says(Person("p1")), says(Person("p1", name="Ada")), says(Person("p1", name="Eve"))])
    assert Contact.objects.get().name == found["p1"].contact.name == "Ada"
