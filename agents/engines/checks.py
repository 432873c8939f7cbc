"""Checks of options that several engines have: each returns a sentence when the value won't do, else ""."""


def check_url(value: str) -> str:
    return "" if value.startswith(("https://", "http://")) else "This must begin with https:// or http://."


def check_base_url(value: str) -> str:
    """For an address that a path is added to."""
    return check_url(value) or ("This can't have a “?” or “#”." if "?" in value or "#" in value else "")


def check_above_zero(value: float) -> str:
    return "" if value > 0 else "This must be above 0."


def check_price(value: float) -> str:
    return "" if value >= 0 else "This can't be below 0."
