from tests.loopback.oauth import connected, gate, vendor

__all__ = ["connected", "gate", "vendor"]
