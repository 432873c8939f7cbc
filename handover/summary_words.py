"""The fixed words of summaries, in the languages that operators can choose."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "handed_over": "Handed over",
        "customer": "Customer",
        "wants": "Wants",
        "tried": "Tried",
        "facts": "Facts",
        "open": "Open questions",
        "next": "Next steps",
        "articles": "Articles looked at",
        "before": "Before the agent",
        "known": "Known on the platform",
        "last_said": "Last said",
        "note": "The agent's note",
        "actions": "Actions",
        "collected": "Collected by the agent",
        "replied": "The agent replied {count} time(s), last: {text}",
        "nothing": "Nothing yet.",
        "missing": "Not told yet: {names}",
        "unanswered": "Not answered yet: {text}",
        "reply": "Reply to the customer: they have been told that a person will.",
        "check": "Ask for what is missing: {names}.",
        "done": "The agent's reply to it is there; see whether it is enough.",
    },
    "de": {
        "handed_over": "Übergeben",
        "customer": "Kunde",
        "wants": "Möchte",
        "tried": "Versucht",
        "facts": "Angaben",
        "open": "Offene Fragen",
        "next": "Nächste Schritte",
        "articles": "Angesehene Artikel",
        "before": "Vor dem Agenten",
        "known": "Auf der Plattform bekannt",
        "last_said": "Zuletzt gesagt",
        "note": "Notiz des Agenten",
        "actions": "Aktionen",
        "collected": "Vom Agenten erfragt",
        "replied": "Der Agent hat {count} Mal geantwortet, zuletzt: {text}",
        "nothing": "Noch nichts.",
        "missing": "Noch nicht genannt: {names}",
        "unanswered": "Noch nicht beantwortet: {text}",
        "reply": "Dem Kunden antworten: Ihm wurde gesagt, dass ein Mensch das tut.",
        "check": "Nach dem Fehlenden fragen: {names}.",
        "done": "Die Antwort des Agenten darauf liegt vor; prüfen, ob sie genügt.",
    },
}


def words(language: str) -> Mapping[str, str]:
    """Those of the language, else the English ones."""
    return WORDS.get(language, WORDS["en"])
