"""What is remembered about a contact: once each, as many as fit, as long as the agent says, and as people decide."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts import remember
from contacts.models import Contact, Memory
from contacts.remember import MOST, Unfit

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db) -> Contact:
    return Contact.objects.create(name="Ada")


def offer(contact: Contact, *facts: str, days: int = 365) -> int:
    return remember.offer(contact, facts, days=days, language="en", conversation=7, seq=3)


def told(contact: Contact) -> tuple[str, ...]:
    return remember.told([Contact.objects.get(pk=contact.pk)]).get(contact.pk, ())


def test_what_an_engine_offers_is_told_the_next_time_with_where_it_is_from(ada: Contact):
    assert offer(ada, "Wears size 43.", "Owns a tent.") == 2
    assert told(ada) == ("Wears size 43.", "Owns a tent.")
    row = Memory.objects.get(text="Owns a tent.")
    assert (row.state, row.conversation, row.seq, row.language) == ("offered", 7, 3, "en")
    assert timedelta(days=364) < row.expires_at - timezone.now() < timedelta(days=366)


def test_the_same_fact_is_kept_once(ada: Contact):
    assert [offer(ada, "Wears size 43."), offer(ada, "wears SIZE 43", "Owns a tent.")] == [1, 1]
    assert told(ada) == ("Wears size 43.", "Owns a tent.")


def test_what_could_hurt_is_not_kept(ada: Contact):
    assert offer(ada, "Card 4111 1111 1111 1111.") == 0
    assert not Memory.objects.exists()


def test_an_agent_that_remembers_nothing_remembers_nothing(ada: Contact, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert offer(ada, "Wears size 43.", days=0) == 0


def test_of_whom_nothing_is_known_nothing_is_asked(ada: Contact, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert remember.told([ada]) == {}


def test_the_oldest_that_nobody_kept_makes_room(ada: Contact):
    kept = remember.write(ada, "Is a teacher.", None)
    for number in range(MOST + 5):
        offer(ada, f"Fact {number}.")
    assert len(told(ada)) == MOST
    assert told(ada)[0] == kept.text
    assert told(ada)[1] == "Fact 6."


def test_what_a_person_rejects_is_not_told_and_not_offered_again(ada: Contact):
    offer(ada, "Wears size 43.")
    remember.decide(Memory.objects.get(), Memory.State.REJECTED, None)
    assert told(ada) == ()
    assert Memory.objects.get().text == ""
    assert offer(ada, "Wears size 43!") == 0
    assert Contact.objects.get().remembered == 0


def test_what_a_person_keeps_stays(ada: Contact):
    offer(ada, "Wears size 43.", days=1)
    remember.decide(Memory.objects.get(), Memory.State.KEPT, None)
    assert Memory.objects.get().expires_at is None


def test_what_a_person_forgets_may_be_offered_again(ada: Contact):
    offer(ada, "Wears size 43.")
    remember.forget(Memory.objects.get())
    assert told(ada) == ()
    assert offer(ada, "Wears size 43.") == 1


def test_what_has_expired_is_not_told_and_then_forgotten(ada: Contact):
    offer(ada, "Wears size 43.", "Owns a tent.")
    Memory.objects.filter(text="Owns a tent.").update(expires_at=timezone.now())
    assert told(ada) == ("Wears size 43.",)
    assert remember.forget_expired() == 1
    assert Contact.objects.get().remembered == 1


@pytest.mark.parametrize("text", ["", " ", "Password: tulip", "DE89 3704 0044 0532 0130 00"])
def test_people_cannot_write_down_what_may_not_be_kept(ada: Contact, text: str):
    with pytest.raises(Unfit, match="can't be kept"):
        remember.write(ada, text, None)


def test_it_goes_with_the_contact(ada: Contact):
    offer(ada, "Wears size 43.")
    ada.delete()
    assert not Memory.objects.exists()
