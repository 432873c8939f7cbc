"""Tables for `phrases`: how customers ask for a person, greet and thank, in the first ten languages.

Patterns are matched against texts as `words.fold` leaves them: lower case, without accents. Keep quantifiers bounded.
"""
# ruff: noqa: E501 -- a pattern is read as one line

PERSON = r"(?:human(?: being)?|(?:real|actual|living|live|human|different) (?:person|human|agent|people)|agent|representative|rep|operator|advisor|adviser|customer (?:service|support|care)(?: agent| rep(?:resentative)?)?|support team|support agent|staff(?: member)?|team member|member of (?:the |your )?(?:staff|team)|manager|supervisor)"
ANYONE = r"(?:someone|somebody|anyone|anybody|a person|people|a colleague|your colleague)"
A = r"(?:(?:a|an|the|your|some|any|one of your|actual) )?"

WANTS: dict[str, tuple[str, ...]] = {
    "en": (
        rf"\b(?:speak|talk|chat|connect|transfer|pass|put|escalate|forward|hand|reach|contact|call|phone)(?:ed|ing)?\b(?: (?:me|this|it|over|through|directly|again))* (?:to |with )?{A}(?:{PERSON}|{ANYONE})s?\b",
        rf"\b(?:want|need|like|get|give|have|prefer|find|ask for|request)(?: me| you)? {A}{PERSON}s?\b(?! (?:bag|mode|fee))",
        rf"\b(?:can|could|may|would|will|should) {A}(?:{PERSON}|someone|somebody|anyone|anybody|a person|one of your (?:people|colleagues|team))s? (?:please )?(?:help|call|contact|look|check|answer|reply|write|assist|take|phone|speak|talk|just|deal)\b",
        r"\bhuman (?:help|support|assistance|contact)\b",
        r"\bcall me(?: back)?\b",
    ),
    "de": (
        r"\b(?:mit|zu|an|von) (?:\w+ ){0,2}(?:mensch(?:en)?|person|mitarbeiter(?:in|n)?|berater(?:in)?|kollegen|jemand(?:em)?|sachbearbeiter(?:in)?|vorgesetzten)\b(?: \w+){0,3} (?:sprechen|reden|chatten|telefonieren|verbinden|verbunden|weiterleiten|schreiben|geholfen)",
        r"\b(?:sprech|red|verbind)\w* (?:\w+ ){0,3}(?:mensch(?:en)?|mitarbeiter(?:in|n)?|berater(?:in)?|jemand(?:em)?|echten person|kundenservice)\b",
        r"\b(?:will|mochte|brauche|hatte gern|bitte)(?: \w+){0,2} (?:menschen|mitarbeiter(?:in)?|berater(?:in)?|echte person)\b",
        r"\bkann (?:mir |sich )?(?:bitte )?(?:jemand|ein mensch|ein mitarbeiter)\b",
        r"\brufen sie mich\b",
    ),
    "fr": (
        r"\b(?:parler|discuter|echanger|communiquer|joindre|contacter)(?: directement)?(?: a| avec)? (?:quelqu'un|(?:(?:un|une|votre|le|la) )?(?:vrai |vraie |autre )?(?:humain|etre humain|personne|conseiller|conseillere|agent|operateur|service client|responsable))\b",
        r"\b(?:veux|voudrais|souhaite|besoin d'|passez-moi|passer)(?: \w+){0,2} ?(?:un |une )?(?:vrai |vraie )?(?:humain|conseiller|conseillere|agent|vraie personne|operateur)\b",
        r"\bquelqu'un (?:peut|pourrait|peut-il|pourrait-il)\b",
        r"\b(?:vraie personne|un humain)\b",
    ),
    "es": (
        r"\b(?:hablar|chatear|comunicar\w*|contactar|conectar\w*|pasar\w*|paseme|comuniqueme)(?: \w+)? (?:con|a) (?:alguien|(?:(?:un|una|el|la|su) )?(?:verdader[oa] )?(?:human[oa]|persona|agente|asesor[a]?|operador[a]?|representante|encargad[oa]|responsable|empleado))\b",
        r"\b(?:quiero|necesito|quisiera)(?: a)? (?:un |una )(?:human[oa]|agente|asesor[a]?|operador[a]?|representante|persona real)\b",
        r"\b(?:puede|podria) (?:alguien|una persona)\b|\balguien (?:puede|me puede|podria)\b",
        r"\bpersona real\b",
    ),
    "it": (
        r"\b(?:parlare|chattare|comunicare|contattare|passar\w*|mi passi)(?: direttamente)? (?:con )?(?:qualcuno|(?:un |un'|una |il |l')?(?:ver[oa] )?(?:essere umano|umano|persona|operator[ei]|operatrice|addetto|consulente|responsabile|assistenza))\b",
        r"\b(?:voglio|vorrei|serve|ho bisogno di)(?: \w+)? (?:un |una |un')(?:operator[ei]|operatrice|umano|essere umano|persona (?:reale|vera)|consulente)\b",
        r"\b(?:puo|potrebbe) (?:qualcuno|una persona)\b|\bqualcuno (?:puo|potrebbe|mi puo)\b",
    ),
    "pt": (
        r"\b(?:falar|conversar|contactar|contatar|ligar|passar|transferir)(?: \w+)? (?:com|para|a) (?:alguem|(?:(?:um|uma|o|a) )?(?:verdadeir[oa] )?(?:human[oa]|pessoa|atendente|agente|assistente|operador[a]?|colaborador[a]?|responsavel|funcionari[oa]))\b",
        r"\b(?:quero|preciso de|queria|gostaria de)(?: ter)? (?:um |uma )(?:human[oa]|atendente|operador[a]?|pessoa real)\b",
        r"\balguem (?:pode|poderia|me pode)\b",
        r"\bpessoa (?:real|de verdade)\b",
    ),
    "nl": (
        r"\b(?:spreken|praten|chatten|verbinden|doorverbinden|contact)\b(?: \w+){0,2} (?:met|door) (?:iemand|(?:(?:een|de|uw) )?(?:echte? )?(?:mens|persoon|medewerker|collega|klantenservice))\b",
        r"\b(?:een (?:echt[e]? )?(?:mens|medewerker|persoon)|iemand)(?: \w+){0,2} (?:spreken|praten|chatten)\b",
        r"\b(?:wil|nodig|graag)(?: \w+){0,2} een (?:echt[e]? )?(?:mens|medewerker)\b",
        r"\bkan iemand\b|\becht(?:e)? (?:mens|persoon)\b",
    ),
    "pl": (
        r"\b(?:rozmaw\w+|porozmaw\w+|pogadac|polacz\w*|kontakt\w*|skontaktowac)(?: \w+){0,2} z (?:\w+ ){0,2}(?:czlowiekiem|osoba|konsultantem|konsultantka|pracownikiem|kims|przedstawicielem|doradca|obsluga|agentem|kierownikiem)\b",
        r"\b(?:chce|potrzebuje|prosze o)(?: \w+){0,2} (?:czlowieka|konsultanta|pracownika|zywego czlowieka|kontakt)\b",
        r"\bczy ktos (?:moze|moglby)\b|\bzyw(?:ym|ego) czlowiek\w*\b",
    ),
    "ja": (
        r"(?:人間|にんげん|オペレーター|担当者|担当の方|スタッフ|係の(?:方|人)|人)(?:の方)?(?:と|に|へ)(?:直接)?[おご]?(?:話|はな|つな|繋|代わ|替わ|かわ|相談|連絡|お願い|変わ)",
        r"(?:オペレーター|担当者|有人対応|人間)(?:を|で|の対応を)?(?:お願い|希望|呼)",
        r"有人(?:対応|チャット|サポート)",
    ),
    "zh": (
        r"(?:转|找|接|要|联系|轉|聯繫|聯絡)(?:接)?(?:一?个|一?位|一?個)?(?:人工|真人|客服|专员|工作人员|客服人员|專員)",
        r"(?:跟|和|与|同|與)(?:一?个|一?位|一?個)?(?:真?人|人工|客服|工作人员|真人客服|专员)(?:说话|聊|谈|沟通|讲|交流|对话|說話|談|溝通)",
        r"人工(?:客服|服务|服務)|真人(?:客服|服务)",
    ),
}
GREETINGS = (
    "hi|hello|hey|hiya|heya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|"
    "hallo|guten (?:tag|morgen|abend)|moin|servus|gruss gott|gruezi|"
    "bonjour|bonsoir|salut|coucou|"
    "hola|buen(?:os|as) (?:dias|tardes|noches)|buenas|"
    "ciao|salve|buongiorno|buonasera|buon giorno|"
    "ola|oi|bom dia|boa (?:tarde|noite)|"
    "hoi|goede(?:n)?(?:dag|morgen|middag|avond)|goede (?:morgen|middag|avond)|dag|"
    "czesc|dzien dobry|dobry wieczor|witam|witaj|hej|"
    "こんにちは|こんばんは|おはよう(?:ございます)?|はじめまして|もしもし|你好|您好|早上好|下午好|晚上好|大家好|哈喽|嗨"
)
THANKS = (
    "thanks|thank you|thank u|thankyou|thx|ty|cheers|much appreciated|i appreciate (?:it|your help)|many thanks|"
    "danke(?: schon| sehr)?|dankeschon|vielen dank|herzlichen dank|besten dank|merci(?: beaucoup| bien)?|"
    "(?:muchas |mil )?gracias|grazie(?: mille)?|(?:muito )?obrigad[oa]|valeu|"
    "(?:hartelijk |heel erg |erg )?(?:dank je(?: wel)?|dank u(?: wel)?|bedankt|dankjewel)|"
    "dziekuje(?: bardzo)?|dzieki|(?:bardzo )?dziekuje|"
    "(?:どうも)?ありがとう(?:ございます|ございました)?|感謝します|助かりました|(?:非常|多|十分)?(?:谢谢|感谢|謝謝)(?:你|您|了)?|多谢"
)
PRAISE = (  # of two that begin alike, the longer stands first
    "that (?:helps|helped|worked|works|was (?:quick|fast|helpful)|is (?:all|great|what i (?:wanted|needed)(?: to know)?))|"
    "that's (?:all|great|it|perfect|helpful|good)|thats (?:all|great|it|perfect|helpful|good)|it works(?: now)?|works now|"
    "very helpful|great service|good to know|got it|understood|i see|makes sense|fair enough|will do|sounds good|all good|"
    "ok|okay|great|good|perfect|super|nice|cool|awesome|brilliant|lovely|excellent|wonderful|amazing|fine|"
    "alles klar|verstanden|prima|wunderbar|parfait|d'accord|genial|perfecto|vale|entendido|perfetto|va bene|capito|"
    "perfeito|otimo|entendi|top|helemaal goed|rozumiem|swietnie|"
    "了解(?:です|しました)?|わかりました|承知しました|好的?|明白了|知道了"
)
FILLERS = (
    "there|team|all|everyone|everybody|folks|guys|sir|madam|so much|very much|a lot|again|for (?:the|your|all your) "
    "(?:help|answer|reply|support|quick (?:help|answer|reply)|time|info|information)|and|very|much|zusammen|"
    "fur (?:die|ihre|deine) (?:hilfe|antwort|info)|a tous|pour votre (?:aide|reponse)|por (?:su|tu|la) ayuda|per l'aiuto|"
    "pela ajuda|voor (?:de|uw|je) hulp|za pomoc|ah|oh|yes|no|that|how are you(?: doing)?(?: today)?|"
    "wie geht(?:'s| es ihnen)|ca va|que tal|como estas|come sta|tudo bem|hoe gaat het"
)
