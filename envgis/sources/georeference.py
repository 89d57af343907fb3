"""Where a layer lies: its coordinate system as text, and the one that it probably has when the declared one is wrong.

Nothing is guessed in silence: a likely coordinate system is a hint in a fault's remedy, never applied.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

Bounds = tuple[float, float, float, float]

# What `likely_crs` says of coordinates that are degrees in the order latitude, longitude.
SWAPPED = "EPSG:4326 (y, x)"
GTM = "ESRI:103598"
_WEB = "EPSG:3857"
_LONLAT = "EPSG:4326"
# How much better the best reading must fit than the next.
_CLEARLY = 1.5

# A text that GDAL or PROJ would take for a URL or a file is none of these.
_CRS_TEXT = re.compile(
    r"(EPSG|ESRI|OGC|IAU_2015|IGNF):[A-Za-z0-9_]+"
    r"|urn:ogc:def:crs:[A-Za-z]+:[0-9A-Za-z_.]*:[A-Za-z0-9_]+"
    r"|\s*(PROJCRS|PROJCS|GEOGCRS|GEOGCS|GEODCRS|COMPOUNDCRS|COMPD_CS|BOUNDCRS)\s*\[.*"
    r"|\s*\{.*",
    re.IGNORECASE | re.DOTALL,
)


def parse_crs(text: str) -> CRS | None:
    """The coordinate system that a text names as authority:code, URN, WKT or PROJJSON; None if it names none.

    Never follows a link: a text that is a URL or a file name is no coordinate system.

    >>> parse_crs("EPSG:32615").name
    'WGS 84 / UTM zone 15N'
    >>> parse_crs("http://example.com/crs") is None
    True
    """
    if not _CRS_TEXT.fullmatch(text):
        return None
    try:
        return CRS.from_user_input(text.strip())
    except CRSError:
        return None


def to_lonlat(crs: CRS, bounds: Bounds) -> Bounds | None:
    """Bounds in degrees (EPSG:4326), edges densified; None where the coordinate system has no place for them.

    Across the 180th meridian east is more than 180.

    >>> [round(v, 9) for v in to_lonlat(CRS("EPSG:32615"), (500_000, 0, 500_000, 0))]  # the zone's middle, on the equator
    [-93.0, 0.0, -93.0, 0.0]
    """
    try:
        # Without errcheck: PROJ also asks for the poles, and conic projections have no place for one of them.
        west, south, east, north = Transformer.from_crs(crs, _LONLAT, always_xy=True).transform_bounds(*bounds, densify_pts=21)
    except ProjError:
        return None
    if not all(math.isfinite(v) for v in (west, south, east, north)):
        return None
    return west, south, east + 360 if east < west else east, north


def turns(bounds: Bounds, near: Bounds) -> int:
    """By how many whole turns of the Earth a box in degrees is to be moved to come as near to another as it can.

    >>> turns((0, -90, 360, 90), (-91.8, 14.9, -91.7, 15.0)), turns((-180, -90, 180, 90), (179, -18, 180, -17))
    (-1, 0)
    """
    return round((near[0] + near[2] - bounds[0] - bounds[2]) / 720)


def overlap(a: Bounds, b: Bounds) -> bool:
    """Whether two boxes in degrees have a common area, whichever way round the Earth their longitudes are counted.

    >>> overlap((0, 0, 2, 2), (1, 1, 3, 3)), overlap((0, 0, 1, 1), (1, 0, 2, 1))  # a common edge is no area
    (True, False)
    >>> overlap((359, 0, 361, 2), (0, 1, 1, 3))
    True
    """
    turn = 360 * turns(a, b)
    return max(a[0] + turn, b[0]) < min(a[2] + turn, b[2]) and max(a[1], b[1]) < min(a[3], b[3])


def distance_km(a: Bounds, b: Bounds) -> float:
    """Geodesic distance between the centres of two boxes in degrees.

    >>> round(distance_km((0, 0, 0, 0), (1, 0, 1, 0)), 1)  # a degree of the equator
    111.3
    """
    lon_a, lat_a, lon_b, lat_b = (a[0] + a[2]) / 2, (a[1] + a[3]) / 2, (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
    return float(Geod(ellps="WGS84").inv(lon_a, lat_a, lon_b, lat_b)[2]) / 1000


def likely_crs(bounds: Bounds, near_lonlat_bounds: Bounds) -> str | None:
    """The one usual coordinate system in which a layer's bounds fall over the place they should be near.

    bounds : west, south, east, north as the layer has them
    near_lonlat_bounds : the same of what it should cover, in degrees

    Tries degrees, degrees in the order latitude, longitude (`SWAPPED`), Guatemala's own projection, the UTM zones
    there and beside, and Web Mercator. None if none fits, or if two fit about as well.

    >>> likely_crs((450000, 1600000, 470000, 1620000), (-90.9, 14.4, -90.7, 14.6))
    'ESRI:103598'
    """
    fits = []
    for name, box in _readings(bounds, near_lonlat_bounds):
        if box is not None and (fit := _fit(box, near_lonlat_bounds)) > 0:
            fits.append((fit, name))
    fits.sort(reverse=True)
    if not fits or (len(fits) > 1 and fits[0][0] < _CLEARLY * fits[1][0]):
        return None
    return fits[0][1]


def _readings(bounds: Bounds, near: Bounds) -> Iterator[tuple[str, Bounds | None]]:
    """Every candidate with the bounds in degrees that it would give."""
    west, south, east, north = bounds
    if max(abs(v) for v in bounds) <= 360:
        yield _LONLAT, bounds
        yield SWAPPED, (south, west, north, east)
        return
    zone = int((near[0] + near[2]) / 2 // 6) + 31
    base = 32600 if (near[1] + near[3]) / 2 >= 0 else 32700
    zones = {base + 1 + (z - 1) % 60 for z in (zone - 1, zone, zone + 1)} | {32615, 32616}
    for name in (GTM, *(f"EPSG:{code}" for code in sorted(zones)), _WEB):
        yield name, to_lonlat(CRS(name), bounds)


def _fit(a: Bounds, b: Bounds) -> float:
    """Common area over the smaller area, weighed with how alike they are; 0 where they do not meet."""
    if not overlap(a, b):
        return 0.0
    turn = 360 * turns(a, b)
    common = (min(a[2] + turn, b[2]) - max(a[0] + turn, b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    area_a, area_b = ((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return common / (area_a + area_b - common)
