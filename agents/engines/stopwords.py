"""Words that say nothing about what a customer wants, by language, and words that mean the same in a support desk.

All are written as `words.fold` leaves them: lower case, without accents.
"""

import re

STOPWORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        """a about after again ago all already also although always am an and another any anybody anyone anything are
        aren't arent around as ask asked asking at away be because been before being between both but by can can't
        cannot cant come comes could couldn't couldnt day dear did didn't didnt do does doesn't doesnt doing don't done
        dont each either else even ever every everything exactly far few for from further get gets getting give given go
        goes going good got had hadn't has hasn't hasnt have haven't havent having he hello her here hers hey hi him his
        hour how however i i'd i'll i'm i've id if i'm im in instead into is isn't isnt it it's its itself just keep
        keeps kind know last least let let's lets like ll look lot made make many may maybe me mine more
        most much must my myself near need needs never new next no nor not nothing now of off on once one only or other ought
        our ours out over own people perhaps please possible properly put quite rather re really right said same say
        says see seem seems shall she should show since so some somebody someone something soon still stuff such sure
        take taken takes tell than thank thanks that that's thats the their theirs them themselves then there there's
        theres these they they're thing things think this those though through thus till time times to today together
        tomorrow too toward try trying two under until up upon us use used using usually ve very via want wanted wants
        was wasn't way we we'd we'll we're we've well went were weren't what what's whats when when's where where's
        wheres whether which while who who's whom whose why will wish with within without won't wont would wouldn't yes
        yesterday yet you you'd you'll you're you've your yours yourself""".split()
    ),
    "de": frozenset(
        """aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bitte da damit
        danke dann darf das dass dein dem den denn der des deshalb die dies diese diesem diesen dieser dieses doch dort
        du durch ein eine einem einen einer eines er es etwas euch euer eure eurem euren eurer fur gab gegen geht gern
        gerne gibt guten habe haben hallo hast hat hatte hatten hatte hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
        im immer in ins ist ja jede jeden jetzt kann kannst kein keine keinen konnen konnte konnten leider machen macht
        mal man mein meine meinem meinen meiner mehr mich mir mit mochte muss mussen nach nicht nichts noch nun nur ob
        oder ohne schon sehr sein seine seit sich sie sind so soll sollte sondern uber um und uns unser unsere unter vom
        von vor wann war waren warum was weil welche welchem welchen welcher welches wenn wer werde werden wie wieder
        will wir wird wo wollen wurde wurden zu zum zur zwischen""".split()
    ),
    "fr": frozenset(
        """a ai ainsi alors apres as au aucun aussi autre aux avais avait avant avec avez avoir avons bien bonjour car ce
        cela celle celui ces cet cette chez comme comment d' dans de depuis des deux dois doit donc du elle elles en
        encore est et etait ete etre eu fait faire faut il ils j'ai j'aimerais je jusqu la le les leur leurs lui ma mais
        me meme merci mes moi mon ne ni non nos notre nous on ont ou par pas peut peux plait plus pour pourquoi pouvez
        puis puis-je qu'est quand que quel quelle quelles quels qui quoi s'il sa sans se sera ses si son sont sous suis
        sur ta te tes toi ton tous tout toute toutes tres tu un une va vers veux voici voudrais vos votre vous y""".split()
    ),
    "es": frozenset(
        """a al algo alguien algun alguna ante antes aqui asi aun aunque bien buenas buenos cada como con contra cual
        cuales cuando cuanto cuanta de del desde donde dos el ella ellas ellos en entre era es esa ese eso esta estaba
        estan estar este esto estos estoy fue gracias ha hace hacer han hasta hay he hola la las le les lo los mas me mi
        mis mismo mucho muy nada ni no nos nosotros nuestra nuestro o os otra otro para pero por porque pude puede
        pueden puedo que quien quiero quisiera se ser si sido sin sobre solo son soy su sus tambien tan te tengo tiene
        tienen todo todos tu tus un una uno unos usted ustedes va vosotros y ya yo""".split()
    ),
    "it": frozenset(
        """a abbiamo ad ai al alla alle allo anche ancora avere avete buongiorno c'e che chi ci ciao come con cosa cui da
        dal dalla dei del della delle dello di dove dopo due e ed era essere gia gli grazie ha hai hanno ho i il in io
        la le lei li lo loro ma me mi mia mie miei mio molto ne nei nel nella no noi non nostra nostro o ogni per perche
        piu poi posso prima puo quale quali quando quanto quanta quella quello questa questo qui se sei senza si sia
        siamo siete solo sono sta sto su sua sue sugli sul sulla suo tra tu tua tuo tutti tutto un una uno vi voglio voi
        vorrei vostra vostro""".split()
    ),
    "pt": frozenset(
        """a ainda algum alguma ao aos aqui as ate bem boa bom cada com como da das de dela dele depois do dois dos e ela
        elas ele eles em entre era essa esse esta estao estar estas este estou eu fazer foi gostaria ha isso isto ja la
        lhe mais mas me mesmo meu meus minha minhas muito na nao nas nem no nos nossa nosso o obrigado obrigada ola onde
        os ou para pela pelo pode podem por porque posso pra qual quais quando quanto que quem quero se sem ser seu seus
        sim so sobre sou sua suas tambem tao tem tenho ter teu todo todos tu tua um uma umas uns vai vos voce voces""".split()
    ),
    "nl": frozenset(
        """aan al alle alles als ben bent bij bijna daar dag dan dat de deze die dit doen dus een en er even geen goed
        goedendag graag had hallo heb hebben hebt heeft het hier hij hoe hoeveel iemand iets ik in is ja je jij jullie
        kan kunnen kunt maar me meer men met mij mijn moet moeten mogen na naar niet niets nog nu of om omdat ons onze
        ook op over te tegen toch toen tot u uit uw van veel via voor waar waarom wanneer want waren was wat we weer
        wel welk welke werd wie wil willen wij wordt worden zal ze zich zij zijn zo zonder zou""".split()
    ),
    "pl": frozenset(
        """a aby ale albo ani bardzo bez bo by byc byl byla bylo chce chcialabym chcialbym ci cie co czy da dla do dobry
        dzien dziekuje gdy gdzie go i ich ile im inny ja jak jaka jaki jakie jako je jego jej jest jestem jesli jeszcze
        juz kiedy kto ktora ktore ktory lub ma mam mamy masz mi mnie moge moi moj moja moje mojego mojej mozna moze na
        nad nam nas nasz nie niz no o od on ona one oni oraz po pod prosze przed przez przy sa sie ta tak takze tam te
        tego tej ten to tu twoj ty tylko tym u w wam was wasz we wiec wszystko z za ze zeby""".split()
    ),
    "ja": frozenset(),
    "zh": frozenset(),
}

NEGATIONS = frozenset(
    """not no never cannot cant dont doesnt didnt isnt wasnt hasnt havent hadnt wont nicht kein keine keinen nie pas jamais
    nunca jamas non mai nao niet geen nooit nigdy brak""".split()
)

GENERIC = """advice anliegen answer asunto ayuda aide assistance bestellung contact customer domanda duda frage frau
    happen happened help hilfe hulp info information issue item matter order problem problema probleme pomoc pytanie
    question request service situation support team topic trouble vraag work working works wrong""".split()

# What is said in several words and means one.
PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"\b(?:{said})\b"), meant)
    for said, meant in (
        (r"(?:send|sent|sending|bring|give|ship)(?: (?:it|this|that|them|these|those|something|one|an item|items))? back", "return"),
        (r"money back|get reimbursed|reimbursement|reimbursed", "refund"),
        (r"(?:two|2) times|double", "twice"),
        (r"(?:log|sign)(?:ged|ing|ning)?[ -]?(?:in|on|into)", "login"),
        (r"pick(?:ed|ing)?(?: (?:it|them|(?:up )?(?:my|the) (?:order|parcel)))?[ -]up", "pickup"),
        (r"power[ -]?banks?", "powerbank"),
        (r"set(?:ting)?[ -]up|put(?:ting)? up", "pitch"),
        (r"where(?:'s|s| is| are) (?:my|the|our) (?:orders?|parcels?|packages?|delivery|shipment|items?|stuff)", "track order"),
        (r"how (?:expensive|much (?:is|are|for|does|do you charge|would|will))", "cost"),
        (r"opening (?:hours|times)", "open store"),
        (r"e-?mails?", "email"),
        (r"credit cards?|debit cards?", "card"),
        (r"turn(?:s|ed)? on|switch(?:es|ed)? on", "start"),
    )
)

# The first word of a group stands for all of them. Only words that customers and articles really use for one another.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("parcel", "package"),
    ("shipping", "delivery", "deliver", "ship", "shipment", "shipped"),
    ("store", "shop"),
    ("exchange", "swap"),
    ("code", "voucher", "coupon", "promo"),
    ("invoice", "bill"),
    ("country", "countries", "abroad"),
    ("zip", "zipper"),
    ("fault", "faulty", "defective", "defect", "malfunction"),
    ("broken", "broke", "break", "damaged", "damage"),
    ("photo", "picture"),
    ("table", "chart"),
    ("sign", "signin", "login", "logon"),
    ("delete", "deletion", "erase"),
    ("size", "sizing"),
    ("pay", "paid", "payment"),
    ("cancel", "cancellation"),
    ("return", "returnable"),
    ("lose", "lost", "missing"),
    ("clean", "wash", "laundry", "cleaning"),
    ("swell", "swollen", "swelling"),
    ("choose", "chosen"),
    ("send", "sent", "post", "mail"),
    ("buy", "bought", "purchase"),
    ("arrive", "arrival"),
    ("cost", "price"),
    ("declined", "rejected", "refused"),
)
