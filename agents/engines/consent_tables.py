"""Tables for `consent`: how customers say yes and no to an offer, in the first ten languages and shortly in the others.

Written as `words.fold` leaves texts: lower case, without accents. Each row is words that stand for the whole answer,
or for its first clause. What can mean either (“that's fine”, “I'm good” apart) stands in neither and is left to the engine.
"""
# ruff: noqa: E501 -- a row is read as one

from agents.engines.politeness_tables import MORE_YES

YES: dict[str, str] = {
    "en": "yes|yeah|yep|yup|yea|ya|y|sure|sure thing|ok|okay|okey|k|of course|certainly|definitely|absolutely|please do|"
    "go ahead|go for it|do it|do that|do so|that would be (?:great|good|nice|helpful|perfect|lovely)|gladly|"
    "that'd be (?:great|good|nice|helpful|perfect|lovely)|sounds (?:good|great)|why not|no problem|by all means|great|"
    "perfect|alright|all right|i would|i do|i'd (?:like|love) (?:that|to)|i would (?:like|love) (?:that|to)|connect me|"
    "put me through|pass me on|let's do (?:it|that)|yes i (?:do|would)",
    "de": "ja|jo|jep|jawohl|gern|gerne|sehr gern|sehr gerne|naturlich|klar|na klar|sicher|auf jeden fall|unbedingt|"
    "selbstverstandlich|einverstanden|in ordnung|kein problem|machen sie das|mach das|tun sie das|mach mal|"
    "das ware (?:gut|toll|nett|super|schon|prima|hilfreich|lieb)|das wurde helfen|perfekt",
    "fr": "oui|ouais|volontiers|avec plaisir|bien sur|d'accord|pourquoi pas|je veux bien|je le veux|allez-y|vas-y|"
    "ce serait (?:bien|parfait|gentil|super)|absolument|tout a fait|certainement|pas de probleme|entendu|parfait",
    "es": "si|claro|claro que si|por supuesto|vale|de acuerdo|esta bien|bueno|perfecto|adelante|desde luego|me gustaria|"
    "sin problema|dale|genial|si quiero|lo agradeceria",
    "it": "si|certo|certamente|volentieri|va bene|d'accordo|perfetto|certo che si|sarebbe (?:bello|perfetto|utile)|"
    "assolutamente|si certo|mi farebbe piacere|molto volentieri",
    "pt": "sim|claro|com certeza|pode ser|quero|quero sim|pode sim|ta bom|esta bem|tudo bem|certo|gostaria|sem problema|"
    "beleza|isso|aceito|claro que sim|pode",
    "nl": "ja|jawel|graag|ja hoor|natuurlijk|zeker|prima|goed|is goed|oke|doe maar|akkoord|geen probleem|heel graag|"
    "dat zou (?:fijn|mooi|goed|handig) zijn",
    "pl": "tak|poprosze|jasne|oczywiscie|pewnie|dobrze|chetnie|zgoda|moze byc|nie ma problemu|tak chce|bardzo prosze",
    "ja": "はい|ええ|うん|お願いします|おねがいします|お願いいたします|お願いできますか|お願い|ぜひ|是非|もちろん|"
    "いいです(?:よ|ね)|そうしてください|頼みます",
    "zh": "是的|是|好的|好啊|好吧|好|可以的|可以|行|行吧|嗯+|需要|要的|要|当然|當然|麻烦(?:你|您)?了|麻煩(?:你|您)?了|没问题|"
    "沒問題|转吧|轉吧|帮我转(?:接)?吧?|幫我轉(?:接)?吧?",
    "more": MORE_YES,
}
NO: dict[str, str] = {
    "en": "no|nope|nah|n|not now|not yet|not really|not necessary|no need|don't|please don't|do not|i'm good|never ?mind|"
    "maybe later|later|that won't be necessary|that's not necessary|i'd rather not|not needed|leave it|forget it|"
    "not at the moment|no way|i don't (?:want|need) (?:that|to|one)",
    "de": "nein|ne|nee|nicht notig|nicht jetzt|noch nicht|lieber nicht|brauche ich nicht|spater|vielleicht spater|"
    "schon gut|muss nicht sein|auf keinen fall|ist nicht notig|das ist nicht notig",
    "fr": "non|pas la peine|pas maintenant|pas besoin|ce n'est pas (?:la peine|necessaire)|plus tard|pas encore|"
    "laissez tomber|surtout pas|ca ira|sans facon",
    "es": "no|no hace falta|no es necesario|ahora no|todavia no|mas tarde|dejalo|no por ahora|por ahora no|mejor no",
    "it": "no|non serve|non e necessario|non ora|non adesso|piu tardi|non ancora|lasci(?:a)? (?:perdere|stare)|"
    "meglio di no|non c'e bisogno|non importa",
    "pt": "nao|nao precisa|nao e (?:preciso|necessario)|agora nao|mais tarde|ainda nao|deixa (?:pra la|estar)|melhor nao|"
    "nao quero",
    "nl": "nee|niet nodig|nu niet|niet nu|hoeft niet|dat hoeft niet|later|nog niet|liever niet|laat maar",
    "pl": "nie|nie trzeba|nie teraz|jeszcze nie|pozniej|moze pozniej|nie potrzebuje|raczej nie|nie chce",
    "ja": "いいえ|いえ|いらないです|いらない|いりません|要りません|必要ありません|必要ないです|結構です|けっこうです|不要です|"
    "大丈夫です|やめておきます|今はいいです|後で|あとで",
    "zh": "不用了|不用|不要了|不要|不需要|不必了|不必|没必要|沒必要|算了|暂时不用|暫時不用|先不用|不了|不是|以后再说|以後再說|"
    "不行|别|別|不",
    "more": "لا|не|ne|nej tak|nej|nei|οχι|ei|نه|خیر|לא|नहीं|नही|nem|tidak|nggak|tidak usah|아니요|아니오|아뇨|괜찮아요|괜찮습니다|nu|"
    "нет|не надо|не нужно|nie je treba|ไม่ต้อง|ไม่เป็นไร|ไม่|hayır|hayir|gerek yok|ні|не треба|khong can|khong",
}
PLEASE = (
    "please|pls|plz|thank you|bitte|bitte schon|s'il vous plait|s'il te plait|svp|stp|por favor|per favore|per piacere|"
    "alstublieft|alsjeblieft|aub|prosze|then|dann|alors|entonces|allora|dan"
)
BUT = (
    r"\b(?:but|however|although|aber|jedoch|mais|pero|sino|ma|mas|porem|maar|ale|но|але|men|mutta|dar|ama)\b|でも|しかし|"
    "ですが|但是|不过|不過|可是"
)
