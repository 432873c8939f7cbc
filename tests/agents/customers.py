"""What customers write, three short messages in each language that isn't in `test_languages`' first table."""

SAID: dict[str, tuple[str, str, str]] = {
    "ar": ("أين طلبي؟", "كيف يمكنني إرجاع المنتج؟", "لم أستلم الطرد حتى الآن، متى سيصل؟"),
    "bg": ("Къде е поръчката ми?", "Как мога да върна стока?", "Още не съм получил пратката си, кога ще пристигне?"),
    "ca": ("On és la meva comanda?", "Com puc tornar un producte?", "Encara no he rebut el paquet, quan arribarà?"),
    "cs": (
        "Kde je moje objednávka?",
        "Jak mohu vrátit zboží?",
        "Balík mi ještě nepřišel, kdy ho dostanu?",
    ),
    "da": (
        "Hvor er min ordre?",
        "Hvordan returnerer jeg en vare?",
        "Jeg har ikke fået min pakke endnu, hvornår kommer den?",
    ),
    "el": (
        "Πού είναι η παραγγελία μου;",
        "Πώς μπορώ να επιστρέψω ένα προϊόν;",
        "Δεν έλαβα το δέμα μου, πότε θα φτάσει;",
    ),
    "et": (
        "Kus mu tellimus on?",
        "Kuidas ma saan kauba tagastada?",
        "Ma pole oma pakki veel kätte saanud, millal see tuleb?",
    ),
    "fa": ("سفارش من کجاست؟", "چطور می‌توانم کالا را پس بدهم؟", "هنوز بسته‌ام نرسیده، کی می‌رسد؟"),
    "fi": (
        "Missä tilaukseni on?",
        "Miten voin palauttaa tuotteen?",
        "En ole vielä saanut pakettiani, milloin se tulee?",
    ),
    "he": ("איפה ההזמנה שלי?", "איך אפשר להחזיר מוצר?", "עדיין לא קיבלתי את החבילה, מתי היא תגיע?"),
    "hi": ("मेरा ऑर्डर कहाँ है?", "मैं सामान कैसे वापस करूँ?", "मुझे अभी तक पार्सल नहीं मिला, यह कब आएगा?"),
    "hr": ("Gdje je moja narudžba?", "Kako mogu vratiti proizvod?", "Još nisam dobio paket, kada će stići?"),
    "hu": (
        "Hol van a rendelésem?",
        "Hogyan küldhetem vissza a terméket?",
        "Még nem kaptam meg a csomagomat, mikor érkezik?",
    ),
    "id": (
        "Di mana pesanan saya?",
        "Bagaimana cara mengembalikan barang?",
        "Paket saya belum sampai, kapan akan tiba?",
    ),
    "ko": ("제 주문은 어디에 있나요?", "반품은 어떻게 하나요?", "아직 택배를 못 받았는데 언제 도착하나요?"),
    "lt": ("Kur mano užsakymas?", "Kaip galiu grąžinti prekę?", "Dar negavau siuntos, kada ji atvyks?"),
    "lv": ("Kur ir mans pasūtījums?", "Kā es varu atgriezt preci?", "Es vēl neesmu saņēmis sūtījumu, kad tas pienāks?"),
    "ms": (
        "Di mana pesanan saya?",
        "Bagaimanakah saya boleh memulangkan barang?",
        "Bungkusan saya belum sampai, bilakah ia akan tiba?",
    ),
    "nb": (
        "Hvor er bestillingen min?",
        "Hvordan returnerer jeg en vare?",
        "Jeg har ikke fått pakken min ennå, når kommer den?",
    ),
    "ro": ("Unde este comanda mea?", "Cum pot returna un produs?", "Nu am primit încă pachetul, când ajunge?"),
    "ru": ("Где мой заказ?", "Как я могу вернуть товар?", "Я ещё не получил посылку, когда она придёт?"),
    "sk": ("Kde je moja objednávka?", "Ako môžem vrátiť tovar?", "Balík mi ešte neprišiel, kedy ho dostanem?"),
    "sl": ("Kje je moje naročilo?", "Kako lahko vrnem izdelek?", "Paketa še nisem prejel, kdaj bo prispel?"),
    "sv": (
        "Var är min beställning?",
        "Hur returnerar jag en vara?",
        "Jag har inte fått mitt paket än, när kommer det?",
    ),
    "th": ("คำสั่งซื้อของฉันอยู่ที่ไหน", "ฉันจะคืนสินค้าได้อย่างไร", "ฉันยังไม่ได้รับพัสดุเลย จะมาถึงเมื่อไหร่"),
    "tr": ("Siparişim nerede?", "Ürünü nasıl iade edebilirim?", "Paketim hâlâ gelmedi, ne zaman ulaşır?"),
    "uk": ("Де моє замовлення?", "Як я можу повернути товар?", "Я ще не отримав посилку, коли вона прийде?"),
    "vi": (
        "Đơn hàng của tôi đang ở đâu?",
        "Làm sao để trả lại sản phẩm?",
        "Tôi vẫn chưa nhận được gói hàng, khi nào sẽ đến?",
    ),
}
