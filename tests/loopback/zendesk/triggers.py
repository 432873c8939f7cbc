"""When a trigger fires, and what stands in its body instead of placeholders.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
https://support.zendesk.com/hc/en-us/articles/4408886858138
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.loopback.zendesk.tickets import CHANNELS, STATUSES, Update, tags_of

if TYPE_CHECKING:
    from tests.loopback.zendesk.hooks import Hooks

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*((?:\|\s*\w+\s*)*)\}\}")
LOGIC = re.compile(r"\{%.*?%\}", re.DOTALL)
FILTERS: Mapping[str, Callable[[str], str]] = {
    "escape": html.escape,
    "url_encode": lambda text: quote(text, safe=""),
    "strip_newlines": lambda text: text.replace("\r", "").replace("\n", ""),
    "newline_to_br": lambda text: text.replace("\n", "<br />\n"),
    "upcase": str.upper,
    "downcase": str.lower,
    "strip": str.strip,
}


class Drop(dict[str, Any]):
    """What has parts and yet stands for a text of its own."""

    def __init__(self, text: str, **parts: Any) -> None:
        super().__init__(parts)
        self.text = text

    def __str__(self) -> str:
        return self.text


# --- Conditions -------------------------------------------------------------------------------------------------------


def unknown(conditions: Mapping[str, Any]) -> str:
    """The first condition that there isn't, "" if there are all."""
    listed = [*(conditions.get("all") or []), *(conditions.get("any") or [])]
    return next((str(each) for each in listed if each.get("field") not in FIELDS), "")


def fires(conditions: Mapping[str, Any], update: Update, account: "Hooks") -> bool:
    every, some = conditions.get("all") or [], conditions.get("any") or []
    fits = [_holds(each, update, account) for each in some]
    return all(_holds(each, update, account) for each in every) and (any(fits) or not some)


def _holds(condition: Mapping[str, Any], update: Update, account: "Hooks") -> bool:
    name, sign = condition["field"], condition.get("operator") or "is"
    value = str(condition.get("value", ""))
    found = FIELDS[name](update, account)
    match sign:
        case "is" | "value":
            return value in found
        case "is_not" | "not_value":
            return value not in found
        case "includes":
            return any(each in found for each in tags_of(value))
        case "not_includes":
            return not any(each in found for each in tags_of(value))
        case "changed" | "not_changed":
            key = "tags" if name == "current_tags" else name
            return (key in update.changed) == (sign == "changed")
        case "less_than" | "greater_than":
            here, there = STATUSES.index(update.ticket["status"]), STATUSES.index(value)
            return here < there if sign == "less_than" else here > there
    raise AssertionError(f"The loopback knows no operator {sign}.")


def _comment_is_public(update: Update, account: "Hooks") -> set[str]:
    if update.comment is None:
        return set()
    seen = {"requester_can_see_comment"} if update.comment["public"] else set()
    return {"true" if update.comment["public"] else "false", "not_relevant", *seen}


def _role(update: Update, account: "Hooks") -> set[str]:
    return {str(update.by["id"]), "agent" if account.is_staff(update.by["id"]) else "end_user"}


def _of_ticket(name: str) -> Callable[[Update, "Hooks"], set[str]]:
    return lambda update, account: {str(update.ticket[name] or "")}


FIELDS: Mapping[str, Callable[[Update, "Hooks"], Any]] = {
    "update_type": lambda update, account: {"Create" if update.created else "Change"},
    "comment_is_public": _comment_is_public,
    "role": _role,
    "current_tags": lambda update, account: set(update.ticket["tags"]),
    **{name: _of_ticket(name) for name in ("status", "priority", "type", "brand_id")},
    **{name: _of_ticket(name) for name in ("group_id", "assignee_id", "requester_id")},
}


# --- Placeholders -----------------------------------------------------------------------------------------------------


def render(template: str, values: Mapping[str, Any]) -> str:
    """Exactly as it is, whatever that does to JSON around it."""
    assert not LOGIC.search(template), "The loopback knows no tags of Liquid."

    def value(found: re.Match[str]) -> str:
        here: Any = values
        for part in found[1].split("."):
            here = here.get(part, "") if isinstance(here, Mapping) else ""
        text = "" if here is None else str(here) if not isinstance(here, bool) else str(here).lower()
        for name in (each.strip() for each in found[2].split("|")):
            text = FILTERS[name](text) if name else text
        return text

    return PLACEHOLDER.sub(value, template)


def placeholders(update: Update, account: "Hooks") -> dict[str, Any]:
    ticket, comments = update.ticket, account.comments[update.ticket["id"]]
    public = [comment for comment in comments if comment["public"]]
    group = account.groups.get(ticket["group_id"] or 0, {})
    about = {name: ticket[name] for name in ("id", "description", "external_id", "created_at", "updated_at")}
    said = {
        "latest_comment": _comment(comments, account),
        "latest_public_comment": _comment(public, account),
        "latest_comment_html": comments[-1]["html_body"] if comments else "",
        "latest_public_comment_html": public[-1]["html_body"] if public else "",
        "latest_comment_rich": comments[-1]["html_body"] if comments else "",
        "latest_public_comment_rich": public[-1]["html_body"] if public else "",
    }
    return {
        "ticket": {
            **about,
            **said,
            "title": ticket["subject"],
            "status": ticket["status"].title(),
            "priority": (ticket["priority"] or "").title(),
            "ticket_type": (ticket["type"] or "").title(),
            "via": CHANNELS[ticket["via"]["channel"]],
            "tags": " ".join(ticket["tags"]),
            "url": f"{account.url.partition('//')[2]}/agent/tickets/{ticket['id']}",
            "link": f"{account.url}/agent/tickets/{ticket['id']}",
            "account": "Shop",
            "updated_at_with_timestamp": ticket["updated_at"],
            "created_at_with_timestamp": ticket["created_at"],
            "brand": {"name": account.brands[0]["name"]},
            "group": {"name": group.get("name", ""), "id": group.get("id", "")},
            "assignee": _person(account, ticket["assignee_id"]),
            "requester": _person(account, ticket["requester_id"]),
            "submitter": _person(account, ticket["submitter_id"]),
        },
        "current_user": {**_person(account, update.by["id"]), "is_agent": account.is_staff(update.by["id"])},
    }


def _comment(comments: list[dict[str, Any]], account: "Hooks") -> Any:
    if not comments:
        return ""
    last = comments[-1]
    parts = {"id": last["id"], "is_public": last["public"], "value": last["plain_body"]}
    made = {"created_at": last["created_at"], "created_at_with_time": last["created_at"]}
    return Drop(last["plain_body"], **parts, **made, author=_person(account, last["author_id"]))


def _person(account: "Hooks", number: int | None) -> dict[str, Any]:
    user = account.users.get(number or 0)
    if user is None:
        return {}
    first, _, last = user["name"].partition(" ")
    known = {name: user[name] or "" for name in ("id", "name", "email", "phone", "external_id", "role", "details")}
    return {**known, "first_name": first, "last_name": last, "language": "English", "locale": user["locale"]}
