"""Which pages a source has."""

from collections.abc import Callable

from agents.imports.fetch import Fetcher
from agents.imports.patterns import wanted
from agents.imports.pieces import Unreadable
from agents.imports.sitemap import Listing, parse
from agents.knowledge_models import Source

FILE = "file"  # the address of a file's one page, whatever the file is called
MOST_SITEMAPS = 50  # of an index and the indexes in it
NONE = "The sitemap names no page that fits the patterns. Nothing was changed."


def pages(source: Source, fetcher: Fetcher, known: Callable[[], set[str]], still: Callable[[], object]) -> list[str]:
    """The addresses, at most as many as wanted; those already `known` first, so that a limit doesn't drop them.

    `still` is called between two sitemaps. Raises Unreadable if any of them can't be read: then who can say what has
    vanished?
    """
    if source.kind == Source.Kind.FILE:
        return [FILE]
    if source.kind == Source.Kind.PAGE:
        return [source.address]
    found = _of_sitemaps(source, fetcher, still)
    if not found:
        raise Unreadable(NONE)
    before = known()
    return sorted(found, key=lambda address: address not in before)[: source.most_pages]


def _of_sitemaps(source: Source, fetcher: Fetcher, still: Callable[[], object]) -> list[str]:
    waiting, seen, found = [source.address], set[str](), dict[str, None]()
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        if len(seen) == MOST_SITEMAPS:
            raise Unreadable(f"There are more than {MOST_SITEMAPS} sitemaps. Import them one by one.")
        seen.add(address)
        still()
        listing = _listing(fetcher, address)
        waiting += listing.sitemaps
        found |= dict.fromkeys(page for page in listing.pages if wanted(page, source.include, source.exclude))
    return list(found)


def _listing(fetcher: Fetcher, address: str) -> Listing:
    try:
        fetched = fetcher.get(address, polite=False)  # sitemaps are for programs
        return parse(fetched.body, fetched.address)
    except Unreadable as problem:
        raise Unreadable(f"{address}: {problem.public}") from None
