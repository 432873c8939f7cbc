"""The net below what engines want remembered about a contact: nothing that could hurt them in other hands is kept.

Engines are told so too (`prompt`). What is dropped here appears nowhere: not in the record of the decision either.
"""

import re
from collections.abc import Iterable

from agents.engines.words import fold

LONGEST = 200  # characters of what two facts are compared by

_LONG_NUMBER = re.compile(r"\d(?:[ .\-/]?\d){12,}")  # cards have 13 to 19 digits, accounts at least 14
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?:[ \-]?[a-z0-9]{4}){2,7}(?:[ \-]?[a-z0-9]{1,4})?\b")
_NATIONAL_ID = re.compile(  # American, Brazilian, Italian
    r"\b\d{3}-\d{2}-\d{4}\b|\b\d{3}\.\d{3}\.\d{3}-\d{2}\b|\b[a-z]{6}\d{2}[a-z]\d{2}[a-z]\d{3}[a-z]\b"
)
_SECRET = re.compile(  # words with which people give away what opens something
    r"\b(?:pass ?words?|pass ?codes?|passphrase|pin(?: code| number)?s?|cv[vc]2?|security code|one[- ]time code|otp|"
    r"2fa|api[- ]?keys?|secret key|private key|iban|bic|card number|credit card|debit card|social security|ssn|"
    r"passwort\w*|kennwort\w*|kreditkarte\w*|geheimzahl|kontonummer|mots? de passe|carte (?:bancaire|de credit)|"
    r"contrasenas?|claves?|tarjeta (?:de credito|de debito)|parola d'ordine|carta di credito|codice fiscale|senhas?|"
    r"palavra[- ]passe|cartao de credito|cpf|wachtwoord\w*|pincode\w*|creditcard\w*|hasl[oa]|karta kredytowa)\b"
    r"|パスワード|暗証番号|クレジットカード|マイナンバー|密码|密碼|信用卡|验证码|驗證碼|身份证|身分證"
)
_NETS = (_LONG_NUMBER, _IBAN, _NATIONAL_ID, _SECRET)


def without_secrets(facts: Iterable[str]) -> tuple[str, ...]:
    """Those that may be kept, on one line each and without repetitions."""
    lines = (" ".join(fact.split()) for fact in facts if not _is_secret(fact))
    return tuple({same(line): line for line in lines if same(line)}.values())


def same(fact: str) -> str:
    """What two facts that say the same have in common: their words, whatever their case and signs."""
    return " ".join(re.findall(r"\w+", fold(fact)))[:LONGEST]


def _is_secret(fact: str) -> bool:
    text = fold(fact)
    return any(net.search(text) for net in _NETS)
