"""Markdown as text with marks of a platform's own: the structure here, the marks in a subclass per kind of marks.

Blocks are put one below the other with lists, quotes and tables spelled out in characters; what a platform can mark
itself it marks by overriding a method. As it stands, it makes plain text. Every method is given rendered text but
`text`, `code` and `pre`, which are given what the author wrote.
"""

from collections.abc import Iterable, Iterator

from markdown_it.tree import SyntaxTreeNode

from gateways.formatting.markdown import tree

RULE = "———"
BULLET = "• "


class Renderer:
    def render(self, markdown: str) -> str:
        return self._blocks(tree(markdown)).strip()

    # --- Marks: what a platform does differently ---

    def text(self, text: str) -> str:
        return text

    def code(self, text: str) -> str:
        return text

    def pre(self, text: str, language: str) -> str:
        return text

    def strong(self, inner: str) -> str:
        return inner

    def em(self, inner: str) -> str:
        return inner

    def strike(self, inner: str) -> str:
        return inner

    def heading(self, inner: str) -> str:
        return self.strong(inner)

    def link(self, inner: str, url: str) -> str:
        """With the address behind its text, unless that is the text."""
        shown = self.text(url.removeprefix("mailto:"))
        return inner if shown == inner else f"{inner} ({shown})"

    def quote(self, inner: str) -> str:
        return "\n".join(f"{self.text('>')} {line}".rstrip() for line in inner.split("\n"))

    # --- Blocks ---

    def _blocks(self, node: SyntaxTreeNode, between: str = "\n\n") -> str:
        return between.join(filter(None, map(self._block, node.children)))

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "paragraph":
                return self._inline(node)
            case "heading":
                return self.heading(self._inline(node))
            case "bullet_list" | "ordered_list":
                return "\n".join(self._items(node))
            case "blockquote":
                return self.quote(self._blocks(node))
            case "fence" | "code_block":
                return self.pre(node.content.rstrip("\n"), node.info.split()[0] if node.info.strip() else "")
            case "table":
                return self.table([list(self._row(row)) for part in node.children for row in part.children])
            case "hr":
                return RULE
            case _:
                return self._blocks(node)

    def _items(self, node: SyntaxTreeNode) -> Iterator[str]:
        first = int(str(node.attrs.get("start", 1)))
        for number, item in enumerate(node.children, start=first):
            marker = BULLET if node.type == "bullet_list" else f"{number}. "
            head, *rest = self._blocks(item, "\n").split("\n")
            yield "\n".join([marker + head, *(" " * len(marker) + line if line else line for line in rest)])

    def _row(self, row: SyntaxTreeNode) -> Iterator[str]:
        for cell in row.children:
            yield self._inline(cell)

    def table(self, rows: list[list[str]]) -> str:
        return "\n".join(self.text(" | ").join(row) for row in rows)

    # --- Within a line ---

    def _inline(self, node: SyntaxTreeNode) -> str:
        """The running text of a paragraph, heading or cell, whose only child holds it."""
        return "".join(self._spans(child for inline in node.children for child in inline.children))

    def _spans(self, nodes: Iterable[SyntaxTreeNode]) -> Iterator[str]:
        for node in nodes:
            yield self._span(node)

    def _span(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "text":
                return self.text(node.content)
            case "softbreak" | "hardbreak":
                return "\n"
            case "code_inline":
                return self.code(node.content)
        inner = "".join(self._spans(node.children))
        match node.type:
            case "strong":
                return self.strong(inner)
            case "em":
                return self.em(inner)
            case "s":
                return self.strike(inner)
            case "link":
                return self.link(inner, str(node.attrs.get("href", "")))
        return inner


_PLAIN = Renderer()


def plain(markdown: str) -> str:
    """Plain text, with links as “text (address)”."""
    return _PLAIN.render(markdown)
