"""What customers say in so many words: that they want a person, hello, thank you. In each supported language."""

import re

from agents.engines.person_tables import ALONE, MORE_WANTS, NOT, PLEASE
from agents.engines.phrase_tables import FILLERS, GREETINGS, PERSON, PRAISE, THANKS, WANTS
from agents.engines.politeness_tables import MORE_GREETINGS, MORE_THANKS
from agents.engines.words import fold

_NO_BOT = re.compile(
    r"(?:\b(?:not|than|instead of) (?:to )?(?:talk|speak|chat)\w* (?:to|with)"
    r"|n't want(?: to (?:talk|speak|chat) (?:to|with))?|\bno(?: more)?) (?:a |the |this )?(?:ro)?bots?\b"
)
_ALONE = re.compile(  # the whole clause is nothing but the wish
    r"(?:(?:please|just|give me|get me|now|hello|ok|no|bitte|a|an|the|your|een|un|una|ein|einen|um|uma) )*"
    rf"(?:{PERSON}s?|customer service|mensch|mitarbeiter|menschen|kundenservice|humain|conseiller|agente|humano|"
    r"persona|operatore|umano|atendente|medewerker|mens|czlowiek|konsultant|"
    rf"人工|人工客服|客服|真人|转人工|人間|オペレーター|担当者|{ALONE})"
    rf"(?: (?:please|now|pls|plz|bitte|s'il vous plait|svp|por favor|per favore|alstublieft|aub|prosze|{PLEASE}))*"
)
_NOT = (
    r"\b(?:don't|dont|do not|doesn't|didn't|no need|not|never|without|needn't|nicht|kein|keine|keinen|ohne|"
    rf"pas|sans|ne|no|sin|non|senza|nao|sem|niet|geen|zonder|nie|bez|{NOT})\b"
)
_DENIED = re.compile(rf"(?:{_NOT}[\w' ]{{0,24}}|不\w{{0,4}}|ไม่\S{{0,12}})$")
_CLAUSE = re.compile(
    r"[.,;:!?\n。、，；：！？؟،؛।]+|\b(?:but|aber|sondern|mais|pero|ma(?! (?:s|so|na) )|mas|maar|ale)\b"
)
_PATTERNS = tuple(re.compile(pattern) for patterns in (WANTS | MORE_WANTS).values() for pattern in patterns)


def asks_for_person(text: str) -> str:
    """The words with which the customer asks for a person, folded; "" when they don't."""
    clauses = (" ".join(clause.split()) for clause in _CLAUSE.split(fold(text)))
    return next(filter(None, map(_wish, clauses)), "")


def _wish(clause: str) -> str:
    if _ALONE.fullmatch(clause):
        return clause
    if match := _NO_BOT.search(clause):
        return match[0]
    found = (match for pattern in _PATTERNS for match in pattern.finditer(clause))
    return next((match[0] for match in found if not _is_denied(clause, match)), "")


def _is_denied(clause: str, match: re.Match[str]) -> bool:
    before = clause[max(match.start() - 40, 0) : match.start()]
    return bool(_DENIED.search(before) or re.search(_NOT, match[0]))


_KIND = re.compile(
    rf"(?P<greeting>{MORE_GREETINGS}|{GREETINGS})(?!\w)|(?P<thanks>{MORE_THANKS}|{THANKS}|[👍🙏❤😊👌🎉💯🙌]+)(?!\w)"
    rf"|(?P<praise>{PRAISE})(?!\w)|(?:{FILLERS})(?!\w)|[\W_]"
)
LONGEST_SMALL_TALK = 120  # characters


def small_talk(text: str) -> str:
    """ "greeting_reply" or "thanks_reply", the wording that answers a text that is nothing but polite; else ""."""
    if len(text) > LONGEST_SMALL_TALK:
        return ""
    folded, at, kinds = fold(text), 0, set[str]()
    while at < len(folded):
        match = _KIND.match(folded, at)
        if not match:
            return ""
        kinds.add(match.lastgroup or "")
        at = match.end()
    return "thanks_reply" if kinds & {"thanks", "praise"} else "greeting_reply" if "greeting" in kinds else ""
