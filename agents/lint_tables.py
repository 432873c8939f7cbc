"""What `agents.lint` looks for, in English, German, French and Spanish. Patterns are held against folded sentences:
lower case, without accents; those for secrets and placeholders against the text as it is.
"""

import re

_RULES = {
    "en": (
        r"\b(?:if|when|whenever|in case|should|once) (?:(?:a|an|the|any|our|your) )?(?:\w+ )?"
        r"(?:customers?|users?|clients?|visitors?|buyers?|someone|somebody|anyone|anybody|people|they)\b[^,;]{0,30}?"
        r"\b(?:ask|want|say|complain|write|mention|request|report|need|tell|inquire|enquire|contact|raise)\w*"
    ),
    "de": (
        r"\b(?:wenn|falls|sobald|sollten?) (?:(?:der|die|ein|eine|unsere?|ihre?) )?"
        r"(?:kund\w+|nutzer\w*|benutzer\w*|besucher\w*|kaufer\w*|jemand|sie)\b[^.!?]{0,100}?"
        r"\b(?:frag\w*|nachfrag\w*|will|wollen|mochten?|schreib\w*|sag\w*|verlang\w*|meld\w*|beschwer\w*|erwahn\w*|wunsch\w*)"
    ),
    "fr": (
        r"\b(?:si|quand|lorsque|lorsqu'|des que|au cas ou) ?(?:(?:un|une|le|la|les|des|vos|nos) )?"
        r"(?:clients?|clientes?|utilisat\w+|visiteu\w+|acheteu\w+|quelqu'un|l'utilisat\w+|l'acheteu\w+)\b[^.!?]{0,40}?"
        r"\b(?:demand\w*|veu\w+|souhait\w*|di[ts]\w*|ecri\w+|plain\w*|plaign\w*|mentionn\w*|signal\w*|reclam\w*|pose\w*)"
    ),
    "es": (
        r"\b(?:si|cuando|en caso de que) (?:(?:un|una|el|la|los|las|algun|alguna|nuestros?) )?"
        r"(?:client\w+|usuari\w+|comprador\w*|visitantes?|alguien)\b[^.!?]{0,40}?"
        r"\b(?:pregunt\w*|quier\w*|pid\w*|dig\w*|dic\w*|escrib\w*|quej\w*|mencion\w*|solicit\w*|dese\w*|reclam\w*)"
    ),
}
SCENARIO_RULES = re.compile("|".join(f"(?:{pattern})" for pattern in _RULES.values()))

_NOT = "never|not|don't|nie|niemals|nicht|jamais|pas|nunca|jamas|no"
_NEVER = (
    r"(?:never|do not|don't|must not|avoid|niemals|nie|nicht|kein\w*|jamais|n'\w+ (?:pas|jamais)|ne \w+ (?:pas|jamais)|"
    r"nunca|jamas|no (?=transfier|deriv|pas[ae]|escal|dig|revel|admit|mencion))"
)
_PERSON = (
    r"(?:humans?|persons?|people|agents?|operators?|colleagues?|staff|team|somebody|mensch\w*|mitarbeiter\w*|"
    r"person\w*|kolleg\w*|humain\w*|conseiller\w*|collegue\w*|equipe|human[oa]s?|agentes?|companer\w*|equipo)"
)
_UP = r"(?:hand(?:ing)? (?:\w+ )?over|escalat\w+|eskalier\w*|escalad\w*|escal(?:er|ez|es?|ar)|passer la main)"
_ALONG = (  # may be about anything, unless a person gets it
    r"(?:transfer\w*|forward\w*|pass\w*|connect\w*|offer\w*|leite\w*|weiter\w*|gib|gebe|ubergeb\w*|verbinde\w*|"
    r"transfier\w*|transmet\w*|redirig\w*|deriv\w*|pas[ae]\w*)"
)
_MACHINE = (
    r"(?:bot|chatbot|robot|machine|ai|artificial|automated|virtual|computer|ki|maschine|kunstlich\w*|automatisch\w*|"
    r"ia|artificiel\w*|automat\w*|maquina|programa)"
)
_ADMIT = (
    r"(?:say|tell|reveal|admit|mention|disclose|let \w+ know|sag\w*|verrat\w*|zugeb\w*|gib\w*|gebe\w*|erwahn\w*|"
    r"offenbar\w*|dire|dis|dites|revel\w*|admet\w*|avou\w*|mentionn\w*|dig\w*|admit\w*|mencion\w*)"
)
_PRETEND = (
    r"(?:pretend|claim|act as if|gib dich|behaupte|tu so|pretend[sz]|fais semblant|faites semblant|finge|haz como)"
)
CONTRADICTIONS = (
    (
        re.compile(
            rf"\b{_NEVER}\b[^.!?]{{0,40}}\b{_UP}\b"
            rf"|\b{_NEVER}\b[^.!?]{{0,30}}\b{_ALONG}\b[^.!?]{{0,30}}\b{_PERSON}\b"
            rf"|\b{_ALONG} (?:\w+ )?{_NEVER}\b[^.!?]{{0,30}}\b{_PERSON}\b"
        ),
        "whoever asks for a person gets one, and so does what the agent can't answer.",
    ),
    (
        re.compile(
            rf"\b{_NEVER}\b[^.!?]{{0,30}}\b{_ADMIT}\b[^.!?]{{0,40}}\b{_MACHINE}\b"
            rf"|\b{_ADMIT}\b[^.!?]{{0,15}}\b(?:nie|niemals|nicht|jamais|pas|nunca)\b[^.!?]{{0,40}}\b{_MACHINE}\b"
            rf"|^(?!.*\b(?:{_NOT})\b).*\b{_PRETEND}\b[^.!?]{{0,40}}\b(?:human|person|mensch|humain|humano|persona)"
        ),
        "an agent that is asked whether it is a machine has to say so; in many places the law wants it.",
    ),
    (
        re.compile(
            r"\b(?:make (?:it |something |an answer )?up|invent (?:an|the|some)|always (?:give|have) an answer|"
            r"erfinde (?:eine|etwas)|denk dir|invente[sz]? (?:une|quelque)|inventa (?:una|algo))\b"
            r"(?<!never make up)(?<!don't make up)(?<!not make up)(?<!never make it up)"
        ),
        "replies come from articles only; what none of them answers goes to people.",
    ),
    (
        re.compile(
            r"\b(?:ignore|disregard|overlook)\b[^.!?]{0,30}\b(?:threats?|legal|lawyers?|suicid\w*|self-harm)"
            r"|\b(?:drohung\w*|rechtlich\w*|anwalt\w*)\b[^.!?]{0,30}\bignorier\w*"
            r"|\bignorier\w*\b[^.!?]{0,30}\b(?:drohung|rechtlich|anwalt)"
            r"|\bignore[rz]?\b[^.!?]{0,30}\b(?:menaces?|juridique|avocats?)"
            r"|\bignor[ae]\b[^.!?]{0,30}\b(?:amenazas?|legales|abogados?)"
        ),
        "self-harm, threats and legal action always go to people.",
    ),
)

# Keys by the beginnings that their makers gave them for being found: https://docs.github.com/en/code-security/secret-scanning
SECRETS = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}|\bwhsec_[A-Za-z0-9+/=]{16,}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\bglpat-[\w-]{16,}"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bbearer +(?=[\w.~+/-]*\d)[\w.~+/-]{16,}"
    r"|\b(?:password|passwort|kennwort|mot de passe|contrase[nñ]a|passcode|api[ _-]?key|access[ _-]?token|secret)"
    r"\s*(?:is|ist|lautet|est|es|[:=])\s*[:=]?\s*[\"'“„«]?(?=\S*\d)[^\s\"'”]{6,}",
    re.IGNORECASE,
)

LEFT_OVER = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX+|TBC)\b|(?i:\blorem ipsum\b)|\[(?=[^\]\n]*[^\W\d_]{2})[^\]\[\n]{2,50}\](?!\()"
    r"|\{\{[^{}\n]{1,50}\}\}|(?<!\{)\{[A-Za-z_ ]{2,40}\}(?!\})|<(?=[^<>\n]*[ _])[A-Za-z][\w ]{2,40}>|_{4,}"
)
