"""The side panel of helpdesks: one conversation, by a signed link, for people who have no account here."""
