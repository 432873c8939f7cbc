"""The markdown that everything is written in: CommonMark with tables, strikethrough and bare addresses as links.

The parser passes no HTML, no pictures, and no address but web and mail (https://markdown-it-py.readthedocs.io/). A line
break is a line break: people who write messages mean it.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

SCHEMES = {"http", "https", "mailto"}
# What a sentence puts after an address belongs to the sentence.
ADDRESS = re.compile(r"https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’)\]}*_~]")


def tree(text: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(PARSER.parse(text))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    # Pictures would tell another server who reads the message, and when.
    parser.disable(["image", "html_block", "html_inline"])
    parser.validateLink = _is_link  # type: ignore[method-assign]  # the documented way to choose the schemes
    parser.core.ruler.after("inline", "addresses", _link_addresses)
    return parser


def _is_link(url: str) -> bool:
    return url.partition(":")[0].lower() in SCHEMES


def _link_addresses(state: StateCore) -> None:
    """Make links of the bare addresses in running text."""
    for block in state.tokens:
        if block.children:
            block.children = list(_linked(block.children))


def _linked(tokens: list[Token]) -> list[Token]:
    linked, depth = [], 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        linked += _split(token) if token.type == "text" and not depth else [token]
    return linked


def _split(token: Token) -> list[Token]:
    pieces: list[Token] = []
    end = 0
    for match in ADDRESS.finditer(token.content):
        pieces += [_plain(token.content[end : match.start()]), *_link(match[0])]
        end = match.end()
    return [*pieces, _plain(token.content[end:])]


def _link(address: str) -> list[Token]:
    return [Token("link_open", "a", 1, attrs={"href": address}), _plain(address), Token("link_close", "a", -1)]


def _plain(text: str) -> Token:
    return Token("text", "", 0, content=text)


PARSER = _parser()
