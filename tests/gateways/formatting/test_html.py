import pytest

from gateways.formatting.html import html as render

LINK = 'target="_blank" rel="noopener nofollow"'
TABLE = {
    "plain": ("Hello", "<p>Hello</p>"),
    "emphasis": ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"),
    "a line break": ("a\nb", "<p>a<br>\nb</p>"),
    "a list": ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
    "a link": (
        "[docs](https://a.example/?b=1&c=2)",
        f'<p><a href="https://a.example/?b=1&amp;c=2" {LINK}>docs</a></p>',
    ),
    "a mail link": ("[us](mailto:a@b.example)", f'<p><a href="mailto:a@b.example" {LINK}>us</a></p>'),
    "a bare address": (
        "See https://a.example/b.",
        f'<p>See <a href="https://a.example/b" {LINK}>https://a.example/b</a>.</p>',
    ),
    "an address as code": ("`https://a.example`", "<p><code>https://a.example</code></p>"),
    "an address in a link": (
        "[https://a.example](https://b.example)",
        f'<p><a href="https://b.example" {LINK}>https://a.example</a></p>',
    ),
    "a script": ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    "a handler": ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
    "a block of HTML": ("<div\nonclick=x>", "<p>&lt;div<br>\nonclick=x&gt;</p>"),
    "an address that runs": ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    "an address that runs, disguised": ("[x](JaVa&#x53;cript:alert(1))", "<p>[x](JaVaScript:alert(1))</p>"),
    "an address that holds data": ("[x](data:text/html,hi)", "<p>[x](data:text/html,hi)</p>"),
    "an address without scheme": ("[x](//evil.example)", "<p>[x](//evil.example)</p>"),
    "an address of ours": ("[x](/admin/)", "<p>[x](/admin/)</p>"),
    "a picture": ("![x](https://a.example/x.png)", f'<p>!<a href="https://a.example/x.png" {LINK}>x</a></p>'),
    "an attribute smuggled in": (
        'https://a.example/"onmouseover="alert(1)',
        f'<p><a href="https://a.example/" {LINK}>https://a.example/</a>"onmouseover="alert(1)</p>',
    ),
    "another direction": ("مرحبا **بك**", "<p>مرحبا <strong>بك</strong></p>"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("markdown", "html"), TABLE.values(), ids=TABLE)
def test_markdown_becomes_harmless_html(markdown: str, html: str) -> None:
    assert render(markdown) == html
