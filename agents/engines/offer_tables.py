"""Tables for `promises`: how an agent's reply asks whether a person is wanted, in the ten languages.

A sentence offers a person if it is a question, begins as one of ASKS does, and has a word of ACTS and one of PEOPLE in
it, in whatever order: in German and Dutch the verb comes last. Matched against sentences as `words.fold` leaves them.
"""
# ruff: noqa: E501 -- a pattern is read as one line

ASKS: dict[str, str] = {
    "en": r"\b(?:shall|should|can|may|could) (?:i|we)\b|\bwould you (?:like|prefer|rather)\b|\bdo you want\b|\bwant me to\b",
    "de": r"\b(?:soll|darf|kann|konnte) ich\b|\bsollen wir\b|\b(?:mochten|wollen|wunschen) sie\b|\b(?:mochtest|willst) du\b",
    "fr": r"\b(?:voulez|souhaitez|desirez|prefere[zs])-vous\b|\bveux-tu\b|\b(?:dois|puis)-je\b|\best-ce que je peux\b",
    "es": r"\b(?:quieres?|desea[s]?|(?:le|te) gustaria|prefieres?|puedo|necesitas?)\b",
    "it": r"\b(?:vuole|vuoi|desidera|desideri|preferisc[ei]|posso|le piacerebbe)\b",
    "pt": r"\b(?:quer|queres|deseja[s]?|gostaria|prefere[s]?|posso)\b",
    "nl": r"\b(?:wilt u|wil je|zal ik|mag ik|kan ik|zullen we)\b",
    "pl": r"\bczy\b|\b(?:mam|moge|chcesz|chce pan|chce pani)\b",
    "ja": r"(?:ましょうか|しょうか|ますか|よろしいですか|ませんか)",
    "zh": r"(?:需要|要不要|是否|想要?|可以|要)",
}
ACTS: dict[str, str] = {
    "en": r"\b(?:connect|transfer|pass|put|hand|forward|escalat|speak|talk|chat|bring|refer|involve|get)\w*",
    "de": r"(?:verbind|verbund|weiterleit|weitergeleit|weitergeb|weitergegeb|ubergeb|sprech|einschalt|hinzu|holen|wende|reden)\w*",
    "fr": r"\b(?:pass|transf[ei]r|transmett|mett|parl|orient|connect|redirig|sollicit)\w*",
    "es": r"\b(?:pas|transf|comuni|conect|habl|deriv|pong|contact)\w*",
    "it": r"\b(?:pass|trasf|mett|parl|inoltr|colleg(?:hi|are|o|arla)|coinvolg|contatt)\w*",
    "pt": r"\b(?:pass|transf|encaminh|fal|conect|ligu|contact|contat)\w*",
    "nl": r"(?:verbind|doorgeef|doorgev|geef|doorstur|stuur|sprek|praat|praten|overdra|inschakel|erbij)\w*",
    "pl": r"(?:przekaz|polacz|rozmaw|przelacz|skontakt)\w*",
    "ja": r"つな|繋|引き?継|代わ|転送|お取り?次|連絡|話",
    "zh": r"转|轉|联系|聯繫|接|交给|交給|找",
}
PEOPLE: dict[str, str] = {
    "en": r"\b(?:team|colleagues?|specialists?|human|person|people|(?:human|live|support) agents?|representatives?|someone|"
    r"somebody|manager|supervisor|expert|support)\b",
    "de": r"\b(?:team|kolleg\w*|mitarbeit\w*|mensch\w*|jemand\w*|person|berater\w*|kundenservice|kundendienst)\b",
    "fr": r"\b(?:equipe|collegues?|conseiller\w*|humain|quelqu'un|une personne|agents?|collaborat\w*)\b",
    "es": r"\b(?:equipo|companer[oa]s?|colegas?|agente|asesor[a]?|alguien|una persona|human[oa]|especialista)\b",
    "it": r"\b(?:team|collegh?[aei]|operator[ei]|operatrice|qualcuno|una persona|umano|addett[oai]|consulente)\b",
    "pt": r"\b(?:equip[ae]|colegas?|atendente|agente|alguem|uma pessoa|human[oa]|especialista|assistente)\b",
    "nl": r"\b(?:team|collega'?s?|medewerker\w*|iemand|mens|persoon|klantenservice)\b",
    "pl": r"\b(?:zespol\w*|koleg\w*|kolezan\w*|konsultant\w*|czlowiek\w*|pracownik\w*|osoba|specjalist\w*|kims)\b",
    "ja": r"担当|スタッフ|オペレーター|係|有人|人間",
    "zh": r"人工|同事|客服|专员|專員|真人|团队|團隊|工作人员",
}
