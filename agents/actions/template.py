"""A request made of an action's templates and arguments. Pure.

`{argument}` may stand in the address after the host, in the query and in the body; `{{secrets.name}}` in headers only.
Arguments come from a model that a customer talks to: whatever they are, they stay one piece of the path, one value of
the query, one value in the JSON. They never reach the scheme, the host or a header.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from agents.actions.action import ActionBrief, CannotRender, Outcome
from agents.http import HEADER_VALUE, RESERVED_HEADERS, TOKEN

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
SECRET = re.compile(r"\{\{\s*secrets\.([-\w]+)\s*\}\}", re.ASCII)
ADDRESS = re.compile(r"(?P<origin>https?://[^/?#{}@\\\s]+)(?P<rest>(?:[/?][^#\s]*)?)")
HIDDEN = "•••"
METHODS_WITHOUT_BODY = ("GET", "DELETE")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One HTTP request, ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def origin(url: str) -> str:
    """Scheme, host and port of an address or its template; "" when it has none."""
    found = ADDRESS.fullmatch(url)
    return found["origin"].lower() if found else ""


# --- When it is saved -------------------------------------------------------------------------------------------------


def check_url(url: str, names: tuple[str, ...], needed: tuple[str, ...]) -> str:
    """Why `url` won't do as an address, as a sentence; "" when it will."""
    found = ADDRESS.fullmatch(url)
    if found is None or not _is_origin(found["origin"]):
        return "Give a whole address like https://api.example.com/orders/{order}, with arguments after the host only."
    if SECRET.search(url):
        return "An address can't hold a secret: addresses end up in logs. Put it into a header."
    used = PLACEHOLDER.findall(found["rest"])
    if "{" in PLACEHOLDER.sub("", found["rest"]) or "}" in PLACEHOLDER.sub("", found["rest"]):
        return "A brace in the address is neither of an {argument} nor meant. Write it as %7B or %7D."
    if unknown := [name for name in used if name not in names]:
        return f"There is no argument “{unknown[0]}” in the schema."
    if optional := [name for name in used if name not in needed]:
        return f"The argument “{optional[0]}” stands in the address, so the schema must require it."
    return ""


def check_template(template: Any, names: tuple[str, ...]) -> str:
    """Why a query or a body won't do."""
    for text in _texts(template):
        if SECRET.search(text):
            return "A secret can stand in a header only."
        if unknown := [name for name in PLACEHOLDER.findall(text) if name not in names]:
            return f"There is no argument “{unknown[0]}” in the schema."
    return ""


def check_headers(headers: Any) -> str:
    if not isinstance(headers, dict):
        return "Give names and values, like {“Authorization”: “Bearer {{secrets.token}}”}."
    for name, value in headers.items():
        if not TOKEN.fullmatch(name) or name.lower() in RESERVED_HEADERS:
            return f"“{name}” can't be set as a header."
        if not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
            return f"The header “{name}” must be one line of text."
        if "{{" in SECRET.sub("", value):
            return f"The header “{name}” has a placeholder that isn't {{{{secrets.name}}}}."
    return ""


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _texts(template: Any) -> Iterator[str]:
    """All texts in a template that may hold placeholders."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        for name, value in template.items():
            if SECRET.search(name):
                yield name
            yield from _texts(value)
    elif isinstance(template, list):
        for value in template:
            yield from _texts(value)


# --- When it is sent --------------------------------------------------------------------------------------------------


def render(action: ActionBrief, values: Mapping[str, Any]) -> Rendered:
    """The request for these arguments, which fit the schema. Raises CannotRender."""
    return _render(action, values, lambda name: _secret(action, name))


def shown(action: ActionBrief, values: Mapping[str, Any]) -> Rendered:
    """The same request as it may be shown: without the secrets."""
    return _render(action, values, lambda name: HIDDEN)


def _render(action: ActionBrief, values: Mapping[str, Any], secret: Callable[[str], str]) -> Rendered:
    body = b"" if action.body is None else json.dumps(fill(action.body, values)).encode()
    about = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body else {})
    own = {name: SECRET.sub(lambda found: secret(found[1]), value) for name, value in action.headers.items()}
    kept = {name: value for name, value in about.items() if name.lower() not in {each.lower() for each in own}}
    return Rendered(action.method, _url(action, values), {**kept, **own}, body)


def _secret(action: ActionBrief, name: str) -> str:
    if not action.secrets.get(name):
        text = f"The secret “{name}” isn't set for {origin(action.url)}. Enter it on the action's page."
        raise CannotRender(text, Outcome.REFUSED)
    return action.secrets[name]


def _url(action: ActionBrief, values: Mapping[str, Any]) -> str:
    found = ADDRESS.fullmatch(action.url)
    if found is None:
        raise CannotRender("The action's address can't be read. Correct it on the action's page.", Outcome.REFUSED)
    path, mark, query = found["rest"].partition("?")
    url = found["origin"] + PLACEHOLDER.sub(lambda place: quote(_word(place[1], values), safe=""), path)
    _check_path(url[len(found["origin"]) :])
    asked = [PLACEHOLDER.sub(lambda place: quote(_word(place[1], values), safe=""), query)] if query else []
    asked += [urlencode(pairs)] if (pairs := _pairs(action.query, values)) else []
    return f"{url}?{'&'.join(asked)}" if asked or mark else url


def _word(name: str, values: Mapping[str, Any]) -> str:
    """An argument in an address. An empty one could turn one order's address into that of all orders."""
    value = values.get(name)
    if isinstance(value, (dict, list)) or value is None or value == "":
        raise CannotRender(f"The argument “{name}” must be one value that isn't empty: it is part of the address.")
    return _text(value)


def _check_path(path: str) -> None:
    """Servers and clients take dots as steps up, some of them encoded ones too."""
    if any(piece in (".", "..") for piece in re.split(r"[/\\]", unquote(unquote(path)))):
        raise CannotRender("An argument would change the path of the address.")


def _pairs(query: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    filled = fill(dict(query), values)
    listed = [(name, value if isinstance(value, list) else [value]) for name, value in filled.items()]
    return [(name, _text(value)) for name, several in listed for value in several]


_LEFT_OUT = object()


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """JSON with the arguments in it. What stands for an argument that wasn't given is left out."""
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        if whole:
            return values.get(whole[1], _LEFT_OUT)
        return PLACEHOLDER.sub(lambda place: _text(values.get(place[1], "")), template)
    if isinstance(template, dict):
        filled = {name: fill(value, values) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not _LEFT_OUT}
    if isinstance(template, list):
        return [each for each in (fill(value, values) for value in template) if each is not _LEFT_OUT]
    return template


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
