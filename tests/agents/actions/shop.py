"""Actions of a shop, as tests call them."""

from typing import Any

from agents.actions.action import ActionBrief

ORDER = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
TOKEN = "t0ken-0123456789"


def find(base: str = "https://api.example.com", **changes: Any) -> ActionBrief:
    """Looks an order up."""
    fields: dict[str, Any] = {
        "id": 1,
        "slug": "find_order",
        "name": "Find an order",
        "description": "Status of an order.",
        "writes": False,
        "needs_approval": False,
        "method": "GET",
        "url": f"{base}/orders/{{order}}",
        "headers": {"Authorization": "Bearer {{secrets.token}}"},
        "schema": ORDER,
        "outputs": ("/status",),
        "secrets": {"token": TOKEN},
    }
    return ActionBrief(**{**fields, **changes})


def cancel(base: str = "https://api.example.com", **changes: Any) -> ActionBrief:
    """Cancels an order."""
    fields: dict[str, Any] = {
        "id": 2,
        "slug": "cancel_order",
        "name": "Cancel an order",
        "description": "Cancels an order.",
        "writes": True,
        "method": "POST",
        "url": f"{base}/orders/{{order}}/cancel",
        "body": {"reason": "customer"},
    }
    return find(base, **{**fields, **changes})
