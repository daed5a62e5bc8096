"""Tables of signs that look like others, or like nothing: the data of today's rules of normalisation."""

import unicodedata

# What is drawn as nothing: Unicode's default ignorable code points, its other format characters (without those that
# enclose numbers in Arabic and others), its controls without blanks, and the place of a picture that was not copied.
INVISIBLE = (
    ("0000", "0008"),
    ("000E", "001B"),
    ("007F", "007F"),
    ("00AD", "00AD"),
    ("034F", "034F"),
    ("061C", "061C"),
    ("115F", "1160"),
    ("17B4", "17B5"),
    ("180B", "180F"),
    ("200B", "200F"),
    ("202A", "202E"),
    ("2060", "206F"),
    ("3164", "3164"),
    ("FE00", "FE0F"),
    ("FEFF", "FEFF"),
    ("FFA0", "FFA0"),
    ("FFF0", "FFFC"),
    ("1BCA0", "1BCA3"),
    ("1D173", "1D17A"),
    ("E0000", "E0FFF"),
)

# Accents, primes and letters of other alphabets that are typed, pasted or recognised in place of an apostrophe.
APOSTROPHES = (
    "\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02ee\u0374\u0384\u055a\u055d\u05f3\u07f4\u07f5\u1fbd\u1fbf"
    "\u1fef\u1ffd\u1ffe\u2032\u2035\u201b\u275b\u275c\u02f4\u144a\u16cc\ua78b\ua78c\uff07\uff40"
)

_QUOTES = {
    "'": "`\u2018\u2019\u0091\u0092",  # the tokenizers have always read those; 91 to 94 are Windows' quotation marks
    '"': "\u201c\u201d\u201e\u201f\u275d\u275e\u301d\u301e\u301f\u2033\u2036\u02ba\u05f4\u0093\u0094",
}
# Read as they are written out, but apart from what stands before: "2½" is not "21/2", "Windows™" is "Windows".
_APART = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟↉™℠"
# Radicals that are drawn as a character (Unicode, EquivalentUnifiedIdeograph.txt), which texts out of PDF files have in
# its place. Those of Kangxi have compatibility forms.
RADICALS = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺈⺉⺊⺋⺌⺍⺎⺏⺐⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺫⺬⺭⺯⺰⺱⺲⺳⺴⺶⺹⺺⺻⺼⺾⺿⻀⻁⻂⻃⻄⻅⻆⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
        "厂乛乚乙亻冂刀刂卜㔾小小兀尣尢巳幺彑彐忄心扌攵旡日月歺民氵氺灬爫爫丬牛犭王目示礻糹纟罓罒㓁冗羊耂肀聿肉艹艹艹虎衤覀西见角讠贝足车辶辶辶邑钅長镸长门阝雨青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀",
        strict=True,
    )
)
SIGNS = (
    {sign: quote for quote, signs in _QUOTES.items() for sign in signs}
    | {sign: f" {unicodedata.normalize('NFKC', sign)}" for sign in _APART}
    | RADICALS
)

# The nearest relatives of signs that a tokenizer does not know, as English texts of old have them.
FALLBACKS = (
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\u2043\u02d7\u058a\u1806\ufe63\uff0d\u0096", "-")
    | dict.fromkeys("\u2014\u2015\u2e3a\u2e3b\ufe31\ufe32\ufe58\u0097", "--")
    | dict.fromkeys("«»「」『』《》〈〉\u300a\u300b", '"')
    | dict.fromkeys("‹›", "'")
    | {"。": ".", "、": ",", "\u0085": "...", "\u22ef": "..."}
)

# Letters that are drawn as Latin ones: Cyrillic, Greek and Armenian, and the small capitals of phonetics.
_DRAWN_ALIKE = (
    ("аеорсухіѕјһԁԛԝүӏ", "aeopcyxisjhdqwyl"),
    ("АВЕКМНОРСТУХІЅЈԌԚԜҮӀ", "ABEKMHOPCTYXISJGQWYI"),
    ("αεικνορτυχϲϳ", "aeikvoptuxcj"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    ("օսոհզցյ", "ounhqgj"),
    ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɡɑ", "abcdefghijklmnoprstuvwyzga"),
)
LETTERS = {letter: latin for pair in _DRAWN_ALIKE for letter, latin in zip(*pair, strict=True)}
