"""What is said about an operator's texts, and what isn't."""

import pytest

from agents.lint import lint_agent, lint_sub_agent


def codes(text: str, field: str = "instructions") -> list[str]:
    return [warning.code for warning in lint_agent({field: text})]


@pytest.mark.parametrize(
    "text",
    [
        "If the customer asks about refunds, say that it takes five days.",
        "When a customer wants to cancel an order, send them the link.",
        "Whenever someone complains about a courier, apologise first.",
        "Should a user mention a competitor, change the subject.",
        "Wenn der Kunde nach einer Rücksendung fragt, nenne die Frist.",
        "Falls ein Kunde eine Rechnung möchte, verlange die Bestellnummer.",
        "Sobald jemand sich über den Versand beschwert, entschuldige dich.",
        "Si le client demande un remboursement, donnez le délai.",
        "Lorsqu'un client se plaint de la livraison, excusez-vous.",
        "Si un cliente pregunta por su pedido, pide el número.",
        "Cuando alguien quiera devolver algo, explica los plazos.",
    ],
)
def test_a_rule_about_one_case_belongs_in_a_sub_agent(text: str):
    (warning,) = lint_agent({"instructions": f"Be brief. {text} Thank them."})
    assert (warning.code, warning.field) == ("scenario", "instructions")
    assert text in warning.message


@pytest.mark.parametrize(
    "text",
    [
        "Be brief, friendly and exact. Say only what the articles say; prices are in euro.",
        "We are a shop for tents in Ballylarn. Never promise a refund.",
        "If you are unsure, ask one question back.",
        "Sei freundlich. Wenn du unsicher bist, frage nach.",
        "Réponds brièvement. Si tu n'es pas sûr, pose une question.",
        "Sé breve. Si no estás seguro, pregunta.",
        "Our customers ask good questions.",
        "Never pretend to be a human.",
        "Never make up an answer.",
        "There is no transfer fee.",
        "Never connect the charger to a wet battery, and never forward card numbers.",
        "Hand over to a person when you don't know.",
        "Say that you are a bot.",
        "Customers reset their password: they follow the link in the email.",
        "See [our help](https://shop.example.com/help) and note [1].",
        "",
    ],
)
def test_what_always_holds_is_left_alone(text: str):
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Never hand over to people.",
        "Do not escalate conversations.",
        "Don't transfer customers to a colleague.",
        "Leite niemals an Mitarbeiter weiter. Nie eskalieren.",
        "Ne jamais transférer à un conseiller.",
        "Nunca transfieras a una persona.",
        "No transfieras a una persona.",
        "No digas que eres un bot.",
        "Never say you're a bot.",
        "Do not reveal that you are an AI.",
        "Pretend to be a human.",
        "Sag nie, dass du ein Bot bist.",
        "Ne dis jamais que tu es un robot.",
        "Nunca digas que eres un bot.",
        "If nothing fits, make something up.",
        "Ignore legal threats.",
    ],
)
def test_what_the_system_will_not_do(text: str):
    assert codes(text) == ["contradiction"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Call the API with sk-proj-abcdefghijklmnopqrstuv.", "abcdefghij"),
        ("AKIAIOSFODNN7EXAMPLE is for the bucket", "IOSFODNN"),
        ("The password is hunter2hunter", "hunter2"),
        ("Passwort: geheim123", "geheim"),
        ("mot de passe : soleil99", "soleil"),
        ("contraseña = girasol77", "girasol"),
        ("-----BEGIN RSA PRIVATE KEY-----", "RSA"),
        ("Authorization: Bearer abc123def456ghi789", "abc123"),
    ],
)
def test_a_secret_is_found_and_not_repeated(text: str, secret: str):
    (warning,) = lint_agent({"instructions": f"First line.\n{text}"})
    assert warning.code == "secret"
    assert "line 2" in warning.message and secret not in warning.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You answer for [company name].", "[company name]"),
        ("TODO: tone", "TODO"),
        ("You are {company_name}'s assistant", "{company_name}"),
        ("Opening hours: <opening hours>", "<opening hours>"),
        ("Call us on ____", "____"),
        ("Hello {{ name }}", "{{ name }}"),
        ("Lorem ipsum dolor", "Lorem ipsum"),
    ],
)
def test_a_placeholder_that_was_left(text: str, found: str):
    (warning,) = lint_agent({"greeting": text})
    assert (warning.code, warning.field) == ("placeholder", "greeting")
    assert f"“{found}”" in warning.message


@pytest.mark.parametrize(
    ("words", "prompt_tokens", "expected"),
    [
        (600, 0, []),
        (601, 0, ["length"]),
        (500, 3000, []),
        (500, 2000, ["model"]),
        (700, 2000, ["length", "model"]),
    ],
)
def test_length(words: int, prompt_tokens: int, expected: list[str]):
    found = lint_agent({"instructions": " ".join(["word"] * words)}, prompt_tokens)
    assert [warning.code for warning in found] == expected


@pytest.mark.parametrize(
    ("hands_over", "acknowledgement", "expected"),
    [
        (False, "I'll pass this on to my colleagues.", ["promise"]),
        (True, "I'll pass this on to my colleagues.", []),
        (False, "I'm sorry that something went wrong.", []),
    ],
)
def test_an_acknowledgement_that_promises_people(hands_over: bool, acknowledgement: str, expected: list[str]):
    found = lint_sub_agent({"acknowledgement": acknowledgement}, hands_over=hands_over)
    assert [warning.code for warning in found] == expected


def test_a_sub_agent_may_speak_of_its_case():
    assert lint_sub_agent({"instructions": "If the customer asks for more, say no."}, hands_over=False) == ()


def test_not_more_than_three_of_a_kind():
    assert codes("If the customer asks for it, say no.\n" * 9) == ["scenario"] * 3
