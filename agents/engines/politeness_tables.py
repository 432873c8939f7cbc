"""Hello, thank you and yes in the languages that `phrase_tables` doesn't know, as `words.fold` leaves them.

Of two that begin alike, the longer stands first. Words that mean something else to a customer of another language, like
Danish “tak” to a Polish one, are left out.
"""

MORE_GREETINGS = (
    "السلام عليكم|مرحبا|اهلا|أهلا|صباح الخير|مساء الخير|здравеите|здраве|здрасти|добър ден|"
    "bon dia|bona tarda|bones|ahoj|dobry den|dobre rano|goddag|hejsa|god morgen|god aften|"
    "γεια σασ|γεια σου|γεια|καλημερα|καλησπερα|tere paevast|tere|سلام|درود|hei|moikka|terve|hyvaa paivaa|"
    "שלום|היי|בוקר טוב|ערב טוב|नमस्ते|नमस्कार|हैलो|dobar dan|bok|zdravo|pozdrav|jo napot(?: kivanok)?|szia|udvozlom|"
    "halo|selamat (?:pagi|siang|sore|malam|petang|tengah hari)|helo|안녕하세요|안녕|여보세요|laba diena|labas|sveiki|"
    "labdien|sveiki|hallo|god dag|heisann|buna ziua|buna|salut|здравствуите|добрыи день|добрыи вечер|доброе утро|"
    "привет|dobry den|dobry vecer|zivjo|dober dan|hejsan|god morgon|god kvall|tjena|สวัสดี(?:ครับ|ค่ะ|คะ)?|"
    "merhaba(?:lar)?|selam|iyi gunler|gunaydın|iyi aksamlar|"
    "вітаю|добрии день|доброго дня|привіт|xin chao|chao(?: ban| shop)?"
)
MORE_THANKS = (
    "شكرا(?: جزيلا| لك| لكم)?|благодаря(?: ви)?(?: много)?|мерси|moltes gracies|gracies|"
    "dekuji(?: vam)?(?: moc| mockrat)?|diky(?: moc)?|mange tak|tusind tak|tak skal du have|tak for hjaelpen|"
    "ευχαριστω(?: πολυ)?|suur tanu|aitah|tanan|(?:خیلی )?ممنون(?:م)?|متشکرم|سپاس|مرسی|kiitos(?: paljon)?|kiitti|"
    "תודה(?: רבה)?|(?:बहुत बहुत |बहुत )?(?:धन्यवाद|शुक्रिया)|hvala(?: vam| lijepa| puno| lepa)?|"
    "koszonom(?: szepen)?|koszi|terima kasih(?: banyak)?|makasih|(?:정말 )?감사합니다|고맙습니다|감사해요|"
    "(?:labai )?aciu|dekoju|(?:liels )?paldies|tusen takk|mange takk|takk(?: skal du ha| for hjelpen)?|"
    "(?:va )?multumesc(?: mult| frumos)?|mersi|(?:большое )?спасибо(?: большое)?|благодарю|dakujem(?: vam)?(?: pekne)?|"
    "tack sa mycket|tusen tack|stort tack|tack|ขอบคุณ(?:มาก)?(?:ครับ|ค่ะ|คะ)?|tesekkur(?:ler| ederim)|sag ?ol(?:un)?|"
    "(?:щиро |дуже )?дякую(?: дуже| вам)?|(?:xin )?cam on(?: ban| nhieu)?"
)
MORE_YES = "نعم|да|ano|ναι|jah|بله|kylla|joo|כן|हाँ|da|igen|ya|네|예|taip|так|evet|ใช่|vang|betul"
