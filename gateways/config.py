"""Typed configuration of a gateway. Engines are configured in the same way, so it stands in `agents`."""

from agents.config import default_of, kind_of, load, makers, option, options, secret_names

__all__ = ["default_of", "kind_of", "load", "makers", "option", "options", "secret_names"]
