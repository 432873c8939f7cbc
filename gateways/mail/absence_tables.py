"""How autoresponders begin their subjects, and speak of an absence, in eighteen languages."""

import re

REPLY_SUBJECTS = re.compile(
    r"(?:re|aw|sv|vs|antw|odp|ynt|回复|答复)?\s*:?\s*[\[(]?(?:"
    r"auto(?:matic|mated|mated e-?mail)?[ -]?(?:reply|response|answer|acknowledge?ment)?\s*[:\])]|"
    r"auto(?:matic|mated)?[ -]?(?:reply|response)\b|"
    r"out of (?:the )?office(?: auto ?reply|\s*[:\])]|$)|.{1,60} is out of the office|"
    r"vacation (?:reply|response)\b|away from my mail|"
    r"automatische (?:antwort|antwoord|e-?mail)|abwesenheits(?:notiz|nachricht|assistent|meldung)|"
    r"abwesend\s*:|nicht im büro\s*:|"
    r"réponse automatique|absence du bureau|absent(?:e)? du bureau|message d['’]absence|"
    r"respuesta automática|fuera de (?:la )?oficina|"
    r"risposta automatica|fuori (?:sede|ufficio)|assente\s*:|"
    r"resposta automática|fora do escritório|ausência temporária|ausente\s*:|"
    r"automatisch antwoord|afwezig(?:heid)?\s*:|"
    r"automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|poza biurem|"
    r"автоматический ответ|автоответ|вне офиса|нет на работе|"
    r"automatiskt svar|frånvaro|autosvar|automatisk svar|ikke på kontoret|fravær|"
    r"automaattinen vastaus|poissaolo|"
    r"automatická odpověď|mimo kancelář|"
    r"otomatik yanıt|ofis dışında|"
    r"自動返信|自動応答|不在(?:通知|のお知らせ)|自动回复|自動回覆|不在办公室|자동 ?회신|부재중|"
    r"αυτόματη απάντηση|automatikus válasz|răspuns automat|автоматична відповідь)",
    re.IGNORECASE,
)

ABSENT = re.compile(
    r"out of (?:the )?office|"
    r"(?:am|be|is) (?:currently )?(?:away|on (?:annual |parental |maternity |sick )?leave|on (?:vacation|holiday))|"
    r"automat(?:ic|ed) (?:reply|response|message)|limited access to (?:my )?e-?mail|will not return until|"
    r"nicht im (?:büro|haus)|abwesend|nicht erreichbar|im urlaub|automatische (?:antwort|nachricht)|"
    r"absent(?:e)? (?:du|jusqu|de)|en congés?|de retour le|réponse automatique|"
    r"fuera de la oficina|de vacaciones|respuesta automática|estaré ausente|"
    r"fuori (?:sede|ufficio)|in ferie|risposta automatica|assente|"
    r"fora do escritório|de férias|resposta automática|ausente|"
    r"afwezig|niet op kantoor|met vakantie|automatisch antwoord|"
    r"poza biurem|na urlopie|nieobecn|automatyczna odpowiedź|"
    r"в отпуске|отсутств|вне офиса|автоматический ответ|"
    r"inte på kontoret|semester|automatiskt svar|frånvarande|ikke på kontoret|på ferie|fraværende|automatisk svar|"
    r"poissa|lomalla|automaattinen vastaus|mimo kancelář|na dovolené|automatická odpověď|"
    r"ofis dışında|izinde|otomatik yanıt|"
    r"不在にして|休暇|自動(?:返信|応答)|休假|不在办公室|自动回复|自動回覆|부재중|휴가|"
    r"εκτός γραφείου|szabadságon|automatikus válasz|concediu|у відпустці",
    re.IGNORECASE,
)
