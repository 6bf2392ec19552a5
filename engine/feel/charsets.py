"""Sets of characters that patterns name: Unicode categories, blocks, and the XML name characters
(XML Schema part 2, appendix G; the block names are Unicode's without blanks)."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import Final, TypeAlias

CharSet: TypeAlias = tuple[tuple[int, int], ...]
"""Sorted, disjoint, inclusive ranges of code points."""

_LAST: Final = sys.maxunicode
# Planes 4 to 13 hold nothing, 15 and 16 are for private use but for their last two code points.
_SPANS: Final = ((0, 0x40000), (0xE0000, 0xE1000), (0xF0000, 0xF0001), (0xFFFFE, 0x100001), (0x10FFFE, 0x10FFFF))
_BLOCKS: Final = """
BasicLatin 0-7F Latin-1Supplement 80-FF LatinExtended-A 100-17F LatinExtended-B 180-24F IPAExtensions
250-2AF SpacingModifierLetters 2B0-2FF CombiningDiacriticalMarks 300-36F Greek 370-3FF GreekandCoptic
370-3FF Cyrillic 400-4FF CyrillicSupplement 500-52F Armenian 530-58F Hebrew 590-5FF Arabic 600-6FF
Syriac 700-74F Thaana 780-7BF Devanagari 900-97F Bengali 980-9FF Gurmukhi A00-A7F Gujarati A80-AFF Oriya
B00-B7F Tamil B80-BFF Telugu C00-C7F Kannada C80-CFF Malayalam D00-D7F Sinhala D80-DFF Thai E00-E7F Lao
E80-EFF Tibetan F00-FFF Myanmar 1000-109F Georgian 10A0-10FF HangulJamo 1100-11FF Ethiopic 1200-137F
Cherokee 13A0-13FF UnifiedCanadianAboriginalSyllabics 1400-167F Ogham 1680-169F Runic 16A0-16FF Khmer
1780-17FF Mongolian 1800-18AF LatinExtendedAdditional 1E00-1EFF GreekExtended 1F00-1FFF
GeneralPunctuation 2000-206F SuperscriptsandSubscripts 2070-209F CurrencySymbols 20A0-20CF
CombiningMarksforSymbols 20D0-20FF CombiningDiacriticalMarksforSymbols 20D0-20FF LetterlikeSymbols
2100-214F NumberForms 2150-218F Arrows 2190-21FF MathematicalOperators 2200-22FF MiscellaneousTechnical
2300-23FF ControlPictures 2400-243F OpticalCharacterRecognition 2440-245F EnclosedAlphanumerics
2460-24FF BoxDrawing 2500-257F BlockElements 2580-259F GeometricShapes 25A0-25FF MiscellaneousSymbols
2600-26FF Dingbats 2700-27BF BraillePatterns 2800-28FF CJKRadicalsSupplement 2E80-2EFF KangxiRadicals
2F00-2FDF IdeographicDescriptionCharacters 2FF0-2FFF CJKSymbolsandPunctuation 3000-303F Hiragana
3040-309F Katakana 30A0-30FF Bopomofo 3100-312F HangulCompatibilityJamo 3130-318F Kanbun 3190-319F
BopomofoExtended 31A0-31BF EnclosedCJKLettersandMonths 3200-32FF CJKCompatibility 3300-33FF
CJKUnifiedIdeographsExtensionA 3400-4DBF CJKUnifiedIdeographs 4E00-9FFF YiSyllables A000-A48F YiRadicals
A490-A4CF HangulSyllables AC00-D7AF PrivateUse E000-F8FF PrivateUseArea E000-F8FF
CJKCompatibilityIdeographs F900-FAFF AlphabeticPresentationForms FB00-FB4F ArabicPresentationForms-A
FB50-FDFF CombiningHalfMarks FE20-FE2F CJKCompatibilityForms FE30-FE4F SmallFormVariants FE50-FE6F
ArabicPresentationForms-B FE70-FEFF HalfwidthandFullwidthForms FF00-FFEF Specials FFF0-FFFF OldItalic
10300-1032F Gothic 10330-1034F Deseret 10400-1044F ByzantineMusicalSymbols 1D000-1D0FF MusicalSymbols
1D100-1D1FF MathematicalAlphanumericSymbols 1D400-1D7FF Emoticons 1F600-1F64F
CJKUnifiedIdeographsExtensionB 20000-2A6DF CJKCompatibilityIdeographsSupplement 2F800-2FA1F Tags
E0000-E007F
"""
_NAME_START: Final = (
    "3A-3A 41-5A 5F-5F 61-7A C0-D6 D8-F6 F8-2FF 370-37D 37F-1FFF 200C-200D 2070-218F 2C00-2FEF 3001-D7FF "
    "F900-FDCF FDF0-FFFD 10000-EFFFF"
)
_NAME_MORE: Final = "2D-2E 30-39 B7-B7 300-36F 203F-2040"


def _parsed(written: str) -> CharSet:
    pairs = (part.split("-") for part in written.split())
    return joined((int(low, 16), int(high, 16)) for low, high in pairs)


def joined(ranges: Iterable[tuple[int, int]]) -> CharSet:
    """The union of ranges in any order."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: CharSet) -> CharSet:
    """All characters but these."""
    result: list[tuple[int, int]] = []
    following = 0
    for low, high in ranges:
        if low > following:
            result.append((following, low - 1))
        following = high + 1
    if following <= _LAST:
        result.append((following, _LAST))
    return tuple(result)


def without(ranges: CharSet, removed: CharSet) -> CharSet:
    """The characters of `ranges` that are not in `removed`."""
    return complement(joined((*complement(ranges), *removed)))


@cache
def _categories() -> dict[str, list[tuple[int, int]]]:
    """The runs of each general category; one pass over Unicode, done when a pattern first asks."""
    found: dict[str, list[tuple[int, int]]] = {}
    start, current = 0, unicodedata.category(chr(0))
    for point in chain.from_iterable(range(*span) for span in _SPANS):
        category = unicodedata.category(chr(point))
        if category != current:
            found.setdefault(current, []).append((start, point - 1))
            start, current = point, category
    found.setdefault(current, []).append((start, _LAST))
    return found


@cache
def category(name: str) -> CharSet | None:
    """A general category ("Lu") or a group of them ("L"); None when there is none such."""
    runs = [run for key, found in _categories().items() if key.startswith(name) for run in found]
    return joined(runs) if name and len(name) <= 2 and runs else None


@cache
def block(name: str) -> CharSet | None:
    """A Unicode block, as in `\\p{IsCyrillic}` (the name without `Is`); None when unknown."""
    written = _BLOCKS.split()
    names, spans = written[::2], written[1::2]
    return next((_parsed(span) for key, span in zip(names, spans, strict=True) if key == name), None)


@cache
def escape_class(letter: str) -> CharSet | None:
    """The set of `\\d \\s \\w \\i \\c`, and of their capitals what is left; None for other letters."""
    if letter.isupper():
        positive = escape_class(letter.lower())
        return None if positive is None else complement(positive)
    if letter == "s":
        return ((9, 10), (13, 13), (32, 32))
    if letter == "d":
        return category("Nd")
    if letter == "w":
        return complement(joined(run for group in "PZC" for run in category(group) or ()))
    if letter == "i":
        return _parsed(_NAME_START)
    return _parsed(f"{_NAME_START} {_NAME_MORE}") if letter == "c" else None
