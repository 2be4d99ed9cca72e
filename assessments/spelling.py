"""Words to spell (pure): what markers asked for, and slips found in answers.

Nothing here corrects anybody: it offers a teacher words for the board. Three things
are looked for: words behind "Sp:" in a marker's comment, slips that English-speaking
students often make, and words of the lesson that were written almost right.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

_ASKED = re.compile(
    r"^[ \t]*(?:sp|spell|spelling|spellings)[ \t]*[:–-][ \t]*(.+)$", re.I | re.M
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDINGS = re.compile(r"(?:['’]s|s|es|ed|d|ing|er|ers|ist|ists|ism|ian|ians|n|ly|al)$")
SHORTEST = 6  # letters; shorter words are too near to others

# As they are written → as they are spelt. Only what is wrong in every sentence.
OFTEN = {
    "acheive": "achieve", "acheived": "achieved", "agressive": "aggressive",
    "arguement": "argument", "beggining": "beginning", "begining": "beginning",
    "beleive": "believe", "beleived": "believed", "bolshevick": "Bolshevik",
    "bolshevicks": "Bolsheviks", "buisness": "business", "comunism": "communism",
    "comunist": "communist", "concequence": "consequence", "consiquence": "consequence",
    "controled": "controlled", "definate": "definite", "definately": "definitely",
    "desparate": "desperate", "dictater": "dictator", "dictaters": "dictators",
    "dicatorship": "dictatorship", "dictatership": "dictatorship",
    "enviroment": "environment", "excecuted": "executed", "exicuted": "executed",
    "goverment": "government", "goverments": "governments", "govenment": "government",
    "govermant": "government", "happend": "happened", "immediatly": "immediately",
    "independant": "independent", "industralisation": "industrialisation",
    "intrest": "interest", "millitary": "military", "neccessary": "necessary",
    "neccesary": "necessary", "occured": "occurred", "oppinion": "opinion",
    "oponent": "opponent", "oponents": "opponents", "oposition": "opposition",
    "peacefull": "peaceful", "peasent": "peasant", "peasents": "peasants",
    "persuation": "persuasion", "polical": "political", "politicaly": "politically",
    "posession": "possession", "powerfull": "powerful", "propoganda": "propaganda",
    "proffesional": "professional", "recieve": "receive", "recieved": "received",
    "refered": "referred", "relevent": "relevant", "religous": "religious",
    "seperate": "separate", "seperated": "separated", "similer": "similar",
    "sucess": "success", "succesful": "successful", "successfull": "successful",
    "suprise": "surprise", "thier": "their",
    "threatend": "threatened", "untill": "until", "usefull": "useful",
    "wich": "which", "workes": "workers",
}  # fmt: skip


# Letters that do not come apart into a plain one and its mark.
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | {"’": "'"}
)


def folded(text: str) -> str:
    """Return a name or a title without accents and capitals, to find and to order it."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN_LETTERS))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def asked_for(comments: Iterable[str]) -> list[str]:
    """Return the words that markers named behind "Sp:" or "Spelling:", in order."""
    found = []
    for comment in comments:
        for line in _ASKED.findall(comment):
            found += [
                word for part in re.split(r"[,;/]", line) if (word := part.strip(" ."))
            ]
    return found


def without_requests(comment: str) -> str:
    """Return a comment without its lines of words to spell."""
    return _ASKED.sub("", comment).strip()


def words_in(text: str) -> set[str]:
    """Return the words of a text in small letters."""
    return {_plain(word) for word in _WORD.findall(text)}


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower().replace("’", "'")


def slips(
    text: str, terms: Mapping[str, str], known: frozenset[str] | set[str]
) -> set[str]:
    """Return the right words for what is written wrong in a text.

    `terms` are the lesson's words, from small letters to their spelling; `known` are
    words that are right wherever they stand, such as all that the lesson itself uses.
    """
    found = set()
    for word in words_in(text):
        if word in OFTEN:
            found.add(OFTEN[word])
        elif len(word) >= SHORTEST and word not in known and word not in terms:
            near = _nearest(word, terms)
            if near is not None:
                found.add(terms[near])
    return found


def _nearest(word: str, terms: Iterable[str]) -> str | None:
    """Return the first term that this word almost is."""
    stem = _stem(word)
    for term in terms:
        if (
            len(term) >= SHORTEST
            and term[0] == word[0]
            and abs(len(term) - len(word)) <= 1
            and _stem(term) != stem
            and is_one_slip(word, term)
        ):
            return term
    return None


def _stem(word: str) -> str:
    """Return the word without its ending, so that another form is no slip."""
    return _ENDINGS.sub("", word)


def is_one_slip(one: str, other: str) -> bool:
    """Whether one letter is missing, too many, wrong, or two have changed places."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return False
    at = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    return one[at + 1 :] == other[at + 1 :] or (
        one[at : at + 2] == other[at : at + 2][::-1]
        and one[at + 2 :] == other[at + 2 :]
    )


def tally(words: Iterable[Sequence[str]]) -> list[tuple[str, int]]:
    """Return each word with the number of students it concerns, commonest first.

    `words` are the words of one student each. Capitals do not make another word.
    """
    counts: dict[str, int] = {}
    spelt: dict[str, str] = {}
    for own in words:
        for word in dict.fromkeys(_plain(word) for word in own):
            counts[word] = counts.get(word, 0) + 1
        for word in own:
            spelt.setdefault(_plain(word), word)
    return sorted(
        ((spelt[word], n) for word, n in counts.items()),
        key=lambda item: (-item[1], item[0].lower()),
    )
