"""Which network addresses are public. Everything else is refused unless an operator allowed its network.

The tables follow the IANA registries rather than `ipaddress.is_global`, whose answers differ between Python releases:
https://www.iana.org/assignments/iana-ipv4-special-registry/
https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of Azure
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments; metadata of Oracle Cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # IETF protocol assignments; Teredo
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
# Of IPv6, only this is assigned to the public: https://www.iana.org/assignments/ipv6-address-space/
GLOBAL_UNICAST = IPv6Network("2000::/3")
# Addresses whose last 32 bits are the IPv4 address that the packets go to, RFC 6052 and RFC 4291.
NAT64 = IPv6Network("64:ff9b::/96")
IPV4_COMPATIBLE = IPv6Network("::/96")


def is_reachable(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether a request may go to `address`: it is public or allowed. Of a wrapped address, the inner one counts."""
    inner, networks = _unwrapped(address), tuple(allowed)
    return _is_public(inner) or any(one in network for one in (address, inner) for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def _unwrapped(address: Address) -> Address:
    """Where packets to `address` end up: there, or at the IPv4 address that is written into it."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and int(address) > 1 and (address in NAT64 or address in IPV4_COMPATIBLE):
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner or address
