"""Web pages as pieces: what the page is about, without the menus around it."""

import re

from html_to_markdown import ConversionOptions, ConversionResult, PreprocessingOptions, PreprocessingPreset, convert

from agents.imports.divide import by_headings, whole
from agents.imports.pieces import About, Piece, Unreadable
from agents.imports.text import decoded_html

AROUND = (  # what isn't about the page's subject
    "nav, header, footer, aside, form, dialog, [role=navigation], [role=banner], [role=contentinfo], [role=search], "
    "[role=dialog], [aria-hidden=true], [hidden], [class*=cookie], [id*=cookie], [class*=breadcrumb], .skip-link"
)
ENOUGH = 80  # characters that a page's own main part must have to be believed
TOO_DEEP = "Its elements are nested too deeply to be read."

_MAIN = re.compile(r"<(main|article)\b[^>]*>", re.IGNORECASE)


def read(body: bytes, about: About) -> list[Piece]:
    html = decoded_html(body, about.charset)
    told = _converted(html, ConversionOptions(extract_metadata=True)).metadata
    named = told.document.title or about.title
    main = markdown(_main(html), about.address)
    return whole(main if len(main) >= ENOUGH else markdown(html, about.address), named)


def read_document(html: str, title: str) -> list[Piece]:
    """Of a document that was made into HTML, everything."""
    options = ConversionOptions(extract_metadata=False, skip_images=True)
    return by_headings((_converted(html, options).content or "").strip(), title)


def markdown(html: str, address: str) -> str:
    """The page at `address` without what is around its subject. Raises Unreadable."""
    tidy = PreprocessingOptions(
        enabled=True, preset=PreprocessingPreset.STANDARD, remove_navigation=True, remove_forms=True
    )
    options = ConversionOptions(
        extract_metadata=False,
        skip_images=True,
        exclude_selectors=AROUND.split(", "),
        preprocessing=tidy,
        base_url=address or None,
    )
    found = _converted(html, options)
    if not found.content and found.warnings:
        raise Unreadable(TOO_DEEP)
    return (found.content or "").strip()


def _converted(html: str, options: ConversionOptions) -> ConversionResult:
    try:
        return convert(html, options)
    except Exception as error:  # the library has a tree of its own for what it can't do
        raise Unreadable(f"It can't be read as HTML ({type(error).__name__}).") from None


def _main(html: str) -> str:
    """The part that a page itself calls the main one; all of it where it names none, or several."""
    for tag in ("main", "article"):
        begins = [match for match in _MAIN.finditer(html) if match[1].lower() == tag]
        end = html.lower().rfind(f"</{tag}")
        if len(begins) == 1 and end > begins[0].end():
            return html[begins[0].start() : end] + f"</{tag}>"
    return html
