"""Where things are: hand-drawn anchors in longitude and latitude (EPSG:4326).

Towns, the lake and the volcanoes stand where they stand; outlines, rivers, roads, villages and heights are drawn by hand
from general knowledge for this demonstration and are no survey.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from .lattice import generator

Line = list[tuple[float, float]]


@dataclass(frozen=True)
class River:
    """A line of (lon, lat, height in metres) downstream; floor_m: half-width of its plain; inflow_km2: basin outside."""

    name: str
    line: list[tuple[float, float, float]]
    floor_m: float = 120.0
    inflow_km2: float = 0.0


@dataclass(frozen=True)
class Town:
    """radius_m: size of the built-up core; people: weight in the population layer."""

    name: str
    lon: float
    lat: float
    radius_m: float
    people: float


@dataclass(frozen=True)
class Region:
    """One of the two places of the demonstration."""

    name: str
    tag: str
    bounds: tuple[float, float, float, float]
    rivers: list[River]
    roads: list[Line]
    towns: list[Town]
    lake: Line = field(default_factory=list)
    lake_height: float = 0.0


_J1, _J2 = (-91.7750, 15.0220), (-91.7990, 14.9430)
_ARCS: dict[str, Line] = {
    "between": [_J1, (-91.7708, 15.0060), (-91.7790, 14.9905), (-91.7832, 14.9762), (-91.7864, 14.9650), (-91.7858, 14.9555), _J2],
    "san_marcos": [
        _J2, (-91.8150, 14.9368), (-91.8362, 14.9385), (-91.8505, 14.9520), (-91.8690, 14.9620), (-91.8792, 14.9850),
        (-91.8715, 15.0050), (-91.8820, 15.0275), (-91.8688, 15.0462), (-91.8455, 15.0525), (-91.8262, 15.0690),
        (-91.8030, 15.0635), (-91.7925, 15.0452), _J1,
    ],
    "san_pedro": [
        _J1, (-91.7580, 15.0305), (-91.7365, 15.0240), (-91.7215, 15.0040), (-91.7105, 14.9850), (-91.7128, 14.9620),
        (-91.7268, 14.9450), (-91.7292, 14.9215), (-91.7205, 14.9000), (-91.7260, 14.8740), (-91.7430, 14.8560),
        (-91.7640, 14.8540), (-91.7815, 14.8690), (-91.7885, 14.8930), (-91.7832, 14.9150), (-91.7912, 14.9315), _J2,
    ],
    "amatitlan": [
        (-90.6040, 14.5170), (-90.5900, 14.5110), (-90.5835, 14.5000), (-90.5720, 14.4850), (-90.5560, 14.4720),
        (-90.5420, 14.4590), (-90.5340, 14.4430), (-90.5400, 14.4290), (-90.5560, 14.4250), (-90.5740, 14.4270),
        (-90.5870, 14.4150), (-90.6030, 14.4080), (-90.6230, 14.4130), (-90.6370, 14.4290), (-90.6470, 14.4490),
        (-90.6590, 14.4660), (-90.6640, 14.4850), (-90.6530, 14.4990), (-90.6370, 14.5060), (-90.6220, 14.5130), (-90.6040, 14.5170),
    ],
}
_OUTLINES = [
    ("0114", "Amatitlán", "Guatemala", ["amatitlan"]),
    ("1201", "San Marcos", "San Marcos", ["between", "san_marcos"]),
    ("1202", "San Pedro Sacatepéquez", "San Marcos", ["-between", "san_pedro"]),
]  # fmt: skip

SAN_MARCOS = Region(
    "San Marcos",
    "sm",
    (-91.900, 14.838, -91.692, 15.086),
    rivers=[
        River(
            "Naranjo",
            [(-91.8105, 15.0260, 2760), (-91.8040, 15.0040, 2570), (-91.8010, 14.9850, 2440), (-91.7960, 14.9700, 2372),
             (-91.7900, 14.9580, 2345), (-91.7770, 14.9480, 2310), (-91.7640, 14.9330, 2170), (-91.7560, 14.9100, 1900),
             (-91.7570, 14.8880, 1620), (-91.7540, 14.8650, 1370), (-91.7520, 14.8300, 1080)],
            170,
        ),
        River(
            "Nahualá",
            [(-91.7370, 15.0080, 2760), (-91.7440, 14.9920, 2560), (-91.7550, 14.9770, 2400), (-91.7640, 14.9640, 2350),
             (-91.7700, 14.9545, 2325), (-91.7755, 14.9480, 2311)],
            150,
        ),
        River(
            "Cabuz",
            [(-91.8560, 15.0330, 2980), (-91.8500, 15.0100, 2700), (-91.8480, 14.9850, 2480), (-91.8520, 14.9600, 2240),
             (-91.8600, 14.9350, 1950), (-91.8700, 14.9050, 1560), (-91.8850, 14.8700, 1180), (-91.8950, 14.8300, 900)],
            70,
        ),
        River(
            "Coatán",
            [(-91.8150, 15.0480, 2790), (-91.8000, 15.0620, 2620), (-91.7850, 15.0780, 2440), (-91.7800, 15.0950, 2300)],
            60,
        ),
        River("Turbalá", [(-91.7180, 14.9750, 2500), (-91.7000, 14.9700, 2330), (-91.6800, 14.9650, 2150)], 60),
        River("Chisná", [(-91.8250, 14.9300, 2100), (-91.8180, 14.9000, 1650), (-91.8100, 14.8700, 1290), (-91.8080, 14.8300, 980)], 50),
    ],
    roads=[
        [(-91.7990, 14.9720), (-91.7944, 14.9639), (-91.7860, 14.9640), (-91.7769, 14.9658), (-91.7640, 14.9640), (-91.7500, 14.9560), (-91.7300, 14.9520), (-91.6950, 14.9400)],
        [(-91.7944, 14.9639), (-91.8060, 14.9720), (-91.8180, 14.9790), (-91.8330, 14.9900), (-91.8420, 15.0080), (-91.8400, 15.0280), (-91.8330, 15.0500)],
        [(-91.7990, 14.9720), (-91.8010, 14.9900), (-91.8020, 15.0080), (-91.8080, 15.0300), (-91.8040, 15.0550)],
        [(-91.7769, 14.9658), (-91.7600, 14.9820), (-91.7480, 14.9950), (-91.7400, 15.0150), (-91.7350, 15.0400)],
        [(-91.7700, 14.9550), (-91.7610, 14.9380), (-91.7490, 14.9160), (-91.7480, 14.8960), (-91.7450, 14.8700)],
        [(-91.7990, 14.9600), (-91.8140, 14.9510), (-91.8280, 14.9450), (-91.8410, 14.9330)],
    ],
    towns=[
        Town("San Marcos", -91.7944, 14.9639, 1150, 26000),
        Town("San Pedro Sacatepéquez", -91.7769, 14.9658, 1350, 44000),
        Town("San José Caben", -91.8060, 14.9720, 330, 3200),
        Town("Caxaque", -91.8180, 14.9795, 280, 2500),
        Town("San Rafael Soche", -91.8330, 14.9900, 300, 2600),
        Town("Serchil", -91.8020, 15.0080, 320, 3000),
        Town("San Sebastián", -91.8425, 15.0080, 280, 2300),
        Town("La Federación", -91.8140, 14.9510, 260, 2100),
        Town("Las Lagunas", -91.8280, 14.9450, 230, 1500),
        Town("El Rincón", -91.8080, 15.0300, 230, 1600),
        Town("Chamac", -91.7640, 14.9645, 330, 4200),
        Town("Mávil", -91.7500, 14.9560, 280, 3000),
        Town("San Andrés Chápil", -91.7600, 14.9820, 300, 3600),
        Town("Champollap", -91.7610, 14.9380, 280, 3000),
        Town("Piedra Grande", -91.7480, 14.9950, 300, 3200),
        Town("Sacuchum", -91.7300, 14.9520, 280, 3100),
        Town("San Pedro Petz", -91.7480, 14.8960, 260, 2400),
        Town("Corral Grande", -91.7400, 15.0150, 240, 1900),
    ],
)

AMATITLAN = Region(
    "Amatitlán",
    "am",
    (-90.705, 14.372, -90.505, 14.552),
    rivers=[
        River(
            "Villalobos",
            [(-90.5700, 14.5650, 1300), (-90.5790, 14.5450, 1258), (-90.5880, 14.5260, 1228), (-90.5930, 14.5080, 1205),
             (-90.5985, 14.4880, 1186)],
            420,
            inflow_km2=290,
        ),
        River(
            "Michatoya",
            [(-90.6165, 14.4760, 1186), (-90.6215, 14.4700, 1184), (-90.6310, 14.4590, 1177), (-90.6450, 14.4450, 1166),
             (-90.6680, 14.4260, 1150), (-90.6900, 14.4120, 1138), (-90.7150, 14.4000, 1120)],
            300,
            inflow_km2=30,
        ),
        River("Mico", [(-90.6550, 14.4980, 1560), (-90.6430, 14.4900, 1390), (-90.6310, 14.4830, 1240), (-90.6220, 14.4740, 1187)], 60),
    ],
    roads=[
        [(-90.5800, 14.5600), (-90.6000, 14.5250), (-90.6080, 14.5000), (-90.6183, 14.4783), (-90.6260, 14.4640), (-90.6430, 14.4480), (-90.6900, 14.4180)],
        [(-90.6183, 14.4783), (-90.6080, 14.4640), (-90.5960, 14.4560), (-90.5800, 14.4440), (-90.5600, 14.4290)],
        [(-90.6080, 14.5000), (-90.5900, 14.4930), (-90.5740, 14.4760), (-90.5520, 14.4640)],
        [(-90.6183, 14.4783), (-90.6340, 14.4860), (-90.6480, 14.4980), (-90.6620, 14.5000)],
        [(-90.6080, 14.4640), (-90.6050, 14.4440), (-90.6020, 14.4200)],
    ],
    towns=[
        Town("Amatitlán", -90.6183, 14.4783, 1250, 62000),
        Town("Villa Nueva sur", -90.5960, 14.5220, 900, 24000),
        Town("Las Trojes", -90.6080, 14.5000, 420, 7000),
        Town("El Cerrito", -90.6340, 14.4860, 320, 3600),
        Town("Llano de Ánimas", -90.6480, 14.4980, 300, 2600),
        Town("Mesillas Bajas", -90.6050, 14.4440, 260, 2600),
        Town("Mesillas Altas", -90.6030, 14.4240, 230, 1900),
        Town("Agua de las Minas", -90.6430, 14.4480, 280, 2700),
        Town("Tacatón", -90.5640, 14.4310, 220, 1500),
        Town("El Durazno", -90.5540, 14.4650, 240, 1700),
        Town("Laguna Seca", -90.6600, 14.4880, 200, 1100),
    ],
    lake=[
        (-90.6165, 14.4760), (-90.6120, 14.4830), (-90.6050, 14.4875), (-90.5985, 14.4870), (-90.5930, 14.4885),
        (-90.5865, 14.4825), (-90.5800, 14.4745), (-90.5735, 14.4680), (-90.5650, 14.4655), (-90.5550, 14.4590),
        (-90.5455, 14.4490), (-90.5425, 14.4410), (-90.5490, 14.4360), (-90.5590, 14.4395), (-90.5680, 14.4455),
        (-90.5760, 14.4530), (-90.5805, 14.4610), (-90.5880, 14.4625), (-90.5965, 14.4650), (-90.6050, 14.4690),
        (-90.6120, 14.4715), (-90.6165, 14.4760),
    ],
    lake_height=1186.0,
)  # fmt: skip

REGIONS = [SAN_MARCOS, AMATITLAN]


def rough(line: Line, purpose: str, rounds: int, roughness: float) -> Line:
    """The line with each piece broken ``rounds`` times at a displaced midpoint, to 1e-6 degree. The ends stay."""
    random = generator(f"outline {purpose}")
    points = np.array(line)
    for _ in range(rounds):
        middle = (points[:-1] + points[1:]) / 2
        across = np.diff(points, axis=0)[:, ::-1] * [-1.0, 1.0]
        middle += across * random.normal(0, roughness, (len(middle), 1)).clip(-2 * roughness, 2 * roughness)
        whole = np.empty((2 * len(points) - 1, 2))
        whole[::2], whole[1::2] = points, middle
        points = whole
    return [(round(float(x), 6), round(float(y), 6)) for x, y in points]


def municipalities() -> list[tuple[str, str, str, shapely.Polygon]]:
    """Code, name, department, outline. Neighbours share every vertex of their border: each arc is made once."""
    arcs = {name: rough(line, name, 4, 0.13) for name, line in _ARCS.items()}
    found = []
    for code, name, department, parts in _OUTLINES:
        ring: Line = []
        for part in parts:
            arc = arcs[part.lstrip("-")]
            ring += (arc[::-1] if part.startswith("-") else arc)[:-1]
        found.append((code, name, department, shapely.Polygon(ring)))
    return found
