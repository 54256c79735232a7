"""How far two places are apart at the least, and whether one person can have been at both.

Coordinates of a machine are exact. An administrative code is known to its province only: its capital stands for it, and as much
is taken off as the province reaches beyond it. So an uncertain place makes two events nearer, never farther.
"""

import math
from typing import Final

from models.entry import Where
from models.policy import Bounds

_EARTH_KM: Final = 6371.0
_LEAST_S: Final = 60.0  # clocks of two systems differ; nobody is anywhere within the same second


def km_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance in km. Source: haversine formula.

    >>> round(km_between(39.90, 116.41, 31.23, 121.47))
    1067
    """
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    part = (
        math.sin((other_phi - phi) / 2.0) ** 2
        + math.cos(phi) * math.cos(other_phi) * math.sin(math.radians(other_lon - lon) / 2.0) ** 2
    )
    return 2.0 * _EARTH_KM * math.asin(min(1.0, math.sqrt(part)))


def least_km(first: Where, second: Where, bounds: Bounds) -> float:
    """Return how far two places are apart at the least, in km; 0 if that is not known, or within one province."""
    is_exact = first.lat is not None and first.lon is not None and second.lat is not None and second.lon is not None
    if not is_exact and first.region[:2] == second.region[:2]:
        return 0.0
    here, there = _point(first, bounds), _point(second, bounds)
    if here is None or there is None:
        return 0.0
    return max(0.0, km_between(here[0], here[1], there[0], there[1]) - here[2] - there[2])


def travel_kmh(first: Where, second: Where, between_s: float, bounds: Bounds) -> float:
    """Return how fast one person would have had to travel at the least, in km/h."""
    return least_km(first, second, bounds) * 3_600.0 / max(between_s, _LEAST_S)


def are_other_cities(first: Where, second: Where) -> bool:
    """Return whether both places are known to their city (four digits of the code), and the cities differ."""
    return len(first.region) >= 4 and len(second.region) >= 4 and first.region[:4] != second.region[:4]


def _point(where: Where, bounds: Bounds) -> tuple[float, float, float] | None:
    """Return latitude, longitude and how far the place may be from there in km, or None if the place is not known."""
    lat, lon = where.lat, where.lon
    if lat is not None and lon is not None:
        return lat, lon, 0.0
    return bounds.provinces.get(where.region[:2])
