"""Tables for `promises`: how an agent's reply promises people or a later answer, or admits that it can't look.

Patterns are matched against single sentences as `words.fold` leaves them. They need the agent itself as the one who
acts ("I've passed this on", "a colleague will write to you"): an article says what "we" do, and that is no promise of
the agent's. A question ("shall I connect you?") is an offer.
"""
# ruff: noqa: E501 -- a pattern is read as one line

_PEOPLE = r"(?:team\b|colleagues?|specialists?|human|person|people|agents?\b|representatives?|support|managers?|supervisors?|department|someone|somebody|staff|experts?|billing|returns)"

HANDOVER: dict[str, tuple[str, ...]] = {
    "en": (
        rf"\bi(?:'ll| will|'ve| have|'m| am|'m going to| am going to)?(?: now| just| also| already| gladly)? (?:(?:pass|forward|transferr?|hand|connect|escalat|redirect|rout|refer|assign|rais)(?:e|ed|ing)?|put(?:ting)?|(?:be )?(?:passing|handing)) (?:\w+ ){{0,7}}(?:to|with|through to|over to) (?:\w+ ){{0,4}}{_PEOPLE}",
        r"\bi(?:'ll| will|'ve| have|'m| am)(?: now| just)? escalat(?:e|ed|ing) (?:this|it|your)\b|\b(?:i'm|i am|i'll|i will) (?:now )?(?:transfer|connect)(?:ring|ing)? you\b",
        r"\b(?:your (?:case|request|message|question|conversation)|this) has been (?:passed|forwarded|escalated|transferred|handed)\b",
        r"\b(?:a|one of (?:our|my)|our|my|the) (?:\w+ ){0,2}(?:colleagues?|team|specialists?|agents?|representatives?|advis[eo]rs?|team members?|managers?)(?: \w+){0,3} will (?:\w+ )?(?:contact|reply|respond|answer|write|call|email|reach out|follow up|take over|be in touch|get (?:back|in touch)|look into|assist|help|review)\b",
        r"\b(?:someone|somebody)(?: from our \w+| from the \w+| on our team)? will (?:\w+ )?(?:contact|reply|respond|answer|write|call|email|reach out|follow up|take over|be in touch|get (?:back|in touch)|look into|assist|help)\b",
    ),
    "de": (
        r"\bich (?:leite|gebe|ubergebe|verbinde|reiche)(?: \w+){0,8} (?:weiter\b|team\b|kolleg\w+|mitarbeiter\w*|support\b|ab\b)|\bich (?:habe|werde)(?: \w+){0,8} (?:weitergeleitet|weitergegeben|ubergeben|weiterleiten|weitergeben|verbinden|eskaliert)\b",
        r"\b(?:ein(?:e|er)?|unser(?:e)?|mein(?:e)?|jemand)(?: \w+){0,4} (?:meldet|melden) sich\b|\b(?:kolleg\w+|mitarbeiter\w*|team|jemand) wird (?:\w+ ){0,4}(?:melden|antworten|kontaktieren|ubernehmen|kummern)\b|\b(?:kolleg\w+|mitarbeiter\w*) (?:ubernimmt|kummert sich)\b",
        r"\bihre? (?:anfrage|anliegen|fall|nachricht) wurde (?:\w+ ){0,3}(?:weitergeleitet|weitergegeben|ubergeben)\b",
    ),
    "fr": (
        r"\bje (?:vais )?(?:vous |le |la |les )?(?:transfer|transmet|transmett|mets? en relation|passe|passer)\w*(?: \w+){0,7} (?:a|avec|vers) (?:\w+ ){0,2}(?:equipe|collegue|conseiller|conseillere|specialiste|service|responsable)\b|\bj'ai transmis\b",
        r"\b(?:collegue|conseiller|conseillere|equipe|quelqu'un) (?:va|vous) (?:\w+ ){0,2}(?:contacter|repondre|recontacter|contactera|repondra|recontactera)\b",
    ),
    "es": (
        r"\b(?:le |te |lo |la )?(?:paso|transfiero|derivo|voy a (?:pasar|transferir|derivar)\w*|he (?:pasado|transferido|derivado))(?: \w+){0,7} (?:a|con) (?:\w+ ){0,2}(?:equipo|companer[oa]|colega|agente|especialista|asesor[a]?|persona)\b",
        r"\b(?:companer[oa]|colega|agente|equipo|alguien|especialista)(?: \w+){0,3} (?:contactara|respondera|escribira|se pondra en contacto|contestara)\b",
    ),
    "it": (
        r"\b(?:la |ti |le )?(?:passo|trasferisco|inoltro|metto in contatto|ho (?:inoltrato|passato|trasferito))(?: \w+){0,7} (?:a|al|alla|ai|con|con un) ?(?:\w+ ){0,2}(?:team|collega|colleghi|operatore|operatrice|specialista|assistenza)\b",
        r"\b(?:collega|operatore|operatrice|team|qualcuno)(?: \w+){0,3} (?:contattera|rispondera|ricontattera|scrivera)\b",
    ),
    "pt": (
        r"\b(?:vou|estou a|ja|acabei de) (?:\w+ )?(?:passar|transferir|encaminhar|encaminhei|transferi|passei)\w*(?: \w+){0,7} (?:para|a|ao) (?:\w+ ){0,2}(?:equipe|equipa|colega|atendente|especialista|agente)\b|\b(?:encaminhei|transferi) (?:o|a|seu|sua)\b",
        r"\b(?:colega|atendente|equipe|equipa|alguem|especialista)(?: \w+){0,3} (?:entrara em contato|entrara em contacto|respondera|contactara|vai responder|vai entrar em conta)",
    ),
    "nl": (
        r"\bik (?:geef|stuur|verbind|zet|draag)(?: \w+){0,8} (?:door\b|collega\b|over aan\b)|\bik heb (?:\w+ ){0,6}(?:doorgegeven|doorgestuurd|doorgezet|overgedragen)\b",
        r"\b(?:collega|medewerker|team|iemand)(?: \w+){0,3} (?:neemt (?:\w+ ){0,3}contact|zal (?:\w+ ){0,3}(?:antwoorden|contact)|reageert)\b",
    ),
    "pl": (
        r"\b(?:przekazuje|przekaze|przekazal[ae]m|lacze|polacze)(?: \w+){0,6} (?:do|z|zespol\w*|konsultant\w*|kole\w+|pracownik\w*|specjali\w+)\b",
        r"\b(?:konsultant\w*|kolega|kolezanka|zespol|ktos|pracownik|specjalista)(?: \w+){0,3} (?:skontaktuje sie|odpowie|odezwie sie|odpisze)\b",
    ),
    "ja": (
        r"(?:担当者?|スタッフ|オペレーター|チーム)(?:の者)?に(?:お?引き継|おつなぎ|お繋ぎ|転送|お?取り次|申し伝え)|(?:担当者?|スタッフ|オペレーター)(?:から|より)[^。]{0,12}(?:連絡|返信|回答)(?:いた|し|させ|差し)",
    ),
    "zh": (
        r"(?:我|已|会|將|将)[^。！？]{0,8}(?:转接|转给|转交|轉接|轉交|轉給|升级给)[^。！？]{0,8}(?:人工|同事|客服|团队|團隊|专员|專員)|(?:同事|客服|专员|專員|团队|團隊|工作人员)(?:会|將|将)[^。！？]{0,8}(?:联系|聯絡|聯繫|回复|回覆|答复)(?:您|你)",
    ),
}
LATER: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:i|we)(?:'ll| will) (?:\w+ ){0,2}(?:get back to you|follow up|be in touch|reach out|come back to you)\b|\byou(?:'ll| will) hear (?:back )?from (?:us|me|our)\b",
        r"\bi(?:'ll| will) (?:\w+ ){0,2}(?:check|look into|investigate|find out|ask)(?: \w+){0,7} and (?:\w+ ){0,2}(?:let you know|get back|update you|come back|tell you|write)\b|\bi(?:'ll| will) (?:let you know|update you|keep you (?:posted|updated|informed))\b",
    ),
    "de": (
        r"\b(?:ich|wir) (?:melde|melden) (?:mich|uns)\b|\bich (?:gebe|werde) ihnen (?:\w+ ){0,3}(?:bescheid|mitteilen)\b|\bsie horen (?:\w+ ){0,3}von (?:uns|mir)\b|\b(?:ich|wir) komm(?:e|en) (?:\w+ ){0,3}auf sie zuruck\b",
        r"\bich (?:klare|prufe|frage)(?: \w+){0,8} und (?:melde|gebe|sage|informiere)\b|\b(?:ich|wir) werden? (?:mich|uns) (?:\w+ ){0,4}melden\b",
    ),
    "fr": (
        r"\bje (?:reviens|reviendrai) vers vous\b|\bnous (?:revenons|reviendrons) vers vous\b|\bje vous (?:tiens|tiendrai) (?:au courant|informe)",
    ),
    "es": (
        r"\b(?:le|te|os|les) (?:mantendre|mantendremos) informad|\b(?:me|nos) (?:pondre|pondremos) en contacto\b|\b(?:le|te) (?:avisare|escribire|respondere) (?:en cuanto|mas tarde|pronto)\b",
    ),
    "it": (
        r"\b(?:la|ti|vi) (?:ricontatt|aggiorn|terr|faremo sap|faro sap)\w*(?:o|emo|ere)\b|\b(?:le|ti) faro sapere\b",
    ),
    "pt": (
        r"\b(?:entrarei|entraremos) em conta(?:c)?to\b|\b(?:retornarei|retornaremos)\b|\b(?:avisarei|avisaremos|manterei|manteremos)\b",
    ),
    "nl": (
        r"\b(?:ik|we|wij) (?:kom|komen) (?:\w+ ){0,3}(?:bij u|bij je|op) (?:\w+ )?terug\b|\b(?:ik|we) (?:laat|laten|houd|houden) (?:u|je) (?:\w+ ){0,2}(?:weten|op de hoogte)\b|\bu hoort (?:\w+ ){0,2}van (?:ons|mij)\b",
    ),
    "pl": (
        r"\b(?:odezwe|odezwiemy|skontaktuje|skontaktujemy) sie\b|\b(?:dam|damy) (?:pan\w* |ci )?znac\b|\bwroce z odpowiedzia\b",
    ),
    "ja": (r"(?:後ほど|後日|追って|確認の上|確認して)[^。]{0,12}(?:ご連絡|ご返信|ご回答|お知らせ)",),
    "zh": (
        r"(?:我|我们|我們)[^。！？]{0,6}(?:稍后|稍後|之后|之後|尽快|盡快)[^。！？]{0,6}(?:联系|聯絡|聯繫|回复|回覆|答复|通知)(?:您|你)",
    ),
}
NO_ACCESS: dict[str, tuple[str, ...]] = {
    "en": (
        r"\bi (?:don't|do not|currently don't|currently do not)(?: \w+){0,2} have (?:\w+ ){0,2}access\b|\bi have no (?:\w+ )?access\b|\bi(?:'m| am) (?:not able|unable) to (?:access|see|view|look up|check|retrieve)\b",
        r"\bi (?:can't|cannot|can not|could not|couldn't) (?:\w+ )?(?:access|see|view|look up|retrieve|pull up|check) (?:your|the|any|this|individual|order|account|customer)\b",
    ),
    "de": (
        r"\bich habe (?:\w+ ){0,4}kein(?:en|e|erlei)? (?:\w+ )?(?:zugriff|zugang|einblick|einsicht)\b|\bich kann (?:\w+ ){0,6}nicht (?:\w+ )?(?:einsehen|zugreifen|abrufen|nachsehen|sehen)\b",
    ),
    "fr": (
        r"\bje n'ai (?:\w+ )?(?:pas|aucun) (?:\w+ )?acces\b|\bje (?:ne )?peux pas (?:acceder|consulter|voir) (?:a )?(?:votre|vos|la|le)\b",
    ),
    "es": (
        r"\b(?:no tengo|no dispongo de) acceso\b|\bno puedo (?:acceder|ver|consultar) (?:a )?(?:su|tu|sus|tus|la|el|los)\b",
    ),
    "it": (r"\bnon ho (?:\w+ )?accesso\b|\bnon posso (?:accedere|vedere|consultare)\b",),
    "pt": (r"\bnao tenho (?:\w+ )?acesso\b|\bnao (?:posso|consigo) (?:acessar|aceder|ver|consultar)\b",),
    "nl": (
        r"\bik heb (?:\w+ ){0,2}geen (?:\w+ )?(?:toegang|inzage)\b|\bik kan (?:\w+ ){0,4}niet (?:inzien|bekijken|opzoeken|zien)\b",
    ),
    "pl": (r"\bnie mam (?:\w+ )?(?:dostepu|wgladu)\b|\bnie moge (?:sprawdzic|zobaczyc|zajrzec)\b",),
    "ja": (
        r"(?:アクセス|閲覧|確認)(?:する(?:ことが|権限が)|できる権限が)?(?:できません|でき(?:かね|兼ね)|ありません)",
    ),
    "zh": (r"我(?:目前)?(?:无法|無法|不能|没有权限|沒有權限)(?:直接)?(?:访问|存取|查看|查询|查詢|查到)",),
}
