"""Benchmark the detection of encodings: captions in 20 languages, in their usual legacy encodings.

    python packaging/bench_encoding.py [--counts 1 3 10 100] [--pools 40] [--peer] [--errors]
                                       [--captions packaging/held_out_captions.txt]

Each pool holds so many captions of one language in one encoding, as the text files of a folder do.
The figure is the share of captions that are read exactly as they were written, over all pools of
a language and encoding. ``--peer`` adds chardet alone, which chooses from all of its encodings.

Captions are made of the parts below, so results are the same on each machine. These chose the
priors of ``engine.importing.encoding``; those of ``held_out_captions.txt``, on other subjects, did
not. A file of captions has the same form, without a ``+`` where its lines are whole captions.
"""

import argparse
import itertools
import math
import re
import statistics
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import chardet

from engine.errors import EntryError
from engine.importing.encoding import decode_text, detect_encoding

Read = Callable[[Sequence[bytes]], list[str]]

_CAPTIONS = """
French: cp1252
  un café crème | une forêt enneigée | trois garçons | la tête d’un âne gris
  un vieux château | une île déserte | deux chats noirs | le chêne préféré de ma mère
  un gâteau aux pêches | une fenêtre ouverte
  +
  près de la rivière | à côté d’une église | sous le ciel d’été | dans une pièce éclairée
  devant la maison | au bord de la mer | pendant la tempête | sur une étagère | en forêt
  derrière un mur de pierre
German: cp1252
  ein Mädchen mit Hut | eine grüne Straßenbahn | drei Äpfel | ein großer Löwe
  zwei schöne Vögel | ein altes Schloss | eine weiße Tür | ein Fußball | ein müder Hund
  der König
  +
  auf der Wiese | über den Dächern | in der Küche | am Flussufer | vor einer Mühle
  im Frühling | neben dem Bahnhof | unter blauem Himmel | während des Gewitters
  hinter dem Zaun
Spanish: cp1252
  un niño pequeño | una montaña nevada | dos pájaros azules | el corazón de piedra
  un camión rojo | una lámpara encendida | tres gatos | el árbol más viejo
  una niña con paraguas | un balón
  +
  en el jardín | junto a la estación | sobre la mesa | bajo la lluvia de otoño
  cerca del río | en una habitación vacía | detrás de la pared | en la cima
  mañana por la mañana | en España
Italian: cp1252
  una città di notte | un caffè caldo | due gatti neri | la libertà dipinta
  un bambino felice | una tazza di tè | il papà con il cane | tre barche blu
  un albero così alto | una casa gialla
  +
  vicino al fiume | sotto la pioggia | più in là del ponte | sul tavolo della cucina
  perché è estate | in una stanza buia | di lunedì mattina | dietro la staccionata | al mare
  nell’università
Portuguese: cp1252
  um avião no céu | uma maçã vermelha | dois cães | o coração de pedra
  uma mãe com a criança | um pão quente | três irmãos | a estação antiga | um balão amarelo
  uma lâmpada
  +
  perto do rio São Francisco | em cima da mesa | na praia ao amanhecer | atrás da igreja
  debaixo da árvore | durante a estação das chuvas | no sertão | à beira do mar | na cozinha
  em frente à fábrica
Swedish: cp1252
  en röd stuga | två små fåglar | en gammal båt | ett äpple | en svart katt | tre björnar
  en grön spårvagn | en pojke med mössa | ett högt träd | en trött häst
  +
  på ängen | vid sjön | under den blå himlen | i köket | bredvid älven | i snön | på en ö
  nära järnvägsstationen | utanför huset | efter åskvädret
Polish: cp1250, iso8859_2
  biały koń | czerwona łódź | stara wieża kościoła | dwa żółte ptaki | mała dziewczynka
  głodny niedźwiedź | pusta ścieżka | trzy jabłka | śnieżna góra | źrebak i kot
  +
  nad rzeką | w lesie pod śniegiem | na łące | obok dworca | przed burzą | w ciemnym pokoju
  za płotem | na stole w kuchni | pod gwiaździstym niebem | w Łodzi
Czech: cp1250, iso8859_2
  žlutý kůň | malá holčička | dvě černé kočky | starý hrad | červené jablko | tři medvědi
  bílá loď | zelená tramvaj | pes v trávě | ospalý ježek
  +
  u řeky | pod hvězdnou oblohou | na louce | před bouřkou | v kuchyni | za plotem
  na střeše | v lese za městem | vedle nádraží | v zimě
Hungarian: cp1250, iso8859_2
  egy fehér ló | két kismadár | egy öreg kőhíd | a zöld villamos | három alma
  egy kisfiú sapkában | fekete macska | egy piros csónak | álmos medve | egy fűzfa
  +
  a folyó mellett | a mezőn | a csillagos ég alatt | a konyhaasztalon | vihar előtt
  egy üres szobában | az erdő szélén | a kerítés mögött | a hegytetőn | őszi esőben
Turkish: cp1254
  küçük bir kız | iki siyah kedi | eski bir köprü | yeşil ağaç | kırmızı tekne | üç elma
  yaşlı bir balıkçı | beyaz at | sarı şemsiye | uykulu köpek
  +
  nehrin kıyısında | yıldızlı gökyüzünün altında | masanın üstünde | fırtınadan önce
  bahçede | boş bir odada | çitin arkasında | dağın eteğinde | İstanbul’da
  yağmurlu bir günde
Russian: cp1251, koi8_r, cp866
  красная кошка | старый мост | две белые лошади | зелёный трамвай | маленькая девочка
  сонный медведь | три яблока | жёлтый зонт | рыбак в лодке | пустая улица
  +
  у реки | на траве | под звёздным небом | в тёмной комнате | за деревянным забором
  перед грозой | на кухонном столе | в зимнем лесу | возле вокзала | на крыше
Ukrainian: cp1251, koi8_u
  руда кішка | старий міст | два білі коні | зелений потяг | маленька дівчинка | сонний їжак
  три яблука | жовта парасолька | рибалка в човні | порожня вулиця
  +
  біля річки | на траві | під зоряним небом | у темній кімнаті | за парканом | перед грозою
  на кухонному столі | у зимовому лісі | поруч із вокзалом | на даху
Greek: cp1253, iso8859_7
  μια κόκκινη γάτα | ένας παλιός πύργος | δύο άσπρα άλογα | το πράσινο λεωφορείο
  ένα μικρό κορίτσι | τρία μήλα | ένας ψαράς | κίτρινη ομπρέλα | η άδεια πλατεία
  ένας κουρασμένος σκύλος
  +
  δίπλα στο ποτάμι | στο γρασίδι | κάτω από τα αστέρια | σε ένα σκοτεινό δωμάτιο
  πίσω από τον φράχτη | πριν από την καταιγίδα | στο τραπέζι | στο χειμωνιάτικο δάσος
  στη στέγη | κοντά στη θάλασσα
Hebrew: cp1255
  חתול אדום | גשר ישן | שני סוסים לבנים | ילדה קטנה | שלושה תפוחים | דייג בסירה
  מטרייה צהובה | רחוב ריק | כלב עייף | עץ ירוק
  +
  ליד הנהר | על הדשא | מתחת לכוכבים | בחדר חשוך | מאחורי הגדר | לפני הסערה | על השולחן במטבח
  ביער בחורף | על הגג | קרוב לים
Arabic: cp1256, iso8859_6
  قطة حمراء | جسر قديم | حصانان أبيضان | فتاة صغيرة | ثلاث تفاحات | صياد في قارب
  مظلة صفراء | شارع فارغ | كلب متعب | شجرة خضراء
  +
  بجانب النهر | على العشب | تحت النجوم | في غرفة مظلمة | خلف السياج | قبل العاصفة
  على طاولة المطبخ | في الغابة شتاء | على السطح | قرب البحر
Thai: cp874
  แมวสีแดง | สะพานเก่า | ม้าสีขาวสองตัว | เด็กหญิงตัวเล็ก | แอปเปิ้ลสามลูก | ชาวประมงในเรือ
  ร่มสีเหลือง | ถนนว่างเปล่า | สุนัขที่เหนื่อย | ต้นไม้สีเขียว
  +
  ข้างแม่น้ำ | บนสนามหญ้า | ใต้แสงดาว | ในห้องมืด | หลังรั้วไม้ | ก่อนพายุ | บนโต๊ะในครัว
  ในป่าฤดูหนาว | บนหลังคา | ใกล้ทะเล
Chinese, simplified: gb18030
  一只红色的猫 | 一座旧桥 | 两匹白马 | 绿色的电车 | 一个小女孩 | 三个苹果 | 船上的渔夫
  黄色的雨伞 | 空荡荡的街道 | 一条疲倦的狗
  +
  在河边 | 坐在草地上 | 在星空下 | 在黑暗的房间里 | 在木栅栏后面 | 暴风雨之前 | 厨房的桌子上
  冬天的森林里 | 在屋顶上 | 靠近海边
Chinese, traditional: big5
  一隻紅色的貓 | 一座舊橋 | 兩匹白馬 | 綠色的電車 | 一個小女孩 | 三個蘋果 | 船上的漁夫
  黃色的雨傘 | 空蕩蕩的街道 | 一條疲倦的狗
  +
  在河邊 | 坐在草地上 | 在星空下 | 在黑暗的房間裡 | 在木柵欄後面 | 暴風雨之前 | 廚房的桌子上
  冬天的森林裡 | 在屋頂上 | 靠近海邊
Japanese: cp932, euc_jp
  赤い猫 | 古い橋 | 二頭の白い馬 | 緑色の電車 | 小さな女の子 | 三つのりんご | 船に乗った漁師
  黄色い傘 | 誰もいない通り | 疲れた犬
  +
  が川のそばにいる | と草原 | 、星空の下 | 、暗い部屋の中 | 、木の柵の後ろ | 、嵐の前
  と台所のテーブル | 、冬の森 | 、屋根の上 | 、海の近く
Korean: cp949
  빨간 고양이 | 오래된 다리 | 하얀 말 두 마리 | 초록색 전차 | 어린 소녀 | 사과 세 개
  배에 탄 어부 | 노란 우산 | 텅 빈 거리 | 지친 개
  +
  강가에서 | 풀밭 위에 | 별이 빛나는 하늘 아래 | 어두운 방 안에 | 나무 울타리 뒤에
  폭풍 전에 | 부엌 식탁 위에 | 겨울 숲에서 | 지붕 위에 | 바다 근처에
"""
"""Languages with their usual encodings; each first part of a caption goes with each second one,
behind a space unless that begins with a comma."""
_JOINED = ("Thai", "Chinese, simplified", "Chinese, traditional", "Japanese")
"""Languages that are written without spaces."""
_STRIDE = 37


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 3, 10, 100])
    parser.add_argument("--pools", type=int, default=40, help="pools of each size")
    parser.add_argument("--peer", action="store_true", help="chardet alone as well")
    parser.add_argument(
        "--errors", action="store_true", help="name what misread pools were read as"
    )
    parser.add_argument("--captions", type=Path, help="file of captions in place of our own")
    arguments = parser.parse_args()
    parts = arguments.captions.read_text("utf-8") if arguments.captions else _CAPTIONS
    readers = {"ours": read_ours} | ({"chardet": read_chardet} if arguments.peer else {})
    heads = [f"{name}, {count}" for name in readers for count in arguments.counts]
    print(f"| language | encoding | {' | '.join(heads)} |")
    print(f"|---|---|{'---|' * len(heads)}")
    columns: list[list[float]] = []
    sources = [
        (language, encoding, captions)
        for language, (encodings, captions) in languages(parts).items()
        for encoding in encodings
    ]
    for language, encoding, captions in sources:
        row = [
            share_read(read, captions, encoding, count, arguments.pools, named=arguments.errors)
            for read in readers.values()
            for count in arguments.counts
        ]
        columns.append(row)
        figures = " | ".join(f"{share:.1%}" for share in row)
        print(f"| {language} | {encoding} | {figures} |", flush=True)
    means = " | ".join(f"{statistics.mean(column):.2%}" for column in zip(*columns, strict=True))
    print(f"| mean | | {means} |")


def languages(parts: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return the encodings and the captions of each language, made of their parts."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for head, body in re.findall(r"^(\S.*)\n((?:  .*\n)+)", parts, re.MULTILINE):
        language, encodings = head.split(": ")
        first, *second = (re.split(r"\s*[|\n]\s*", half.strip()) for half in body.split("  +\n"))
        captions = [
            _joined(pair, "" if language in _JOINED else " ")
            for pair in itertools.product(first, *second)
        ]
        # In an order that mixes the parts.
        step = next(n for n in itertools.count(_STRIDE) if math.gcd(n, len(captions)) == 1)
        mixed = [captions[step * number % len(captions)] for number in range(len(captions))]
        found[language] = encodings.split(", "), mixed
    return found


def _joined(parts: Sequence[str], space: str) -> str:
    return space.join(parts).replace(" ,", ",")


def share_read(
    read: Read, captions: Sequence[str], encoding: str, count: int, pools: int, *, named: bool
) -> float:
    """Return the share of captions that are read as they were written.

    Args:
        read: the detection.
        captions: of one language.
        encoding: that they are written in; what it cannot write is left out.
        count: captions of a pool.
        pools: how many are tried, as far as they differ.
        named: print what misread pools begin with.
    """
    written = [caption for caption in captions if _can_be_written(caption, encoding)]
    # Pools of all captions are all the same.
    starts = range(0, len(written), max(1, len(written) // pools)) if count < len(written) else [0]
    right = total = 0
    for start in starts:
        pool = [written[(start + number) % len(written)] for number in range(count)]
        found = read([caption.encode(encoding) for caption in pool])
        # Reading composes characters.
        meant = [unicodedata.normalize("NFC", caption) for caption in pool]
        hits = sum(one == other for one, other in zip(found, meant, strict=True))
        right, total = right + hits, total + len(pool)
        if named and hits < len(pool):
            print(f"  {encoding}, {count}: {found[0]!r} for {pool[0]!r}")
    return right / total


def read_ours(contents: Sequence[bytes]) -> list[str]:
    """Read the texts of a pool as an import does."""
    encoding = detect_encoding(contents) if len(contents) > 1 else ""
    return [_text_of(content, encoding) for content in contents]


def read_chardet(contents: Sequence[bytes]) -> list[str]:
    """Read the texts of a pool by what chardet says of all of them together."""
    encoding = chardet.detect(b"\n".join(contents))["encoding"] or "latin-1"
    return [content.decode(encoding, "replace") for content in contents]


def _text_of(content: bytes, encoding: str) -> str:
    try:
        return decode_text(content, encoding).text
    except EntryError:
        return ""


def _can_be_written(caption: str, encoding: str) -> bool:
    try:
        return not caption.isascii() and caption.encode(encoding).decode(encoding) == caption
    except UnicodeError:
        return False


if __name__ == "__main__":
    main()
