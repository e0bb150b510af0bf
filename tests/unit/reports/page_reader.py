"""A page as its readers meet it: visible text per language, elements with their attributes, the sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "rect", "circle", "line", "polyline", "polygon", "br"}  # the last of SVG close themselves
UNSEEN = {"style", "title", "head"}


@dataclass
class Element:
    """One element: its tag, attributes, the ids of its ancestors, and the text directly or deeply inside it."""

    tag: str
    attributes: dict[str, str]
    within: tuple[str, ...]
    lang: str | None
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Reads a page; raises where tags do not nest."""

    source: str
    elements: list[Element] = field(default_factory=list)
    spoken: list[tuple[str | None, str]] = field(default_factory=list)  # (language or None, text), in order

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        assert not self._open, f"never closed: {[e.tag for e in self._open]}"

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = {name: value or "" for name, value in attributes}
        lang = given.get("lang") if tag != "html" else None
        lang = lang or (self._open[-1].lang if self._open else None)
        element = Element(tag, given, tuple(e.attributes.get("aria-labelledby", e.tag) for e in self._open), lang)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data
        if self._open and not UNSEEN & {element.tag for element in self._open} and data.strip():
            self.spoken.append((self._open[-1].lang, data.strip()))

    def find(self, tag: str, css: str | None = None, within: str | None = None) -> list[Element]:
        """Elements with this tag (and class, and section), in order."""
        return [
            e for e in self.elements
            if e.tag == tag and (css is None or css in e.attributes.get("class", "").split())
            and (within is None or within in e.within)
        ]  # fmt: skip

    def said(self, lang: str) -> str:
        """All that a reader of this language sees, a line per piece."""
        return "\n".join(text for own, text in self.spoken if own in (None, lang))
