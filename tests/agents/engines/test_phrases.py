"""Who asks for a person, and who is only being polite."""

import re

import pytest

from agents import languages, wordings
from agents.engines.person_tables import MORE_WANTS
from agents.engines.phrase_tables import WANTS
from agents.engines.phrases import asks_for_person, small_talk
from agents.engines.words import fold
from tests.agents.customers import HELD_OUT, SAID


@pytest.mark.parametrize(
    "text",
    [
        "agent",
        "human please!",
        "rep pls",
        "I want to talk to a human",
        "can I speak to someone",
        "Please connect me with a representative",
        "get me a manager",
        "I don't want to talk to a bot",
        "not a bot, a real person please",
        "can somebody help me?",
        "Kann ich bitte mit einem Menschen sprechen?",
        "Mitarbeiter bitte",
        "je voudrais parler à un conseiller",
        "quiero hablar con una persona",
        "Vorrei parlare con un operatore",
        "quero falar com um atendente",
        "Ik wil een medewerker spreken",
        "Chcę rozmawiać z człowiekiem",
        "担当者と話したいです",
        "担当者とお話しできますか",
        "オペレーターにつないでください",
        "转人工",
        "我要跟真人说话",
    ],
)
def test_a_wish_for_a_person_is_heard(text):
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I don't need a human, just tell me the price",
        "no need to speak to someone",
        "I need a 2 person tent",
        "Is there a cleaning agent for boots?",
        "which agent delivers my parcel?",
        "Does someone have to be at home?",
        "Could someone else pick up my order?",
        "Ich brauche keinen Mitarbeiter",
        "je ne veux pas parler à un humain",
        "puis-je contacter le transporteur ?",
        "no quiero hablar con un agente",
        "不需要人工客服",
    ],
)
def test_what_only_sounds_like_it_is_not(text):
    assert asks_for_person(text) == ""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hi", "greeting_reply"),
        ("hey team, good morning 👋", "greeting_reply"),
        ("こんにちは", "greeting_reply"),
        ("Thank you so much!", "thanks_reply"),
        ("fair enough, thank you!", "thanks_reply"),
        ("ok", "thanks_reply"),
        ("👍", "thanks_reply"),
        ("merci beaucoup", "thanks_reply"),
        ("hi, where is my order", ""),
        ("thanks but it doesn't work", ""),
        ("history", ""),
        ("tak", ""),
        ("moi", ""),
        ("no", ""),
        ("", ""),
    ],
)
def test_politeness_is_told_from_questions(text, key):
    assert small_talk(text) == key


PEOPLE = {
    "ar": ("أريد التحدث مع موظف", "هل يمكنني التحدث إلى شخص؟"),
    "bg": ("Искам да говоря с човек", "Свържете ме с оператор, моля"),
    "ca": ("Vull parlar amb una persona", "Necessito un operador"),
    "cs": ("Chci mluvit s člověkem", "Spojte mě prosím s operátorem"),
    "da": ("Jeg vil gerne tale med et menneske", "Kan jeg snakke med en medarbejder?"),
    "el": ("Θέλω να μιλήσω με έναν άνθρωπο", "Μπορώ να μιλήσω με κάποιον;"),
    "et": ("Soovin rääkida inimesega", "Kas ma saaksin rääkida klienditeenindajaga?"),
    "fa": ("می‌خواهم با یک انسان صحبت کنم", "لطفا مرا به اپراتور وصل کنید"),
    "fi": ("Haluan puhua ihmisen kanssa", "Voinko jutella asiakaspalvelijan kanssa?"),
    "he": ("אני רוצה לדבר עם נציג", "אפשר לדבר עם בן אדם?"),
    "hi": ("मुझे किसी व्यक्ति से बात करनी है", "एजेंट से बात कराइए"),
    "hr": ("Želim razgovarati s osobom", "Spojite me s operaterom, molim"),
    "hu": ("Szeretnék egy emberrel beszélni", "Kérek egy ügyintézőt"),
    "id": ("Saya mau bicara dengan manusia", "Tolong sambungkan saya dengan petugas"),
    "ko": ("상담원과 이야기하고 싶어요", "사람하고 직접 통화할 수 있나요?"),
    "lt": ("Noriu kalbėti su žmogumi", "Ar galiu pakalbėti su darbuotoju?"),
    "lv": ("Es gribu runāt ar cilvēku", "Vai varu parunāt ar operatoru?"),
    "ms": ("Saya mahu bercakap dengan manusia", "Boleh saya bercakap dengan pegawai?"),
    "nb": ("Jeg vil snakke med et menneske", "Kan jeg få snakke med en kundebehandler?"),
    "ro": ("Vreau să vorbesc cu un om", "Pot vorbi cu cineva?"),
    "ru": ("Хочу поговорить с живым человеком", "Соедините меня с оператором"),
    "sk": ("Chcem hovoriť s človekom", "Prepojte ma na operátora, prosím"),
    "sl": ("Rad bi govoril s človekom", "Povežite me z operaterjem"),
    "sv": ("Jag vill prata med en människa", "Kan jag få tala med en medarbetare?"),
    "th": ("ขอคุยกับเจ้าหน้าที่", "อยากคุยกับพนักงาน"),
    "tr": ("Bir insanla konuşmak istiyorum", "Müşteri temsilcisine bağlanmak istiyorum"),
    "uk": ("Хочу поговорити з людиною", "З'єднайте мене з оператором"),
    "vi": ("Tôi muốn nói chuyện với người thật", "Cho tôi gặp nhân viên tư vấn"),
}


def test_each_language_with_wordings_has_its_wishes():
    assert set(PEOPLE) == set(MORE_WANTS)
    assert WANTS.keys() | MORE_WANTS.keys() == set(languages.SUPPORTED)


@pytest.mark.parametrize(("language", "texts"), PEOPLE.items())
def test_a_wish_for_a_person_is_heard_in_each_language(language, texts):
    assert [text for text in texts if not asks_for_person(text)] == []


@pytest.mark.parametrize(("language", "patterns"), MORE_WANTS.items())
def test_a_wish_is_heard_by_the_patterns_of_its_own_language(language, patterns):
    heard = [text for text in PEOPLE[language] if any(re.search(each, fold(text)) for each in patterns)]
    assert heard == list(PEOPLE[language])


@pytest.mark.parametrize(
    "text",
    [
        "Оператор",
        "Человек, пожалуйста",
        "Жива людина, будь ласка",
        "상담원",
        "เจ้าหน้าที่",
        "Temsilci lütfen",
        "נציג בבקשה",
    ],
)
def test_a_word_can_be_enough_of_a_wish(text):
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Я не хочу говорить с оператором",
        "Jeg vil ikke tale med et menneske",
        "Jag vill inte prata med en människa",
        "Nechci mluvit s člověkem",
        "Nem szeretnék emberrel beszélni",
        "Δεν θέλω να μιλήσω με άνθρωπο",
        "Bir insanla konuşmak istemiyorum",
        "لا أريد التحدث مع موظف",
        "אני לא רוצה לדבר עם נציג",
        "نمی‌خواهم با یک انسان صحبت کنم",
        "मुझे किसी व्यक्ति से बात नहीं करनी है",
        "ไม่อยากคุยกับพนักงาน",
        "Tôi không muốn nói chuyện với người thật",
        "Saya tidak mau bicara dengan manusia",
        "상담원과 통화하고 싶지 않아요",
        "Nu vreau să vorbesc cu un om",
        "En halua puhua ihmisen kanssa",
        "Искам палатка за един човек",
        "Мне нужна палатка на двух человек",
        "Jeg vil have et telt til to personer",
        "Jag vill ha någon annan färg",
        "Haluan teltan kahdelle ihmiselle",
        "Chci stan pro jednoho člověka",
        "Ik wil nu mijn pakket",
        *(text for texts in [*SAID.values(), *HELD_OUT.values()] for text in texts),
        *(wordings.wording(key, language) for language in wordings.languages() for key in ("clarify_open", "thinking")),
    ],
)
def test_what_only_sounds_like_it_is_not_in_other_languages_either(text):
    assert asks_for_person(text) == ""


POLITE = {
    "ar": ("السلام عليكم", "شكرا جزيلا"),
    "bg": ("Здравейте!", "Благодаря Ви"),
    "ca": ("Bona tarda", "Moltes gràcies"),
    "cs": ("Dobrý den", "Děkuji moc!"),
    "da": ("Goddag", "Tusind tak"),
    "el": ("Γεια σας", "Ευχαριστώ πολύ"),
    "et": ("Tere päevast", "Aitäh!"),
    "fa": ("سلام", "خیلی ممنون"),
    "fi": ("Moikka", "Kiitos paljon"),
    "he": ("שלום", "תודה רבה"),
    "hi": ("नमस्ते", "बहुत धन्यवाद"),
    "hr": ("Dobar dan", "Hvala lijepa"),
    "hu": ("Jó napot kívánok", "Köszönöm szépen"),
    "id": ("Selamat pagi", "Terima kasih banyak"),
    "ko": ("안녕하세요", "정말 감사합니다"),
    "lt": ("Laba diena", "Labai ačiū"),
    "lv": ("Labdien", "Liels paldies"),
    "ms": ("Selamat petang", "Terima kasih"),
    "nb": ("Heisann", "Tusen takk"),
    "ro": ("Bună ziua", "Vă mulțumesc mult"),
    "ru": ("Здравствуйте", "Большое спасибо"),
    "sk": ("Dobrý deň", "Ďakujem pekne"),
    "sl": ("Živjo", "Hvala lepa"),
    "sv": ("Hejsan", "Tack så mycket"),
    "th": ("สวัสดีค่ะ", "ขอบคุณมากครับ"),
    "tr": ("İyi günler", "Teşekkür ederim"),
    "uk": ("Добрий день", "Щиро дякую"),
    "vi": ("Xin chào", "Cảm ơn nhiều"),
}


@pytest.mark.parametrize(("language", "said"), POLITE.items())
def test_each_language_has_its_hello_and_thank_you(language, said):
    assert set(POLITE) == set(MORE_WANTS)
    assert [small_talk(text) for text in said] == ["greeting_reply", "thanks_reply"]


@pytest.mark.parametrize("text", [text for said in (SAID, HELD_OUT) for texts in said.values() for text in texts])
def test_a_question_is_no_small_talk_in_any_language(text):
    assert small_talk(text) == ""
