"""How customers ask for a person in the languages that `phrase_tables` doesn't know, as building blocks of patterns.

For each language the verbs of talking, the verbs of wanting, and whom. Written as `words.fold` leaves texts: lower
case, without accents (й is и, ï is i). Keep quantifiers bounded.
"""
# ruff: noqa: E501 -- a row is read as one line


def _asks(talk: str, want: str, who: str, someone: str = "") -> tuple[str, ...]:
    """Talking may have words between it and the person; wanting may not: “I want a tent for one person”."""
    return (
        rf"\b(?:{talk})(?: \S+){{0,4}}? (?:{who}{'|' + someone if someone else ''})\b",
        rf"\b(?:{want}) (?:{who})\b",
    )


def _asks_at_the_end(who: str, talk: str, unless: str) -> tuple[str, ...]:
    """The verb comes last, and so does the “not”."""
    return (rf"\b(?:{who})(?: \S+){{0,3}}? (?:{talk})(?!.{{0,40}}(?:{unless}))",)


MORE_WANTS: dict[str, tuple[str, ...]] = {
    "ar": _asks(
        r"(?:ا|أ)تحدث|التحدث|(?:ا|أ)تكلم|التكلم|الكلام|(?:ا|أ)تواصل|التواصل|تحويلي|حولني|حولوني|(?:ا|أ)كلم",
        r"(?:ا|أ)ريد|(?:ا|أ)حتاج|(?:ا|أ)حتاج (?:ا|إ)لى",
        r"(?:مع |(?:ا|إ)لى )?(?:شخص|(?:ا|إ)نسان|موظف\w*|ممثل|مندوب|مسؤول)",
        r"مع (?:ا|أ)حد",
    ),
    "bg": _asks(
        r"говоря|поговоря|разговарям|свържете|свържи|свържа|прехвърлете",
        r"искам|даите ми|нужен ми е|трябва ми",
        r"(?:с |със )?(?:истински |жив )?(?:човек|оператор|служител|консултант|представител)\w*",
        r"с някого",
    ),
    "ca": _asks(
        r"parlar|xatejar|contactar|passi'm|passeu-me|connecti'm",
        r"vull|voldria|necessito",
        r"(?:amb )?(?:un |una )?(?:persona real|huma|operador\w*|assessor\w*|treballador\w*|responsable)",
        r"amb (?:algu|una persona|un agent)",
    ),
    "cs": _asks(
        r"mluvit|promluvit|hovorit|spojit|spojte|prepojit|prepojte|komunikovat",
        r"chci|chtela? bych|potrebuji|prosim",
        r"(?:s |se |na )?(?:zivym |skutecnym |opravdovym |ziveho |skutecneho )?(?:clovek\w*|operator\w*|pracovnik\w*|zamestnanc\w*)",
        r"s (?:nekym|kolegou)",
    ),
    "da": _asks(
        r"tale|snakke|chatte|stille mig|stil mig|forbind|kontakte",
        r"vil have|vil gerne have|onsker|har brug for",
        r"(?:med |til )?(?:et |en )?(?:rigtigt? |levende |aegte )?(?:menneske|medarbejder|kundeservice\w*|kunderadgiver)",
        r"med (?:nogen|en person|en rigtig person)",
    ),
    "el": _asks(
        r"μιλησω|μιλησουμε|συνομιλησω|συνδεσ\w*|επικοινωνησω",
        r"θελω|θα ηθελα|χρειαζομαι",
        r"(?:με |σε )?(?:εναν? |καποιον? )?(?:πραγματικο |αληθινο )?(?:ανθρωπο|εκπροσωπο|υπαλληλο|συμβουλο)",
        r"με καποιον",
    ),
    "et": _asks(
        r"raakida|vestelda|uhendage|suunake",
        r"soovin|tahan|vajan",
        r"(?:paris |elava )?(?:inimesega|inimest|klienditeenindaja\w*|operaator\w*)",
        r"kellegagi|tootajaga",
    ),
    "fa": _asks_at_the_end(
        r"(?:با|به) (?:یک )?(?:انسان|آدم|اپراتور|کارشناس|پشتیبان|همکار|شخص|کسی|نفر|نماینده)\w*",
        r"صحبت|حرف|گفتگو|وصل",
        r"نمی|نکن",
    ),
    "fi": _asks(
        r"puhua|jutella|keskustella|yhdista\w*",
        r"haluan|tarvitsen",
        r"(?:oikean |elavan )?(?:ihmisen|ihmiselle|ihmiseen|asiakaspalvelija\w*)",
        r"jonkun kanssa|henkilon kanssa",
    ),
    "he": _asks(
        r"לדבר|לשוחח|להתכתב|תעבירו אותי|העבירו אותי|לעבור",
        r"רוצה|צריך|צריכה|מבקש|מבקשת",
        r"(?:עם )?(?:ל?נציג\w*|בן אדם|מענה אנושי)",
        r"עם (?:מישהו|אדם)",
    ),
    "hi": (
        r"(?:इंसान|इन्सान|व्यक्ति|आदमी|मनुष्य|एजेंट|प्रतिनिधि|कर्मचारी|किसी)(?: \S+){0,2}? से (?:\S+ ){0,2}?(?:बात|संपर्क|कनेक्ट|चैट)(?!.{0,40}नही)",
    ),
    "hr": _asks(
        r"razgovarati|pricati|govoriti|popricati|spojite|prespojite|kontaktirati",
        r"zelim|hocu|trebam|treba mi|molim",
        r"(?:s |sa )?(?:pravim |zivim |stvarnim |pravog |zivog )?(?:covjek\w*|covek\w*|operater\w*|djelatnik\w*)",
        r"sa? (?:nekim|osobom|pravom osobom|zivom osobom|agentom)",
    ),
    "hu": (
        *_asks(
            r"beszelni|beszelhet\w*|kapcsol\w*",
            r"szeretnek|kerek|kerem",
            r"(?:egy )?(?:elo |valodi |igazi )?(?:emberrel|embert|emberhez|ugyintezo\w*|operator\w*)",
            r"valakivel",
        ),
        *_asks_at_the_end(r"emberrel|ugyintezovel|valakivel|operatorral|munkatarssal", r"beszel\w+", r"nem "),
    ),
    "id": _asks(
        r"bicara|berbicara|ngobrol|hubungkan|sambungkan",
        r"mau|ingin|perlu|minta|butuh",
        r"(?:dengan |ke )?(?:seorang )?(?:manusia|petugas|operator|admin|staf|orang asli)",
        r"dengan (?:orang|seseorang|agen|cs)",
    ),
    "ko": (
        r"(?:상담원|상담사|사람|직원|담당자)(?:이?랑|하고|과|와|에게|한테|으?로|을|를)? ?(?:직접 |좀 )?(?:얘기|이야기|대화|통화|연결|상담|바꿔|불러|부탁)(?!.{0,20}(?:싫|않|마세요|필요 ?없))",
    ),
    "lt": _asks(
        r"kalbeti|pakalbeti|pasikalbeti|susisiekti|sujunkite|perjunkite",
        r"noriu|noreciau|reikia",
        r"(?:su )?(?:tikru |gyvu |tikro |gyvo )?(?:zmogu\w*|zmogaus|darbuotoj\w*|konsultant\w*)",
        r"su (?:kuo|kuo nors|operatoriumi)",
    ),
    "lv": _asks(
        r"runat|parunat|sazinaties|savienojiet",
        r"gribu|velos|vajag",
        r"(?:ar )?(?:istu |dzivu )?(?:cilveku|darbinieku|konsultantu)",
        r"ar (?:kadu|operatoru)",
    ),
    "ms": _asks(
        r"bercakap|cakap|berbual|sambungkan",
        r"mahu|nak|perlukan|ingin",
        r"(?:dengan |kepada )?(?:seorang )?(?:manusia|pegawai|staf|ejen|wakil|orang sebenar)",
        r"dengan (?:orang|seseorang)",
    ),
    "nb": _asks(
        r"snakke|prate|chatte|sett meg over|koble|kontakte",
        r"vil ha|onsker|trenger",
        r"(?:med |til )?(?:et |en )?(?:ekte |levende |virkelig )?(?:menneske|medarbeider|kundeservice\w*|kundebehandler)",
        r"med (?:noen|en person|en ekte person)",
    ),
    "ro": _asks(
        r"vorbi|vorbesc|discuta|discut|contacta|transferati-ma|conectati-ma",
        r"vreau|doresc|as dori|am nevoie de",
        r"(?:cu |la )?(?:un |o )?(?:persoana reala|om real|om|operator\w*|consultant|reprezentant)",
        r"cu (?:cineva|o persoana|un agent|un coleg)",
    ),
    "ru": _asks(
        r"поговорить|говорить|связаться|соедините|соединить|свяжите|переключите|переведите|пообщаться|позовите",
        r"хочу|нужен|даите|позовите",
        r"(?:с |со |на )?(?:живым |настоящим |реальным |живого |живои |настоящии )?(?:человек\w*|оператор\w*|сотрудник\w*|менеджер\w*|специалист\w*|консультант\w*)",
        r"с кем(?:-нибудь|-то)",
    ),
    "sk": _asks(
        r"hovorit|rozpravat|porozpravat|spojit|spojte|prepojit|prepojte",
        r"chcem|chcela? by som|potrebujem|prosim",
        r"(?:s |so |na )?(?:zivym |skutocnym |ziveho |skutocneho )?(?:clovek\w*|operator\w*|pracovnik\w*|zamestnanc\w*)",
        r"s niekym",
    ),
    "sl": _asks(
        r"govoriti|govorila?|pogovoriti|pogovorila?|povezite|prevezite",
        r"zelim|hocem|potrebujem|rada? bi|prosim",
        r"(?:s |z )?(?:pravim |zivim |pravega |zivega )?(?:clovek\w*|operater\w*|usluzbenc\w*|svetovalc\w*)",
        r"z (?:nekom|osebo)",
    ),
    "sv": _asks(
        r"prata|tala|snacka|chatta|koppla mig|kopplas",
        r"vill ha|behover|onskar",
        r"(?:med |till )?(?:en )?(?:riktig |levande )?(?:manniska|medarbetare|handlaggare|kundtjanst\w*)",
        r"med (?:nagon|en person|en riktig person)",
    ),
    "th": (
        r"(?:คุย|พูด|สนทนา|แชท|ติดต่อ)\S{0,6}?(?:กับ|หา)?(?:เจ้าหน้าที่|พนักงาน|คนจริง|มนุษย์|แอดมิน)",
        r"(?:ขอ|ต้องการ|อยากได้)(?:สาย|คุย|พบ)?(?:เจ้าหน้าที่|พนักงาน|แอดมิน)",
    ),
    "tr": _asks_at_the_end(
        r"(?:insan(?:la|a| ile)|(?:musteri )?temsilci\w*|yetkili(?:yle|ye| biri\w*| ile)|operator\w*|biriyle|gorevli\w*)",
        r"gorus\w*|konus\w*|bagla\w*|aktar\w*|istiyorum",
        r"istemiyorum|gerek yok",
    ),
    "uk": _asks(
        r"поговорити|говорити|зв'язатися|зв'яжіть|з'єднаите|переключіть|переведіть|поспілкуватися|покличте",
        r"хочу|потрібен|потрібна|даите|покличте",
        r"(?:з |із |зі |на )?(?:живою |справжньою |реальною |жива )?(?:людин\w*|оператор\w*|співробітник\w*|менеджер\w*|спеціаліст\w*|консультант\w*)",
        r"з кимось|з кимось із",
    ),
    "vi": _asks(
        r"noi chuyen|trao doi|lien he|ket noi|chuyen(?: toi)?|chat",
        r"muon|can|cho toi|muon gap|can gap|cho toi gap|gap",
        r"(?:voi |den |cho )?(?:mot )?(?:nguoi that|con nguoi|nhan vien|tu van vien|tong dai vien)",
        r"voi (?:ai do|mot nguoi|nguoi)",
    ),
}
ALONE = (  # words that are enough of a wish when nothing else is said
    "оператор|человек|живои человек|сотрудник|людина|жива людина|човек|служител|menneske|medarbejder|medarbeider|"
    "manniska|ihminen|asiakaspalvelija|ember|ugyintezo|covjek|operater|clovek|inimene|klienditeenindaja|cilveks|"
    "operators|zmogus|operatorius|temsilci|musteri temsilcisi|insan|موظف|انسان|إنسان|נציג|נציג אנושי|בן אדם|اپراتور|"
    "इंसान|एजेंट|เจ้าหน้าที่|พนักงาน|nhan vien|nguoi that|manusia|petugas|상담원|상담사|상담원 연결|사람|ανθρωποσ|ανθρωπο|εκπροσωποσ"
)
PLEASE = (
    "пожалуиста|будь ласка|моля|prosim|tack|tak|takk|kiitos|kerem|va rog|molim|palun|ludzu|prasau|lutfen|من فضلك|"
    "בבקשה|لطفا|कृपया|ครับ|ค่ะ|παρακαλω|si us plau|tolong"
)
NOT = (
    "не|ikke|inte|nem|δεν|χωρισ|لا|لن|بدون|לא|בלי|khong|tidak|bukan|jangan|ei|en halua|ilman|fara|uden|uten|utan|без|"
    r"nu (?:vreau|doresc|am nevoie|trebuie)|nechci|nechcem|nepotrebuj\w+|nezelim|necu|nocem|nenoriu|nereikia|"
    r"negribu|nevajag|نمی\S*"
)
