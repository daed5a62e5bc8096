"""Texts in many scripts, made from a seed: letters, marks, joiners, look-alikes, halves of characters."""

import json
import random
import unicodedata
from collections.abc import Iterator

POOLS = (
    "abcdefghijklmnop ",
    "the film is good bad n't can't 123 ,.!?-\n",
    "éàüßøñçÅİıĐẞǅﬁﬀ",
    "ابجد هوز ؛؟\u064b\u064c\u064d\u064e\u064f",
    "कखगघङ ािीुू्ंः क्षत्रज्ञ",
    "অ্যাপ আমি বাংলা",
    "ทดสอบภาษาไทยำ",
    "한국어조선글\u1100\u1101\u1161\u11a9",
    "😀👍🏽👨‍👩‍👧‍👦🇩🇪🇫🇷❤\ufe0f☺\ufe0e1\ufe0f\u20e3#\ufe0f\u20e3\U0001f3f4\U000e0067\U000e007f",
    "\u0301\u0308\u0323\u0344\u0f73\u0338",
    "\ud800\udfff\udc00\ud83d",
    "\x00\x01\x1b\x1c\x1f\x7f\x85\x9f\u200b\u200d\u200c\ufeff\u00ad\u2060\u2028\u2029\u3000\xa0\r\n\t",
    "好电影不错酒店服务员\u2ec1\u2f00\u2e9f",
    "ＡＢＣ（）！，。「」、",
    "𝐇𝐞𝐥𝐥𝐨𝒲𝕠𝕣𝕝𝕕",
    "½⅓™℠①⑽㍿㋿ﷺ",
    "еоасрхАВЕ αβγ օսոհ ΣσςὈ",
    "“”‘’`´ʼ′″«»",
    "-lrb--rrb-<br />''..…",
    "\u2de0\u2de1\ua670\u1abd\ua82c\u08d3",  # marks that `tokenizers` does not know
    "&amp;&lt;&#39;&#x27;&amp;amp;&nbsp;&copy;&T;&#38;#39;&#0;&#128;&#1114112;&#٣;&notin;&NotEqualTilde;",
)


def texts(count: int, seed: int = 0) -> Iterator[str]:
    """Texts of pieces of one to four scripts, as JSON carries them: two halves of a character side by side are one."""
    chance = random.Random(seed)
    for _ in range(count):
        pools = chance.sample(POOLS, chance.randint(1, 4))
        pieces = []
        for _ in range(chance.randint(1, 30)):
            pool = chance.choice(pools)
            start = chance.randrange(len(pool))
            pieces.append(pool[start : start + chance.choice((1, 1, 1, 2, 3, 8))] + " " * (chance.random() < 0.3))
        yield json.loads(json.dumps("".join(pieces)))


def characters(every: int, together: int = 60) -> Iterator[str]:
    """Texts in which characters that Python's `unicodedata` knows stand after a letter, so many together in each text.

    Args:
        every: 1 for all, but for most Chinese and Korean ones, which are all alike; 3 for each third one.
    """
    blocks = ((0, 0x3400), (0xA000, 0xAC10), (0xD7A4, 0xD800), (0xE000, 0x18000), (0x1AFF0, 0x20010))
    codes = (code for block in blocks for code in range(*block))
    known = [chr(code) for code in codes if unicodedata.category(chr(code)) not in ("Cn", "Co")][::every]
    for start in range(0, len(known), together):
        yield "good " + " ".join(f"a{character}" for character in known[start : start + together])
