"""Markdown of agents and people into the HTML of our own pages."""

from gateways.formatting.html import html


def render(text: str) -> str:
    return html(text)
