from ipaddress import ip_address, ip_network

import pytest

from agents.addresses import is_reachable

REFUSED = {
    "this host": "0.0.0.0",
    "private 10": "10.1.2.3",
    "private 172": "172.31.255.255",
    "private 192": "192.168.0.1",
    "carrier-grade NAT": "100.64.0.1",
    "loopback": "127.0.0.1",
    "loopback, elsewhere in its network": "127.8.9.10",
    "link-local": "169.254.1.1",
    "cloud metadata": "169.254.169.254",
    "Alibaba metadata": "100.100.100.200",
    "Azure metadata": "168.63.129.16",
    "Oracle metadata": "192.0.0.192",
    "documentation": "203.0.113.9",
    "benchmark": "198.19.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 unspecified": "::",
    "IPv6 loopback": "::1",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with a zone": "fe80::1%eth0",
    "IPv6 site-local": "fec0::1",
    "IPv6 unique local": "fd12:3456::1",
    "AWS metadata on IPv6": "fd00:ec2::254",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv6 discard": "100::1",
    "IPv6 benchmark": "2001:2::1",
    "segment routing": "5f00::1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "compatible loopback": "::127.0.0.1",
    "6to4 of a private one": "2002:0a00:0001::1",
    "6to4 of loopback": "2002:7f00:0001::",
    "NAT64 of metadata": "64:ff9b::169.254.169.254",
    "NAT64 of a private one": "64:ff9b::10.0.0.1",
    "local NAT64": "64:ff9b:1::8.8.8.8",
    "Teredo to a private client": "2001:0:0808:0808:0:0:f5ff:fffe",
    "Teredo through a private server": "2001:0:0a00:0001:0:0:f7f7:f7f7",
    "Teredo at all": "2001:0:0808:0808:0:0:f7f7:f7f7",
}
PUBLIC = {
    "IPv4": "8.8.8.8",
    "IPv4 just below private 172": "172.15.255.255",
    "IPv4 just above private 172": "172.32.0.0",
    "IPv4 just above carrier-grade NAT": "100.128.0.0",
    "IPv4 just below multicast": "223.255.255.255",
    "IPv6": "2606:4700:4700::1111",
    "IPv6 just above the protocol assignments": "2001:200::1",
    "mapped": "::ffff:8.8.8.8",
    "NAT64": "64:ff9b::8.8.8.8",
    "6to4": "2002:0808:0808::1",
}


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED)
def test_an_address_that_is_not_public_is_refused(address):
    assert is_reachable(ip_address(address)) is False


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC)
def test_a_public_address_is_reachable(address):
    assert is_reachable(ip_address(address)) is True


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("64:ff9b::10.1.2.3", True),
        ("10.2.0.1", False),
        ("fd00::5", True),
        ("fd01::5", False),
        ("8.8.8.8", True),
    ],
)
def test_an_allowed_network_is_reachable_and_no_more_than_that(address, reachable):
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/32"))
    assert is_reachable(ip_address(address), allowed) is reachable
