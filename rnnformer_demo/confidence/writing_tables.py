"""Tables and bounds of the check of how a text is written, see `writing.py`; the browser reads them, too."""

import re

from ..data.text import CJK

# The commonest words of languages in Latin letters, as a tokenizer's normaliser leaves them: in lower case, without
# accents. A word that two languages share counts for both.
COMMON_WORDS = {
    "English": (
        "the a an of and to in is are was were be been it its this that these those for with on at as by from but "
        "not no or so if he she they we you i my your his her their our me him them us what who how when where "
        "why which there have has had do does did can could will would should just very all one more most than "
        "too out up about after"
    ),
    "German": (
        "der die das den dem des ein eine einen einem einer und oder aber ist sind war waren nicht kein keine mit "
        "von zu zum zur auf fur im in am an bei ich du er sie es wir ihr mich mir sich was wer wie wo warum wenn "
        "dass weil auch noch nur schon sehr habe hat haben wird werden kann mein sein als nach vom doch heute"
    ),
    "French": (
        "le la les un une des du de et ou mais est sont etait ce cette ces ne pas plus pour avec dans sur par en "
        "au aux je tu il elle on nous vous ils elles me te se mon ma mes son sa ses que qui quoi qu ou comment "
        "pourquoi tres bien aussi fait ai ont avons tout tous comme etre"
    ),
    "Spanish": (
        "el la los las un una unos unas de del y o pero es son era no con por para en al lo le les se me te mi su "
        "sus tu yo que quien como donde cuando porque muy mas tambien ya esta estan este esto ha he han hay todo "
        "todos fue ser"
    ),
    "Italian": (
        "il lo la i gli le un uno una di del della dei delle e o ma non con per in nel nella al alla da dal sono "
        "era ho ha hanno mi ti si ci che chi come dove quando perche molto piu anche questo questa tutto tutti "
        "mio suo essere"
    ),
    "Portuguese": (
        "o a os as um uma de do da dos das e ou mas nao com por para em no na nos nas ao eu ele ela nos voce me "
        "se meu minha seu sua que quem como onde quando porque muito mais tambem ja esta este isto foi era sao "
        "tem ser"
    ),
    "Dutch": (
        "de het een en of maar is zijn was waren niet geen met van te op voor in aan bij ik je jij hij zij ze we "
        "wij mij dat dit die deze wat wie hoe waar waarom als ook nog maar al heel heb heeft hebben wordt kan "
        "mijn er naar om dan"
    ),
}

SCRIPTS = {  # the first word of a letter's name in Unicode, and what the script is called
    "LATIN": "Latin letters",
    "CJK": "Chinese characters",
    "HIRAGANA": "Japanese kana",
    "KATAKANA": "Japanese kana",
    "HANGUL": "Korean letters",
    "CYRILLIC": "Cyrillic letters",
    "GREEK": "Greek letters",
    "ARABIC": "Arabic letters",
    "HEBREW": "Hebrew letters",
    "DEVANAGARI": "Devanagari letters",
    "THAI": "Thai letters",
}
OTHER_SCRIPT = "letters of another script"
OWN_SCRIPT_LEAST = 0.1  # of the words of a vocabulary: its own scripts
FOREIGN_SCRIPT_LEAST = 0.5  # of the words of a text

# Each is seldom in ordinary text; two different ones make code. Behind each stand characters of which it holds one at
# least, "" where it needs none: most texts have few of them, and most patterns need not be looked for.
CODE = tuple(
    (re.compile(pattern, re.MULTILINE | re.ASCII), frozenset(characters))
    for pattern, characters in (
        (r"[;{}]\s*$", ";{}"),
        (r"\w\([^()\n]*\)\s*(?:[;:{]|$)", "("),
        (r"\b(?:def|function|class|struct|fn|func)\s+\w+\s*[({:]", "({:"),
        (r"^\s*(?:import|from|using|package|require)\s+[\w.{}*]+(?:\s+import\b|\s+as\b|;|$)", ""),
        (r"^\s*#\s*(?:include|define|ifdef|pragma)\b", "#"),
        (r"\b(?:const|let|var|int|float|double|char|void|bool|string)\s+\w+\s*(?:=|\[|;|\()", "=[;("),
        (r"[\w\])]\s*(?:==|!=|<=|>=|\+=|-=|:=|=>|->|&&|\|\||::)\s*[\w(\[{\"']", "=>&|:"),
        (r"^\s*[\w.\[\]]+\s*=\s*[\w(\[{\"'-]", "="),
        (r"\b\w+\.\w+\([^)\n]*\)", "("),
        (r"^\s*(?:if|for|while|elif|else|return|print|try|except|finally)\b[\w\s(\"'.,]*[(:\[]", "(:["),
        (r"(?i)\bselect\b.+\bfrom\b\s+\w+\s*(?:;|\bwhere\b|$)", ""),
        (r"(?i)\bwhere\b\s+\w+\s*[=<>]", "=<>"),
        (r"(?i)\A\s*<[a-z][^<>]*>", "<"),
        (r"(?i)</?[a-z][^<>]*>\s*\Z", "<"),
        (r"^\s*(?:\$|>>>|//|/\*|<!--|<\?)\s*\S", "$>/<"),
        (r"^\s*(?:sudo|pip|npm|git|cd|apt|docker|curl|python|node|make|ssh|chmod)\s+[\w./-]+", ""),
        (r"\s--?[a-z]+(?=[\s=]|$)", "-"),
        (r"\[\s*\w+\s+for\s+\w+\s+in\b|\bfor\s+\w+\s+in\s+\w+\b.*[\])]", "[])"),
        (r"^\s*[{\[]\s*[\"'{\[].*[}\]]\s*$", "{["),
        (r"[\"']\w+[\"']\s*:\s*[\w\"'\[{]", ":"),
    )
)
CODE_SIGNS_LEAST = 2

SINGLE = rf"{CJK}\u3040-\u30ff"  # signs without gaps between words: Chinese characters and kana
KEYBOARD = tuple(keys[::way] for keys in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for way in (1, -1))
KEYS_IN_A_ROW = 3
ALONG_KEYS = 0.7  # of the letters of a word
MASHED_LEAST = 3  # letters of a word that runs along the keys
JUDGED_LEAST = 5  # letters of a word that is told by its spelling: a shorter one may be an abbreviation
MASHED_SHARE = 0.5  # of the letters of a text
# Nats a letter, of a model of a model's vocabulary. Of the words of customers and travellers (`everyday-en`) that the
# vocabulary of `sentiment-en` lacks one in 200 lies below; of keys struck at random four in five do.
SPELLING_LEAST = -4.7

OWN_LANGUAGE_LEAST = 0.5  # of the commonest words of a language, to be a vocabulary's own
LANGUAGE_WORDS_LEAST = 3  # of a text, to tell its language
UNKNOWN_WORDS_LEAST = 5  # of a text that is told by its unknown words
COMMON_LEAST = 2  # different words of another language, and more than of the model's own
UNKNOWN_SHARE = 0.5  # of the letters of a text in which no common word of the model's own language stands
