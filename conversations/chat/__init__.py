"""The web chat's own surface: a hosted page, a widget, and the feed that both read."""
