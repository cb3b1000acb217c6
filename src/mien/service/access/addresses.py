"""Addresses: which of them are one and the same visitor's, where nobody says who they are."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

_OWN_BITS = 64  # of IPv6: whoever has one of its addresses has all of that network


@lru_cache(maxsize=1024)
def place_of(host: str) -> str:
    """What a visitor's address is counted under: of IPv6 its network, whatever is no address as it is."""
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), _OWN_BITS), strict=False))
