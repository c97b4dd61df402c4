"""What readers of party lists share: the script of a name, and whether a listed name is a natural person's.

Official lists mix organisations and people, and some (Entity List, Denied Persons List) do not say which is which. Rows about people are left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rigour.names import extract_org_types

from custodes.records.persons import has_organisation_word, is_natural_person

_SCRIPTS = {
    "LATIN": "Latn", "CJK": "Hani", "CYRILLIC": "Cyrl", "ARABIC": "Arab", "HANGUL": "Hang", "HIRAGANA": "Jpan", "KATAKANA": "Jpan",
    "HEBREW": "Hebr", "GREEK": "Grek", "THAI": "Thai", "DEVANAGARI": "Deva", "GEORGIAN": "Geor", "ARMENIAN": "Armn",
}  # fmt: skip
"""First word of a character's Unicode name -> ISO 15924 code."""

_GIVEN_NAMES = """
abbas abdallah abdel abdul abdulaziz abdullah abdulrahman abu ahmad ahmed akbar akram aleksandr aleksei aleksey alexandr alexey alireza amir amjad
anatoly andrei andrey asad asghar ashraf ayman aziz bashir bilal bin boris chandra daoud dmitri dmitriy dmitry evgeny faisal farhad faruq fawzi
gennady ghassan gholam habib haidar hamid hamza haroon hasan hassan hossein husayn hussain hussein ibrahim igor imad imran irina ismail ivan jafar
jamil javad jian jianguo kamal karim khaled khalid kim konstantin mahdi mahmoud mahmud majid malik mansour marwan masoud mehdi mehmet mikhail mohamad
mohamed mohammad mohammadreza mohammed mohsen mostafa muhamad muhammad mustafa nabil naji nasser natalya nikolai nikolay oleg omar osama pavel qasim
rafiq rahim rashid reza riad roman saeed said salah saleh salim samir sayed sayyed sergei sergey seyed shahid sheikh stanislav suleiman syed tariq
umar usama valery vasily viktor vladimir vyacheslav wael walid wei xiao xiaoming yasin yousef yuri yusuf zahid zainab zaman zhang zubair
"""
_GIVEN = frozenset(_GIVEN_NAMES.split())
"""Given names that are frequent on these lists and are seldom a firm's word; from general knowledge of the lists."""

_LETTER = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]*\.?")


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    return _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0], "Zyyy")


def script_of(name: str) -> str:
    """ISO 15924 code of the script most letters of ``name`` are in; '' without letters.

    >>> script_of("Hikvision"), script_of("海康威视"), script_of("ООО Технологии"), script_of("42")
    ('Latn', 'Hani', 'Cyrl', '')
    """
    if name.isascii():
        return "Latn" if _LETTER.search(name) else ""
    counts: dict[str, int] = {}
    for letter in name:
        if letter.isalpha():
            found = _script(letter)
            counts[found] = counts.get(found, 0) + 1
    return max(counts, key=lambda code: (counts[code], code)) if counts else ""


def named_person(name: str) -> bool:
    """Is this party's name a natural person's? A legal form in it, of any country, says no.

    >>> named_person("Mr J Smith"), named_person("MRS GmbH"), named_person("Hikvision")
    (True, False, False)
    """
    return is_natural_person(name) and not extract_org_types(name)


def listed_person(name: str, mostly_people: bool = False) -> bool:
    """Is this listed name a natural person's, where the list does not say? In doubt no, or yes on a list that names mostly people.

    >>> [listed_person(n) for n in ("Abdul Qader Fattahi", "Ivanov, Sergey", "Megvii Technology", "Al Naser Airlines", "Kindroid")]
    [True, True, False, False, False]
    >>> listed_person("Wei Chen", mostly_people=True), listed_person("Dahua Electronics Corporation", mostly_people=True)
    (True, False)
    """
    if named_person(name):
        return True
    words = name.replace(",", " ").split()
    if not 2 <= len(words) <= 6 or not all(_WORD.fullmatch(word) for word in words):
        return False
    if has_organisation_word(name) or extract_org_types(name) or re.search(r"lines\b|airway|tronic|space\b|cloud", name, re.I):
        return False
    return mostly_people or any(word.strip(".").casefold() in _GIVEN for word in words)
