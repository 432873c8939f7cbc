"""Tables for `alarms`: words of people at risk, of threats and of legal action, in each supported language.

Patterns are matched against texts as `words.fold` leaves them: lower case, without accents. Keep quantifiers bounded.
Where a phrase can be meant harmlessly, it stands here only with the words that make it serious.
"""
# ruff: noqa: E501 -- a pattern is read as one line

_I_WILL = r"\b(?:i|we)(?:'ll| will|'m going to|m going to| am going to|'re going to| are going to|'m gonna|m gonna) (?:\w+ ){0,8}"

SELF_HARM: dict[str, tuple[str, ...]] = {
    "en": (
        r"\bkill(?:ing)? myself\b|\b(?:self[- ]harm|suicid(?:e|al))\b",
        r"\b(?:want|wanna|going|gonna|need|urge|thinking (?:of|about))(?: to)? (?:hurt|harm|cut|hang|shoot)(?:ing)? myself\b",
        r"\bend(?:ing)? (?:my (?:own )?life|it all)\b|\btak(?:e|ing) my own life\b",
        r"\bi (?:\w+ )?(?:want to|wanna) die\b|\bbetter off dead\b",
        r"\b(?:don't|dont|do not) want to (?:live|be alive)\b|\b(?:no reason|not worth) (?:to live|living)\b|\btired of living\b",
    ),
    "de": (
        r"\b(?:mich|mir) (?:selbst )?(?:umbringen|toten|das leben nehmen|(?:et)?was antun)\b|\bbring\w* mich (?:\w+ )?um\b(?! \d)",
        r"\b(?:will|mochte|kann|wollte)(?: \w+){0,2} (?:nicht mehr|nimmer) leben\b|\b(?:will|mochte)(?: \w+){0,2} sterben\b",
        r"\bselbstmord\w*|\bsuizid\w*|\bmein(?:em)? leben (?:ein ende|beenden)\b",
    ),
    "fr": (
        r"\b(?:vais|veux|voudrais|envie de|pense a) me (?:suicider|tuer|pendre|faire du mal)\b|\bsuicid\w*",
        r"\b(?:envie de|veux|voudrais) mourir\b|\bmettre fin a (?:mes jours|ma vie)\b|\b(?:veux|envie de) plus vivre\b|\bplus envie de vivre\b",
    ),
    "es": (
        r"\bsuicid\w*|\b(?:quiero|voy a|quisiera|ganas de|pienso) (?:matarme|morir(?:me)?)\b(?! de )|\bme (?:quiero|voy a) (?:matar|morir)\b(?! de )",
        r"\bquitarme la vida\b|\b(?:acabar|terminar) con mi vida\b|\bno quiero (?:seguir )?vivi(?:r|endo)\b(?! (?:en|con|cerca)\b)|\bhacerme dano\b",
    ),
    "it": (
        r"\bsuicid\w*|\b(?:voglio|vorrei|voglia di) (?:morire|uccidermi|ammazzarmi|farla finita)\b|\bmi (?:uccido|ammazzo)\b",
        r"\btogliermi la vita\b|\bporre fine alla mia vita\b|\bnon voglio piu vivere\b|\bfarmi del male\b",
    ),
    "pt": (
        r"\bsuicid\w*|\b(?:quero|vou|queria) (?:morrer|me matar|matar-me)\b",
        r"\b(?:tirar|acabar com|por fim a) (?:a )?minha (?:propria )?vida\b|\bnao quero (?:mais )?viver\b(?! (?:em|com)\b)|\bnao aguento mais viver\b",
    ),
    "nl": (
        r"\bzelfmoord\w*|\bsuicid\w*|\bik (?:wil|ga)(?: \w+){0,2} (?:dood|sterven|niet meer leven)\b",
        r"\b(?:mezelf|mijzelf)(?: \w+)? (?:van het leven|doden|ombrengen|iets aandoen)\b|\bme van kant maken\b|\beinde aan mijn leven\b",
    ),
    "pl": (
        r"\bsamoboj\w*|\bchce (?:sie zabic|umrzec)\b|\b(?:zabije sie|zabic sie|odebrac sobie zycie|skonczyc ze soba)\b",
        r"\bnie chce (?:mi sie )?(?:juz )?zyc\b|\bzrobic sobie krzywde\b",
    ),
    "ja": (r"死にたい|自殺|自死|消えてしまいたい|命を絶|自傷|リストカット|生きていたくない|生きるのが(?:つらい|辛い)",),
    "zh": (
        r"自杀|自殺|想死(?!你|妳)|不想活|活不下去|结束(?:我的|自己的)?生命|結束(?:我的|自己的)?生命|轻生|輕生|自残|自殘",
    ),
}
THREAT: dict[str, tuple[str, ...]] = {
    "en": (
        _I_WILL
        + r"(?:kill|murder|shoot|stab|hurt|attack|beat) (?:you\b|all of you|one of you|(?:every|some)(?:one|body)|them\b|your (?:family|staff|people|boss|driver|children|kids|colleagues))",
        _I_WILL
        + r"(?:burn (?:it|this|you|everything|(?:your|the) \w+) (?:all )?down|(?:burn down|burn|bomb|blow up|set fire to) (?:your|this|the) (?:\w+ )?(?:shop|store|offices?|building|warehouse|house|place))\b",
        r"\bi know where you (?:all )?(?:live|work)\b|\byou(?:'re| are) (?:all )?(?:dead|going to die)\b|\bi'll make you (?:suffer|bleed)\b",
    ),
    "de": (
        r"\bbring\w* (?:euch|dich|sie) (?:alle )?um\b(?! (?:\d|die\b|den\b|das\b))|\b(?:euch|dich) (?:alle )?(?:umbringen|toten|abstechen|erschiessen|verprugeln)\b",
        r"\b(?:fackel|zund|spreng)\w* (?:euch|euren|eure|ihren|den) (?:laden|bude|geschaft|haus|buro)\b|\b(?:laden|bude|geschaft|buro) (?:anzund|abfackel|niederbrenn|in die luft)\w*",
        r"\bich weiss,? wo (?:du|ihr|sie) (?:wohn|arbeite)\w*",
    ),
    "fr": (
        r"\b(?:vais|va|allons|viens) (?:\w+ ){0,2}(?:vous|te) (?:tuer|frapper|tabasser|buter|egorger)\b|\bje (?:vous|te) (?:tue|tuerai|bute)\b",
        r"\b(?:mettre le feu a|faire sauter|faire exploser|bruler) (?:votre|vos|ton) (?:magasin|boutique|bureaux?|maison|entrepot)\b|\bje sais ou (?:vous|tu) (?:habit|travaill)\w*",
    ),
    "es": (
        r"\b(?:os|te|los|les) (?:voy a|vamos a) (?:matar|pegar|disparar|apunalar)\b|\bvoy a matar(?:os|te|los|les)\b",
        r"\bvoy a (?:quemar|incendiar|volar) (?:la|su|vuestra|tu) (?:tienda|oficina|casa)\b|(?<!no )\bse donde (?:vives|viven|vivis|trabajas|trabajan)\b",
    ),
    "it": (
        r"\b(?:vi|ti) (?:ammazzo|uccido|sparo|ammazzero|uccidero)\b",
        r"\b(?:do|daro|dare) fuoco al (?:vostro |tuo )?(?:negozio|ufficio)\b|\bbruci\w* il (?:vostro|tuo) (?:negozio|ufficio)\b|(?<!non )\bso dove (?:abit|lavor|viv)(?:i|ate|ete)\b",
    ),
    "pt": (
        r"\bvou (?:te |vos )(?:matar|espancar)\b|\bvou matar (?:voces?|todos)\b|(?<!nao )\bsei onde (?:voces?|tu) (?:mora|vive|trabalha)\w*",
        r"\bvou (?:queimar|incendiar|explodir) (?:a |sua |a sua |a vossa )(?:loja|casa|empresa)\b",
    ),
    "nl": (
        r"\bik (?:ga|zal|kom) (?:\w+ )?(?:jullie|je|u) (?:\w+ )?(?:vermoorden|doden|afmaken|neersteken|neerschieten|in elkaar slaan)\b|\bik vermoord (?:jullie|je|u)\b|\bik maak (?:jullie|je) (?:af|dood)\b",
        r"\b(?:winkel|kantoor|zaak) (?:\w+ )?(?:in brand (?:steken|zetten)|steek|platbranden|opblazen)\b|\bik weet waar (?:jullie|je|u) (?:woon|won|werk)\w*",
    ),
    "pl": (
        r"\b(?:zabije|zastrzele|pobije|zamorduje) (?:was|cie|ciebie|wszystkich)\b|\b(?:was|cie) (?:wszystkich )?(?:zabije|zastrzele|pobije|zamorduje)\b",
        r"\bspal(?:e|imy) (?:wam |wasz |wasze )?(?:sklep|biuro|firme|dom)\b|(?<!nie )\bwiem,? gdzie (?:mieszkasz|mieszkacie|pracujesz|pracujecie)\b",
    ),
    "ja": (
        r"殺してやる|ぶっ殺|殺すぞ|(?:お前|おまえ|貴様)[^。！？\n]{0,12}殺す|爆破(?:する|して)|(?:店|会社)に火を(?:つけ|付け|放)",
    ),
    "zh": (
        r"(?:杀|殺|弄死|砍死|打死)(?:了|死)?(?:你|妳|您)|(?:烧|燒|炸)(?:了|掉|毁)?(?:你|妳)(?:们|們)?(?:的)?(?:店|公司)|知道(?:你|妳)(?:们|們)?(?:住在?|家在?)哪",
    ),
}
LEGAL: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:my|our) (?:lawyer|attorney|solicitor|barrister|legal (?:team|counsel|advis[eo]r))s?\b|\b(?:get|getting|hire|hiring|contact|call|consult|instruct|see|involve|speak to|talk to) an? (?:lawyer|attorney|solicitor)\b",
        r"\blegal (?:action|proceedings|steps|claim)\b|\blawsuit\b|\bsmall claims\b|\bcourt (?:action|case|claim|order)\b",
        r"\b(?:sue|suing) (?:you|your|them|the company|this company)\b|\b(?:take|taking|see|seeing|drag) (?:\w+ ){1,3}(?:to|in) court\b|\bgo(?:ing)? to court\b",
        r"\breport(?:ing)? (?:you|this|your \w+) to (?:the )?(?:police|authorities|trading standards|ombudsman)\b|\bpress(?:ing)? charges\b",
    ),
    "de": (
        r"\b(?:mein(?:en|em|e|er)?|unser(?:en|em|e|er)?|einen|einem) (?:rechts)?anw(?:alt|altin|alte)\b|\brechtliche\w* schritte\b|\brechtsweg\b",
        r"\bverklag\w*|\bklage (?:gegen|einreich|erheb)\w*|\bvor gericht\b|\bgerichtlich\w*|\bmahnbescheid\b|\bstrafanzeige\b|\banzeige erstatt\w*|\bzeige (?:sie|euch) an\b|\bverbraucherzentrale\b",
    ),
    "fr": (
        r"\b(?:mon|notre|un|une|mes) avocate?s?\b|\b(?:action|poursuites?|procedure|recours) (?:en justice|judiciaires?|legales?)\b",
        r"\b(?:poursuiv\w*|attaqu\w*|saisir|saisis) (?:\w+ )?(?:en |la )justice\b|\b(?:port\w*|depos\w*) plainte\b|\btribunal\b|\bmise en demeure\b",
    ),
    "es": (
        r"\b(?:mi|nuestro|nuestra|un|una) abogad[oa]s?\b|\b(?:acciones|medidas) legales\b|\bvia judicial\b|\btribunal(?:es)?\b",
        r"\b(?:los|les|os|te) (?:voy a |vamos a )?(?:demand|denunci)\w+|\b(?:demandar|denunciar)(?:os|les|los|te)\b|\b(?:poner|interponer|presentar)\w* una (?:demanda|denuncia)\b",
    ),
    "it": (
        r"\bavvocat[oi]\b|\b(?:azion[ei]|vie) legal[ie]\b|\b(?:vi|ti|la) (?:denunci|querel)\w+|\bsporg\w+ denuncia\b",
        r"\bin tribunale\b|\bcitar\w* in giudizio\b|\b(?:fare|faccio|faro|facciamo) causa\b",
    ),
    "pt": (
        r"\b(?:meu|minha|nosso|nossa|um|uma) advogad[oa]s?\b|\b(?:acao|acoes|medidas?) (?:judicia(?:l|is)|lega(?:l|is))\b",
        r"\bvou processar\b|\bprocessar (?:voces?|a empresa)\b|\btribunal\b|\bprocon\b|\bna justica\b",
    ),
    "nl": (
        r"\b(?:mijn|onze|een) (?:advocaat|jurist)\b|\brechtsbijstand\w*|\b(?:juridische|gerechtelijke) (?:stappen|actie|procedure)\b",
        r"\b(?:voor|naar) de rechter\b|\brechtszaak\b|\brechtbank\b|\bkort geding\b|\bingebrekestelling\b|\baangifte (?:tegen|bij de politie)\b",
    ),
    "pl": (
        r"\badwokat\w*|\bprawnik\w*|\bkroki prawne\b|\bpozew\b|\bpoz(?:we|wac|wiemy) (?:was|pa\w+|firme|ten sklep)\b",
        r"\b(?:do|w) sad(?:u|zie)\b|\bdrog\w+ sadow\w+",
    ),
    "ja": (r"弁護士|訴え(?:ます|る|てやる|させ)|訴訟|法的(?:措置|手段|手続)|裁判|告訴|消費者センター",),
    "zh": (r"律师|律師|起诉|起訴|法院|告(?:你们|你們|上法庭)|法律(?:途径|途徑|手段|行动|行動)|诉讼|訴訟|打官司",),
}
