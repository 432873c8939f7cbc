"""How mail programs announce that they quote, in 18 languages. Patterns, matched without regard to case.

Collected from what Gmail, Apple Mail, Outlook, Thunderbird and Yahoo write in each language.
"""

# The line above a quote; what is between is a date, a name and an address. Bounded, so that none is slow.
_X = r".{1,200}?"
WROTE = (
    rf"\**On\b{_X}\bwrote\s*:",  # English
    rf"(?:Op|Am|Den|El|Le|Il|Em|A|Dnia|W dniu|Dne|Pe|Στις)\b{_X}\b"  # Dutch, German, Scandinavian, Spanish …
    r"(?:schreef|geschreven|schrieb|geschrieben|skrev|escribió|escreveu|escrito|a écrit|ha scritto|"
    r"napisał|napisała|napisał\(a\)|napisał/a|pisze|napsal|napsala|napsal\(a\)|a scris|έγραψε)"
    rf"(?!\w)\)?(?:{_X})?\s*:",
    rf"{_X}<\S+@\S+>\s*(?:wrote|schrieb|schreef|skrev|a écrit|ha scritto|escribió|escreveu|kirjoitti"
    r"|napisał|napisał\(a\)|napsal\(a\)|пишет|написал|написала|написав|yazdı|szerint|írta|a scris)(?!\w)\)?\s*:",
    rf"(?:пн|вт|ср|чт|пт|сб|вс|пон\w*|\d{{1,2}}[./ ]){_X}(?:пишет|написал|написала|написал\(а\))\s*:",  # Russian
    rf"{_X}\b(?:kirjoitti)\b(?:{_X})?\s*:",  # Finnish
    rf"{_X}\btarihinde\b{_X}(?:yazdı|şunu yazdı|şunları yazdı)\s*:",  # Turkish
    rf"\d{{2,4}}\s?年{_X}(?:[:：]|写道[:：]?|のメール[:：])",  # Chinese, Japanese
    rf"(?:在|于)?{_X}(?:写道|寫道)\s*[:：]",
    rf"\d{{2,4}}[/年]{_X}<\S+@\S+>\s*(?:さん)?(?:は書きました)?\s*[:：]",
    rf"\d{{4}}년{_X}(?:작성|님이 작성)\s*[:：]",  # Korean
    rf"{_X}\b20\d\d\b{_X}\b(?:napisał|napisała|napisał\(a\)|napsal|napsala|napsal\(a\)|a scris|írta|wrote|schrieb)"
    r"(?!\w)\s*:",
    rf"{_X}\b20\d\d\b{_X}<\S+@\S+>\s*:",  # Russian, and many in short
    rf"\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}{_X}<\S+@\S+>\s*:",  # many, in short
)

# Between two rows of hyphens, above the quote.
DIVIDERS = (
    r"Original Message",
    r"Original Appointment",
    r"Reply message",
    r"Ursprüngliche Nachricht",
    r"Original[ -]?Nachricht",
    r"Message d['’]origine",
    r"Mensaje original",
    r"Messaggio originale",
    r"Mensagem original",
    r"Oorspronkelijk bericht",
    r"Oryginalna wiadomość",
    r"Wiadomość oryginalna",
    r"Исходное сообщение",
    r"Пересылаемое сообщение от",
    r"Ursprungligt meddelande",
    r"Oprindelig meddelelse",
    r"Opprinnelig melding",
    r"Alkuperäinen viesti",
    r"Původní zpráva",
    r"Orijinal [Mm]esaj",
    r"Özgün İleti",
    r"元のメッセージ",
    r"原始邮件",
    r"原始郵件",
    r"원본 메시지",
)

# Above what is forwarded, which is part of what the sender says.
FORWARDS = (
    r"Forwarded message",
    r"Forwarded by .{1,80}",
    r"Begin forwarded message",
    r"Weitergeleitete Nachricht",
    r"Anfang der weitergeleiteten Nachricht",
    r"Message transféré",
    r"Début du message réexpédié",
    r"Mensaje reenviado",
    r"Inicio del mensaje reenviado",
    r"Messaggio inoltrato",
    r"Inizio messaggio inoltrato",
    r"Mensagem encaminhada",
    r"Doorgestuurd bericht",
    r"Begin doorgestuurd bericht",
    r"Wiadomość przekazana dalej",
    r"Treść przekazanej wiadomości",
    r"Пересылаемое сообщение",
    r"Vidarebefordrat meddelande",
    r"Videresendt (?:meddelelse|melding)",
    r"Edelleenlähetetty viesti",
    r"Přeposlaná zpráva",
    r"İletilen (?:ileti|mesaj)",
    r"転送(?:された)?メッセージ",
    r"转发的邮件|轉寄郵件|转发邮件信息",
    r"전달된 메일",
)

# Before the values of the headers that Outlook puts above what it quotes.
LABELS = (
    "From|Sent|To|Cc|Subject|Date|Reply-To|Importance",
    "Von|Gesendet|An|Betreff|Datum|Kopie",
    "De|Envoyé|À|A|Objet|Envoyé par|Envoyé le",
    "Enviado|Enviado el|Para|Asunto|Fecha|CC",
    "Da|Inviato|Oggetto|Data",
    "Enviada em|Enviado em|Assunto",
    "Van|Verzonden|Aan|Onderwerp",
    "Od|Wysłano|Wysłane|Do|DW|Temat",
    "От|Отправлено|Кому|Тема|Дата|Копия",
    "Från|Skickat|Till|Ämne|Kopia",
    "Fra|Sendt|Til|Emne|Dato",
    "Lähettäjä|Lähetetty|Vastaanottaja|Aihe|Päivämäärä",
    "Odesláno|Komu|Předmět|Kopie",
    "Kimden|Gönderilme|Gönderildi|Gönderme Tarihi|Kime|Konu|Tarih",
    "差出人|送信者|送信日時|送信|宛先|件名|日付|日時",
    "发件人|发送时间|收件人|主题|日期|抄送|寄件者|寄件日期|收件者|主旨",
    "보낸 사람|보낸 날짜|받는 사람|제목",
)

# The last line that phones and apps add by themselves. Bounded in words: people write “sent from my …” too.
_DEVICE = (
    r"(?:(?:iPhone|iPad|BlackBerry|Android|Galaxy|Samsung|Huawei|Xiaomi|Pixel|Outlook|Yahoo|Gmail|Mail|Windows|Nokia|"
    r"Sony|Xperia|Proton|GMX|WEB\.DE|mobile|smartphone|phone|tablet|mobil\w*|handy|telefon\w*|téléphone|móvil|celular|"
    r"телефона?|telefoon)\b)"
)
_WORDS = r"(?:[^\s.,]+\s+){0,5}?"
_TAIL = r"(?:[\s\w().,:/@<>-]{0,120})?"
SENT_FROM = (
    rf"(?:Sent|Envoyé|Enviado|Enviada|Inviato|Verzonden|Verstuurd|Gesendet|Skickat|Sendt|Lähetetty|Wysłano|Wysłane|"
    rf"Odesláno|Отправлено|Надіслано|Trimis)\s+"
    rf"(?:from|von|vom|aus|mit|depuis|à partir|de|del|desde|do|da|dal|dalla|con|van|vanaf|met|från|fra|ze?|z|с|из|via|"
    rf"pomocí|din)?"
    rf"\s*{_WORDS}{_DEVICE}{_TAIL}",
    r"Von meinem .{1,60} gesendet\.?",
    r"Diese Nachricht wurde von meinem .{1,80} gesendet\.?",
    r"Get Outlook for (?:iOS|Android|Mac)\b.{0,80}",
    r"(?:Holen Sie sich|Obtenez|Télécharger|Obtener|Obtenha|Scarica|Download|Pobierz|Hämta|Hent|Hanki) "
    r"Outlook .{1,80}",
    r"Outlook (?:für|pour|para|per|voor|dla|для|for) (?:iOS|Android)\b.{0,80}",
    r"iPhone(?:['’]dan|'umdan|'tan|'dan) gönderildi\.?",
    r".{1,40}(?:ımdan|imden|'dan|'den) gönderildi\.?",
    r"Lähetetty .{1,40}(?:sta|stä|sta|ni)\.?",
    r"(?:iPhone|iPad|Android)から送信",
    r"发自我的\s?(?:iPhone|iPad|手机|.{1,20})",
    r"從我的 .{1,20} 傳送",
    r"나의 .{1,20}에서 보냄",
    r"_{5,}|-{5,}",
)
