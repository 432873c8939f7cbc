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

# Written after detection was done, and nothing was changed because of them: their share is the honest one.
HELD_OUT: dict[str, tuple[str, str, str]] = {
    "ar": ("تم خصم المبلغ من بطاقتي مرتين", "أريد تغيير عنوان التوصيل", "وصل المنتج تالفًا، ماذا أفعل؟"),
    "bg": (
        "Таксуваха картата ми два пъти",
        "Искам да сменя адреса за доставка",
        "Продуктът пристигна повреден, какво да направя?",
    ),
    "ca": (
        "M'han cobrat dues vegades",
        "Vull canviar l'adreça de lliurament",
        "El producte ha arribat trencat, què he de fer?",
    ),
    "cs": ("Kartu mi zatížili dvakrát", "Chci změnit doručovací adresu", "Zboží přišlo poškozené, co mám dělat?"),
    "da": (
        "Mit kort er blevet trukket to gange",
        "Jeg vil ændre leveringsadressen",
        "Varen kom i stykker, hvad skal jeg gøre?",
    ),
    "el": ("Με χρέωσαν δύο φορές", "Θέλω να αλλάξω τη διεύθυνση παράδοσης", "Το προϊόν ήρθε χαλασμένο, τι να κάνω;"),
    "et": (
        "Minu kaardilt võeti raha kaks korda",
        "Soovin muuta tarneaadressi",
        "Toode saabus katkisena, mida ma teen?",
    ),
    "fa": ("دو بار از کارتم پول کم شد", "می‌خواهم آدرس تحویل را عوض کنم", "محصول شکسته رسید، چه کار کنم؟"),
    "fi": (
        "Korttiani veloitettiin kahdesti",
        "Haluan vaihtaa toimitusosoitteen",
        "Tuote saapui rikkinäisenä, mitä teen?",
    ),
    "he": ("חויבתי פעמיים בכרטיס", "אני רוצה לשנות את כתובת המשלוח", "המוצר הגיע שבור, מה עושים?"),
    "hi": ("मेरे कार्ड से दो बार पैसे कट गए", "मुझे डिलीवरी का पता बदलना है", "सामान टूटा हुआ आया, क्या करूँ?"),
    "hr": (
        "Dvaput su mi naplatili karticu",
        "Želim promijeniti adresu dostave",
        "Proizvod je stigao oštećen, što da radim?",
    ),
    "hu": (
        "Kétszer terhelték meg a kártyámat",
        "Szeretném módosítani a szállítási címet",
        "A termék sérülten érkezett, mit tegyek?",
    ),
    "id": (
        "Kartu saya ditagih dua kali",
        "Saya ingin mengubah alamat pengiriman",
        "Produknya rusak saat tiba, saya harus bagaimana?",
    ),
    "ko": ("카드가 두 번 결제됐어요", "배송지를 바꾸고 싶어요", "제품이 파손된 채로 왔는데 어떻게 해야 하나요?"),
    "lt": (
        "Nuo kortelės du kartus nuskaičiuoti pinigai",
        "Noriu pakeisti pristatymo adresą",
        "Prekė atkeliavo sugadinta, ką daryti?",
    ),
    "lv": ("No kartes divreiz noņēma naudu", "Vēlos mainīt piegādes adresi", "Prece pienāca bojāta, ko man darīt?"),
    "ms": (
        "Kad saya dicaj dua kali",
        "Saya mahu menukar alamat penghantaran",
        "Produk tiba dalam keadaan rosak, apa perlu saya buat?",
    ),
    "nb": (
        "Kortet mitt ble belastet to ganger",
        "Jeg vil endre leveringsadressen",
        "Varen kom ødelagt frem, hva skal jeg gjøre?",
    ),
    "ro": (
        "Mi s-au luat banii de două ori",
        "Vreau să schimb adresa de livrare",
        "Produsul a ajuns deteriorat, ce fac?",
    ),
    "ru": ("С карты дважды списали деньги", "Хочу изменить адрес доставки", "Товар пришёл сломанным, что делать?"),
    "sk": ("Kartu mi zaťažili dvakrát", "Chcem zmeniť adresu doručenia", "Tovar prišiel poškodený, čo mám robiť?"),
    "sl": (
        "Kartico so mi bremenili dvakrat",
        "Želim spremeniti naslov za dostavo",
        "Izdelek je prispel poškodovan, kaj naj naredim?",
    ),
    "sv": (
        "Mitt kort har debiterats två gånger",
        "Jag vill ändra leveransadressen",
        "Varan kom fram trasig, vad ska jag göra?",
    ),
    "th": ("บัตรของฉันถูกตัดเงินสองครั้ง", "อยากเปลี่ยนที่อยู่จัดส่ง", "สินค้ามาถึงแล้วชำรุด ต้องทำอย่างไร"),
    "tr": (
        "Kartımdan iki kez para çekildi",
        "Teslimat adresini değiştirmek istiyorum",
        "Ürün hasarlı geldi, ne yapmalıyım?",
    ),
    "uk": ("З картки двічі списали гроші", "Хочу змінити адресу доставки", "Товар прийшов пошкоджений, що робити?"),
    "vi": (
        "Thẻ của tôi bị trừ tiền hai lần",
        "Tôi muốn đổi địa chỉ giao hàng",
        "Sản phẩm bị hỏng khi đến nơi, tôi phải làm gì?",
    ),
}
