"""The log-likelihood of bytes as text in an encoding; decides between encodings of short captions.

A caption of three bytes decodes without an error in half a dozen encodings, so what counts is
whether the decoded characters are common ones. Each encoding has a small model: classes of
characters, each with its share of usual text, spread evenly over its members. Log-likelihoods of
the same bytes in several encodings can be compared, and those of many captions added.

The model is naive Bayes over characters with a few rules about neighbours; the classes of the East
Asian standards follow from their own layout (Lunde, CJKV Information Processing, 2nd ed., ch. 3).
The lists of common characters of large scripts are written by hand from everyday use: neither
complete nor in exact order, they only have to be far likelier than those that are not listed.
"""

import functools
import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民"
    "第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话"
    "合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神"
    "总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则"
    "听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候"
    "带导争运笑飞风步改收根干造言联持组每济车亲极林服快办议往元英士证近失转夫令准布始怎呢存未远叫台单影具罗字爱击流备兵"
    "连调深商算质团集百需价花党华城石级整府离况亚请技际约示复病息究线似官火断精满支视消越器容照须九增研写称企八功吗包片"
    "史委乎查轻易早曾除农找装广显吧阿李标谈吃图念六引历首医局突专费号尽另周较注语仅考落青随选列红响虽推势参希古众构房半"
    "节土投某案黑维革划敌致陈律足态护七兴派孩验责营星够章音跟志底站严巴例防族供效续施留讲型料终答紧黄绝奇察母京段依批群"
    "项故按河米围江织害斗双境客纪采举杀攻父苏密低朝友诉止细愿千值仍男钱破网热助倒育属坐帝限船脸职速刻乐否刚威毛状率甚独"
    "球般普怕弹校苦创伪久错承印晚兰试股拿脑预谁益阳若哪微尼继送急血惊伤素药适波夜省初喜卫源食险待述陆习置居劳财环排福纳"
    "欢雷警获模充负云停木游龙树疑层冷洲冲射略范竟句室异激汉村哈策演简卡罪判担州静退既衣您宗积余痛检差富灵协角占配征修皮"
    "狗猫鸟鱼草叶杯桌椅灯帽鞋粉绿蓝紫橙灰棕圆站坐躺跑跳戴抱背景照片穿裙衫雪雨晴桥楼街墙窗床碗盘刀猪羊牛虎狼兔熊蛇鼠猴蝴蝶"
)
"""Chinese as in the mainland, the 600 commonest, and what stands in captions."""

TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家"
    "種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民"
    "第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話"
    "合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神"
    "總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則"
    "聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候"
    "帶導爭運笑飛風步改收根幹造言聯持組每濟車親極林服快辦議往元英士證近失轉夫令準布始怎呢存未遠叫台單影具羅字愛擊流備兵"
    "連調深商算質團集百需價花黨華城石級整府離況亞請技際約示復病息究線似官火斷精滿支視消越器容照須九增研寫稱企八功嗎包片"
    "史委乎查輕易早曾除農找裝廣顯吧阿李標談吃圖念六引歷首醫局突專費號盡另周較注語僅考落青隨選列紅響雖推勢參希古眾構房半"
    "節土投某案黑維革劃敵致陳律足態護七興派孩驗責營星夠章音跟志底站嚴巴例防族供效續施留講型料終答緊黃絕奇察母京段依批群"
    "項故按河米圍江織害鬥雙境客紀採舉殺攻父蘇密低朝友訴止細願千值仍男錢破網熱助倒育屬坐帝限船臉職速刻樂否剛威毛狀率甚獨"
    "球般普怕彈校苦創偽久錯承印晚蘭試股拿腦預誰益陽若哪微尼繼送急血驚傷素藥適波夜省初喜衛源食險待述陸習置居勞財環排福納"
    "歡雷警獲模充負雲停木遊龍樹疑層冷洲衝射略範竟句室異激漢村哈策演簡卡罪判擔州靜退既衣您宗積餘痛檢差富靈協角佔配徵修皮"
    "狗貓鳥魚草葉杯桌椅燈帽鞋粉綠藍紫橙灰棕圓隻張穿裙衫雪雨晴橋樓街牆窗床碗盤刀豬羊牛虎狼兔熊蛇鼠猴蝴蝶躺跑跳戴抱背景"
)
"""Chinese as in Taiwan and Hong Kong, the same."""

KANJI = (
    "日一人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電"
    "校語土木聞食車何南万毎白天母火右読友左休父雨国会事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強"
    "公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住真有口少町料工建空急止送切転研足究楽"
    "起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂"
    "鳥飯勉冬昼茶弟牛魚兄犬妹姉漢猫空黄緑丸顔笑星形描絵静寝座街橋雪木葉草馬円紫桜美若可愛立部屋桃髪"
)
"""Japanese, with the shapes that are written in Japan."""

HANGUL = (
    "이다에의는로하을가고지서한은기으년대사시를리도인스일그어자나라있것수아들부장정과전해제보주만여상구오공원소성조신동적"
    "와관거문학교세비국실생아면위방모우안무미물화경중연선계치유진분산게음당발명장점용간최회통여영않니까요습합입할된없말람"
    "개고양빨간파란색노란검은흰작큰집강아지꽃나무새차람남자여얼굴위앞에앉서눈하늘바다산길물웃울손발밤낮빛별달해불원각형"
    "트크러르드레마카타파프토포터니네데테베메케바터피키티디비미게래려련력록론류립마막맞매머먹멀며못몸바밖반받배백버번법변"
)
"""Korean syllables."""


IMPOSSIBLE = -25.0
"""For a character that nobody writes: control, private use, unassigned."""
ASCII = math.log(1 / 30)
# Neighbours within a word that come from a wrong reading far more often than from a writer.
_OTHER_SCRIPT, _CAPITAL_INSIDE, _ACCENTS_TOGETHER = -2.5, -4.0, -2.0
_UNASSIGNED = ("Cc", "Co", "Cn", "Cs")
_SAME_SCRIPT, _NEW_SCRIPT = 5.0, 7.0
_FULL_WIDTH = "，。、！？：；（）《》「」『』“”‘’…—·～【】０１２３４５６７８９　"
_WESTERN = "éèàüöäßñçêëíóúáôîïåøæãõâûùì’“”–—…°«»‘ÉÜÖÄ©®£€½×·¿¡"
_CENTRAL = "ąćęłńóśźżěščřžýáíéúůďťňőűöüäßôľĺŕăâîșțşţđŁŚŻČŠŘŽ„”–’"


@dataclass(frozen=True)
class Model:
    """What text in one encoding consists of."""

    encoding: str
    prior: float
    """Log of how often sources are in it, relative to the others."""
    classes: tuple[tuple[str, float], ...]
    """Characters, and their share of all characters; the first class that has one counts."""
    elsewhere: float
    """Log-likelihood of any other character."""

    @functools.cached_property
    def likelihoods(self) -> Mapping[str, float]:
        """Log-likelihood by character."""
        table: dict[str, float] = {}
        for members, share in self.classes:
            fresh = set(members) - table.keys()
            value = math.log(share / max(1, len(fresh)))
            table |= dict.fromkeys(fresh, value)
        return table


def log_likelihood(text: str, model: Model) -> float:
    """Return the log-likelihood of decoded text under the model of its encoding."""
    table = model.likelihoods
    total, before, before_kind = 0.0, "", ""
    for character in text:
        if character < "\x80":
            total += ASCII if character >= " " or character in "\t\n\r" else IMPOSSIBLE
        else:
            value = table.get(character)
            total += _unexpected(character, model) if value is None else value
        kind = _kind(character)
        if kind and before_kind:
            total += _neighbours(before, before_kind, character, kind)
        before, before_kind = character, kind
    return total


def unicode_log_likelihood(text: str) -> float:
    """Return the log-likelihood of text that passed for UTF-8: that of the language that fits best.

    Text of which there is no model here is likely if its letters are of one script: other
    encodings that pass for UTF-8 by chance turn into Cyrillic, Hebrew and accents side by side.
    """
    return max(_one_script(text), *(log_likelihood(text, model) for model in MODELS))


def _one_script(text: str) -> float:
    total, script = 0.0, ""
    for character in text:
        if character < "\x80":
            total += ASCII if character >= " " or character in "\t\n\r" else IMPOSSIBLE
        elif unicodedata.category(character) in _UNASSIGNED:
            total += IMPOSSIBLE
        else:
            total, before, script = (
                total - _SAME_SCRIPT,
                script,
                unicodedata.name(character, "").partition(" ")[0],
            )
            total -= _NEW_SCRIPT if script != before else 0.0
    return total


@functools.lru_cache(maxsize=4_096)
def _unexpected(character: str, model: Model) -> float:
    return IMPOSSIBLE if unicodedata.category(character) in _UNASSIGNED else model.elsewhere


@functools.lru_cache(maxsize=4_096)
def _kind(character: str) -> str:
    """Tell roughly which script a letter is of; empty for what is no letter."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    if character < "\x80":
        return "ascii"
    name = unicodedata.name(character, "")
    if name.startswith("LATIN"):
        return "latin"
    return "cased" if name.startswith(("CYRILLIC", "GREEK")) else "uncased"


def _neighbours(before: str, before_kind: str, character: str, kind: str) -> float:
    if kind != before_kind and {kind, before_kind} != {"ascii", "latin"}:
        return _OTHER_SCRIPT
    if kind == "uncased" or kind == before_kind == "ascii":
        return 0.0
    cost = _ACCENTS_TOGETHER if kind == before_kind == "latin" else 0.0
    return cost + (_CAPITAL_INSIDE if before.islower() and character.isupper() else 0.0)


def _cells(encoding: str, leads: Iterable[int], trails: Iterable[int]) -> str:
    """Return the characters of a block of a two-byte encoding."""
    trails = tuple(trails)
    return "".join(
        bytes((lead, trail)).decode(encoding, "ignore") for lead in leads for trail in trails
    )


_HIGH = range(0xA1, 0xFF)
_BIG5 = (*range(0x40, 0x7F), *_HIGH)
_HIRAGANA = "".join(map(chr, range(0x3041, 0x3094)))
_KATAKANA = "".join(map(chr, range(0x30A1, 0x30F7))) + "ー"
_HALF_KATAKANA = "".join(map(chr, range(0xFF61, 0xFFA0)))
_JAPANESE = (
    (_FULL_WIDTH, 0.08),
    (_HIRAGANA, 0.42),
    (_KATAKANA, 0.14),
    (KANJI, 0.22),
    (_cells("euc_jp", range(0xB0, 0xD0), _HIGH), 0.13),
    (_cells("euc_jp", range(0xD0, 0xF5), _HIGH), 0.004),
    (_HALF_KATAKANA, 0.003),
)
_KOREAN = (
    (_FULL_WIDTH, 0.03),
    (HANGUL, 0.78),
    (_cells("euc_kr", range(0xB0, 0xC9), _HIGH), 0.18),
    (_cells("euc_kr", range(0xCA, 0xFE), _HIGH), 0.004),
)
_RUSSIAN = (
    ("оеаинтсрвлкм", 0.76),
    ("дпуяыьгзбчйхжшюцщэфъё", 0.17),
    ("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЫЭЮЯ", 0.04),
    ("«»—–…№„“", 0.02),
)
_GREEK = (
    ("αοιετνσηρπκμλςυάίόέή", 0.86),
    ("γδωχθύφβξζώψϊ", 0.1),
    ("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΊΌ", 0.03),
)
_HEBREW = (("יוהלאתרבשמנ", 0.8), ("כעדקחפסטגצםזןךףץ", 0.19))
_ARABIC = (("اليمنرتوبةعدسفهك", 0.85), ("قحجشصطخذزضظثغءآأؤإئى", 0.13))
_THAI = (
    ("านรอกเงมยลวดท่้สตะปบคหแจพชขใไโ", 0.85),
    ("".join(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F)))), 0.13),
)

MODELS: tuple[Model, ...] = (
    Model(
        "gb18030",
        math.log(0.3),
        (
            (_FULL_WIDTH, 0.08),
            (SIMPLIFIED, 0.64),
            (_cells("gb2312", range(0xB0, 0xD8), _HIGH), 0.26),
            (_cells("gb2312", range(0xD8, 0xF8), _HIGH), 0.012),
            (TRADITIONAL, 0.002),
        ),
        -17.0,
    ),
    Model(
        "big5hkscs",
        math.log(0.12),
        (
            (_FULL_WIDTH, 0.08),
            (TRADITIONAL, 0.64),
            (_cells("big5", range(0xA4, 0xC7), _BIG5), 0.26),
            (_cells("big5", range(0xC9, 0xFA), _BIG5), 0.008),
        ),
        -17.0,
    ),
    Model("cp932", math.log(0.12), _JAPANESE, -17.0),
    Model("euc_jp", math.log(0.01), _JAPANESE, -17.0),
    Model("cp949", math.log(0.05), _KOREAN, -17.0),
    Model("cp1252", math.log(0.3), ((_WESTERN, 0.05),), -10.5),
    Model("cp1250", math.log(0.02), ((_CENTRAL, 0.08),), -11.0),
    Model("cp1251", math.log(0.04), _RUSSIAN, -12.0),
    Model("koi8_r", math.log(0.004), _RUSSIAN, -14.0),
    Model("cp1253", math.log(0.004), _GREEK, -14.0),
    Model("cp1255", math.log(0.003), _HEBREW, -14.0),
    Model("cp1256", math.log(0.003), _ARABIC, -14.0),
    Model("cp874", math.log(0.003), _THAI, -14.0),
)
"""The encodings that are weighed against each other, the likelier first."""
