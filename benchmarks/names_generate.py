"""Plausible, varied organisation names by the million, the same ones for the same seed; nothing is read, nothing copied.

Words are coined from syllables of five families of languages and drawn with a heavy head and a long tail, so that a longer list has more words (as real lists do)
and some words are in very many names; trade words, places and legal forms stand where each family puts them. Two in a hundred names are Cyrillic or Chinese.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CHUNK = 50_000


@dataclass(frozen=True)
class Family:
    """One family of names: share, syllables, and word lists; ``pattern`` is a list of (slot, probability)."""

    name: str
    share: float
    syllables: str
    trades: str
    places: str
    forms: str
    pattern: tuple[tuple[str, float], ...]
    joint: str = " "
    coined: int = 400_000
    title: bool = True


FAMILIES = (
    Family("english", 0.45,
           "ash bar brad bur cal car chal cla col cran dal den dew ed ell ems far fen gar gil gra hal har hay hol hor ing kel ken kin lang lea lin lo mar mel mil mor nor oak pen "
           "pres quin rad ren rid ros row san sel sher stan ster strat sut tan thorn til tre wal war wel wes whit wick win wood wor yar ford ham ley ton by worth well field man ner son ville den mere",
           "Services Building Electrical Engineering Security Consulting Transport Care Training Catering Cleaning Roofing Plumbing Heating Logistics Solutions Systems Technologies Motors Print "
           "Supplies Recruitment Nursery School Academy Farm Dairy Foods Homes Properties Developments Associates Partners Group Holdings Contractors Landscapes Surveyors Architects Software Media Trust",
           "(Yorkshire) (Northern) (UK) (Leeds) (Midlands) (Europe) (London) (Wales) (Scotland) (South West) International National",
           "Ltd Limited LTD plc LLP Inc Corp LLC CIC Ltd Ltd Limited", (("first", 0.12), ("coined", 1), ("and", 0.13), ("second", 0.25), ("trade", 0.75), ("trade2", 0.4), ("place", 0.13), ("form", 0.72))),
    Family("slavic", 0.17,
           "al an av bel bor chel dm dor do eks en ener gor gra in ka kov kras kra ku len lip ma mag me mir mos ni nov ob om or pe per pro ros ru ryaz sa sam sev sib so spets sta stroi svet tat "
           "tek trans tul tver u ufa ural ve vol vos yar za zla grad gaz neft mash prom tekh eksport invest snab himik metal avia",
           "Plant Factory Research Institute Design Bureau Bank Shipping Trading Machine-Building Instruments Electronics Metallurgical Chemical Energy Invest Scientific Production Association Works Airlines Mining",
           "Moscow Ural Volga Siberian Northern Far-Eastern Novosibirsk Samara Minsk Kazan", "LLC OOO JSC AO PAO OJSC CJSC ZAO FGUP",
           (("form", 0.5), ("place", 0.2), ("coined", 1), ("second", 0.3), ("trade", 0.6), ("trade2", 0.35), ("number", 0.06), ("late form", 0.35))),
    Family("chinese", 0.16,
           "an bai bao bei bo chang chao chen cheng chi chuan da dong fa fei feng fu gang gao guang gui guo hai han hao he heng hong hua huai huan hui ji jia jian jiang jin jing jun kai ke lan "
           "lei li lian lin ling long lu mei ming nan ning peng ping qi qian qing rong rui shan shang shen sheng shi shun tai tian tong wan wei wen wu xi xia xin xing xu xuan yang yi ying "
           "yong you yu yuan yue yun ze zhan zhao zhen zheng zhi zhong zhou zhuo zi",
           "Technology Electronics Trading Import Export Industrial Textile Optical Digital Information Machinery Chemical Petroleum Shipping Semiconductor Equipment Garment Investment Aviation Science",
           "Shenzhen Beijing Shanghai Guangdong Zhejiang Hangzhou Jiangsu Xinjiang Hubei Chengdu Dalian Suzhou Ningbo Tianjin Hong Kong Wuhan Shandong",
           "Co.,_Ltd. Co._Ltd Co.,_Limited Limited Group_Co.,_Ltd. Corporation", (("place", 0.75), ("coined", 1), ("second", 0.15), ("trade", 0.9), ("trade2", 0.6), ("form", 0.93))),
    Family("arabic", 0.1,
           "ab ad ah am an ar as az ba bah bar bas dam dar far fa ha had haj has hi is ja jab ka kar kha la ma mah mal man mar mu na nab naj nas nur qa qas ra rah ram sa sab sad sal sam sha shar "
           "ta tal wa ya yar za zah di id im in ir un ur iya een oun eh",
           "Trading General Contracting Petrochemical Exchange Oil Gas Steel Industries Charity Foundation Company Shipping Aviation Transport Establishment Construction Foodstuff Group Real Estate",
           "Tehran Dubai Damascus Baghdad Sana'a Isfahan Kabul Gulf", "LLC FZE Co. Company PJSC SAL FZCO Ltd",
           (("al", 0.4), ("coined", 1), ("second", 0.35), ("trade", 0.85), ("trade2", 0.5), ("place", 0.12), ("form", 0.6))),
    Family("european", 0.1,
           "al ber bo bra can cas cor del den do eck el en er fer fi ga ger gra gros hart hein hof ja kel kir ko lan lau le lo lu man mar mei mo mont neu no ol pa per pon ri ro sal san schle "
           "sil sol stein ta tor va ver vi vo wal wei zim berg mann haus wald ini etti ona aldo",
           "Technik Maschinenbau Logistik Handel Bau Elektronik Costruzioni Trasporti Servicios Industrias Energia Conseil Transports Systems Pharma Immobilien Consulting Sistemas Comercio Telecom",
           "Milano Iberia France Nord Süd Europe Deutschland Benelux Wien", "GmbH AG S.A. S.p.A. S.r.l. B.V. SARL SAS Sp._z_o.o. d.o.o. KG N.V.",
           (("coined", 1), ("and", 0.08), ("second", 0.25), ("trade", 0.75), ("trade2", 0.2), ("place", 0.12), ("form", 0.85))),
    Family("cyrillic", 0.01,
           "ал бел бор вол гор град дон ен за ин ка кам ков крас ку лен лип ма маг мир мос неф ни нов об ом пром рос ру рязань са сам сев сиб спец стан строй там тех тул ура уфа хим эк эн юг яр",
           "завод институт банк торговый дом производство электроника машиностроение энергия инвест", "Москва Урал Сибирь Волга", "ООО АО ПАО ЗАО ФГУП",
           (("form", 0.9), ("coined", 1), ("second", 0.2), ("trade", 0.6), ("place", 0.1)), coined=50_000),
    Family("han", 0.01,
           "安 宝 北 博 昌 晨 诚 川 达 东 发 飞 丰 富 港 高 光 国 海 汉 浩 恒 宏 华 汇 佳 建 江 金 京 凯 科 兰 力 联 林 龙 美 明 南 宁 鹏 平 启 庆 荣 瑞 山 盛 顺 泰 天 通 万 威 文 新 兴 阳 宜 永 远 云 泽 振 正 志 中 卓",
           "科技 电子 贸易 实业 纺织 光学 数字技术 信息 机械 化工 石油 航运", "深圳 北京 上海 广东 浙江 杭州 江苏 新疆", "有限公司 股份有限公司 集团有限公司",
           (("place", 0.8), ("coined", 1), ("trade", 0.9), ("form", 1)), joint="", coined=50_000, title=False),
)  # fmt: skip

FIRST = pa.array(["New", "Royal", "North", "South", "East", "West", "Green", "Blue", "Premier", "First", "Direct", "United", "Central", "City", "Total", "Best", "Modern", "Advanced", "Global", "Prime"])


@lru_cache
def coined(number: int, seed: int) -> pa.Array:
    """The made-up words of one family, most common first: two syllables at the head, three and four later."""
    family = FAMILIES[number]
    random = np.random.default_rng([seed, number])
    syllables = pa.array(family.syllables.split())
    picks = [syllables.take(pa.array(random.integers(0, len(syllables), family.coined))) for _ in range(4)]
    third, fourth = (random.random(family.coined) < share for share in (0.62, 0.16))
    parts = [picks[0], picks[1], pc.if_else(pa.array(third), picks[2], ""), pc.if_else(pa.array(third & fourth), picks[3], "")]
    words = pc.unique(pc.binary_join_element_wise(*parts, ""))
    return pc.utf8_capitalize(words) if family.title else words


def _drawn(words: pa.Array, random: np.random.Generator, n: int, bend: float) -> pa.Array:
    """``n`` words: a few very often, most rarely (rank = size * u ** bend)."""
    return words.take(pa.array((len(words) * random.random(n) ** bend).astype(np.int64)))


def _slot(slot: str, family: Family, words: pa.Array, random: np.random.Generator, n: int) -> pa.Array:
    match slot:
        case "coined":
            return _drawn(words, random, n, 3.0)
        case "second":
            return _drawn(words, random, n, 2.0)
        case "first":
            return _drawn(FIRST, random, n, 1.0)
        case "and":
            return pc.binary_join_element_wise(pa.array(np.where(random.random(n) < 0.6, "&", "and")), _drawn(words, random, n, 3.0), " ")
        case "al":
            return pa.array(np.where(random.random(n) < 0.7, "Al", "Al-Noor"))
        case "number":
            return pc.binary_join_element_wise("No.", pa.array(random.integers(1, 999, n)).cast(pa.string()), " ")
        case "trade" | "trade2":
            return _drawn(pa.array(family.trades.split()), random, n, 1.6)
        case "place":
            return _drawn(pa.array(family.places.split()), random, n, 1.4)
        case _:
            return _drawn(pa.array([form.replace("_", " ") for form in family.forms.split()]), random, n, 1.3)


def _of(number: int, random: np.random.Generator, n: int, seed: int) -> pa.Array:
    family, words = FAMILIES[number], coined(number, seed)
    columns = []
    for slot, share in family.pattern:
        made = _slot(slot, family, words, random, n)
        columns.append(pc.if_else(pa.array(random.random(n) < share), made, pa.scalar(None, pa.string())))
    return pc.binary_join_element_wise(*columns, family.joint, null_handling="skip")


def chunk(number: int, seed: int, n: int = CHUNK) -> pa.Array:
    """The ``number``-th ``n`` names of a seed, families mixed, a third of them in capitals. Words are the same ones for every seed, names are not."""
    random = np.random.default_rng([seed, number, 17])
    which = random.choice(len(FAMILIES), n, p=[family.share for family in FAMILIES])
    made = [_of(f, random, int((which == f).sum()), 1) for f in range(len(FAMILIES))]
    order = np.empty(n, np.int64)
    order[np.argsort(which, kind="stable")] = np.arange(n)
    names = pa.concat_arrays(made).take(pa.array(order))
    return pc.if_else(pa.array(random.random(n) < 0.33), pc.utf8_upper(names), names)


def distinct(n: int, seed: int) -> pa.Array:
    """``n`` different names."""
    found, number = pa.array([], pa.string()), 0
    while len(found) < n:
        more = [chunk(number + k, seed) for k in range(max(1, (n - len(found)) // CHUNK + 1))]
        found, number = pc.unique(pa.concat_arrays([found, *more])), number + len(more)
    return found.slice(0, n)


def misspelt(names: pa.Array, seed: int) -> pa.Array:
    """Each name with one change: two letters swapped, one left out, the last word left out, or other capitals."""
    random = np.random.default_rng([seed, 5])
    return pa.array([_changed(name, int(kind), float(where)) for name, kind, where in zip(names.to_pylist(), random.integers(0, 4, len(names)), random.random(len(names)), strict=True)])


def _changed(name: str, kind: int, where: float) -> str:
    at = int(where * max(len(name) - 2, 1))
    if kind == 0:
        return name[:at] + name[at : at + 2][::-1] + name[at + 2 :]
    if kind == 1:
        return name[:at] + name[at + 1 :]
    return name.rsplit(" ", 1)[0] if kind == 2 else name.swapcase()


def queries(n: int, listed: pa.Array, seed: int, share: float = 0.1) -> Iterator[pa.RecordBatch]:
    """Batches ``id, name, truth``: mostly names of another seed, ``share`` of them listed names with one change; truth is the row of the list, or null."""
    for number in range((n + CHUNK - 1) // CHUNK):
        size = min(CHUNK, n - number * CHUNK)
        known = int(size * share)
        random = np.random.default_rng([seed, number, 29])
        rows = random.integers(0, len(listed), known)
        names = pa.concat_arrays([chunk(number, seed, size - known), misspelt(listed.take(pa.array(rows)), seed + number)])
        truth = pa.concat_arrays([pa.nulls(size - known, pa.int64()), pa.array(rows)])
        order = pa.array(random.permutation(size))
        ids = pa.array(np.arange(number * CHUNK, number * CHUNK + size)).cast(pa.string())
        yield pa.record_batch({"id": ids, "name": names.take(order), "truth": truth.take(order)})
