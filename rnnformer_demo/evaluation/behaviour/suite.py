"""The templates and word lists of a language, as its file holds them. Imports no torch.

A file has

- `[words]`: lists of words by the name of a slot, each with the parts `train`, `dev` and `test`;
- `[domains.NAME]`: likewise, words that only go together with others of the domain: a film is tedious, a kettle is not;
- `[capabilities.NAME]`: `about`, `kind` (one of `KINDS`), for INV `change` and what that needs, and for each part a
  table of templates by the class that is right. `{slot}` stands for a word, `{domain.slot}` for one of that domain
  alone, `a(n)` for the article that fits the next word;
- `homophones`: groups of characters that are typed for one another, where the language has such typos.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...data import InputError

FOLDER = Path(__file__).with_name("templates")
PARTS = ("train", "dev", "test")
KINDS = ("MFT", "INV", "DIR")
SLOT = re.compile(r"\{([a-z_.]+)\}")
Words = Mapping[str, tuple[str, ...]]  # of one part, by the slot


@dataclass(frozen=True)
class Template:
    """A template and the class of its texts.

    Attributes:
        label: class that is right.
        texts: one text with slots; two for DIR, the weaker first.
    """

    label: str
    texts: tuple[str, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        """Return the slots in the order in which they occur, each once."""
        return tuple(dict.fromkeys(slot for text in self.texts for slot in SLOT.findall(text)))


@dataclass(frozen=True)
class Capability:
    """What a model must be able to do.

    Attributes:
        name: as tables show it.
        about: the same in a few words.
        kind: MFT (minimum functionality: the class is right), INV (invariance: a change must not matter) or DIR (of two
            texts the stronger must not be believed less).
        templates: by part.
        change: of INV: what is changed, a key of `changes.CHANGES`.
        slots: of a change of words: which are exchanged.
    """

    name: str
    about: str
    kind: str
    templates: Mapping[str, tuple[Template, ...]]
    change: str = ""
    slots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """The behavioural tests of a language.

    Attributes:
        sha256: of its file: results of another one cannot stand beside those of this.
        words: by part, then slot.
        domains: by part, then domain, then slot.
        capabilities: by name.
        homophones: characters that are typed for each other, where the language has such typos.
    """

    language: str
    sha256: str
    words: Mapping[str, Words]
    domains: Mapping[str, Mapping[str, Words]]
    capabilities: Mapping[str, Capability]
    homophones: tuple[str, ...]

    def lexicons(self, template: Template, part: str) -> Iterator[Words]:
        """Yield the word lists that a template can be filled from: those of each domain that has its slots.

        Raises:
            ValueError: for a slot that no list fills.
        """
        general, wanted = self.words[part], set(template.slots)
        in_domains: list[Words] = [
            {**general, **words} for words in self.domains[part].values() if words.keys() & wanted
        ]
        fitting = [words for words in in_domains or [general] if words.keys() >= wanted]
        if not fitting:
            raise ValueError(f"slots must all have words, got {template.texts}")
        yield from fitting


def languages() -> tuple[str, ...]:
    """Return the languages that have a suite."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def read_suite(language: str) -> Suite:
    """Return the suite of a language.

    Raises:
        InputError: for a language without one.
    """
    if language not in languages():
        raise InputError(f"There are no behavioural tests in {language!r}: there are some in {', '.join(languages())}.")
    return read_templates(FOLDER / f"{language}.toml")


@cache
def read_templates(path: Path) -> Suite:
    """Return the templates and words of a file, whose name is its language; parts that it does not have are empty."""
    content = path.read_bytes()
    held = tomllib.loads(content.decode())
    domains = held["domains"]
    named = {f"{name}.{slot}": words for name, lists in domains.items() for slot, words in lists.items()}
    return Suite(
        language=path.stem,
        sha256=hashlib.sha256(content).hexdigest(),
        words={part: _of_part(held["words"] | named, part) for part in PARTS},
        domains={part: {name: _of_part(lists, part) for name, lists in domains.items()} for part in PARTS},
        capabilities={name: _capability(name, entry) for name, entry in held["capabilities"].items()},
        homophones=tuple(held.get("homophones", ())),
    )


def _of_part(lists: Mapping[str, Mapping[str, list[str]]], part: str) -> dict[str, tuple[str, ...]]:
    return {slot: tuple(words.get(part, ())) for slot, words in lists.items()}


def _capability(name: str, entry: dict) -> Capability:
    if entry["kind"] not in KINDS:
        raise ValueError(f"kind of {name} must be one of {', '.join(KINDS)}, got {entry['kind']!r}")
    templates = {
        part: tuple(
            Template(label, (text,) if isinstance(text, str) else tuple(text))
            for label, texts in entry.get(part, {}).items()
            for text in texts
        )
        for part in PARTS
    }
    more = {"change": entry.get("change", ""), "slots": tuple(entry.get("slots", ()))}
    return Capability(name.replace("_", " "), entry["about"], entry["kind"], templates, **more)
