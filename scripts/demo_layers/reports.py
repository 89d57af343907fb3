"""Field reports as KoboToolbox exports them, eight of the twenty-three wrong on purpose.

Everything in them is invented: people, telephones, figures. Places are near the villages they name.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from .lattice import SEED

_HEADERS = [
    "start", "end", "reporta/nombre", "reporta/telefono", "accion/labor", "accion/estado", "accion/fecha_inicio",
    "accion/fecha_fin", "ubicacion/municipio", "ubicacion/comunidad", "ubicacion/punto", "ubicacion/_punto_latitude",
    "ubicacion/_punto_longitude", "ubicacion/_punto_altitude", "ubicacion/_punto_precision", "medida/cantidad",
    "medida/unidad", "medida/area_ha", "gente/mujeres", "gente/hombres", "gente/mujeres_jovenes", "gente/hombres_jovenes",
    "gente/ninas", "gente/ninos", "fondos/costo_q", "fondos/quien_pago", "fondos/porcentaje_remesas", "observaciones",
    "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__", "_tags",
    "_index",
]  # fmt: skip
_APPROVED, _REJECTED, _ON_HOLD = "validation_status_approved", "validation_status_not_approved", "validation_status_on_hold"
_SM, _SP, _AM = "San Marcos", "San Pedro Sacatepéquez", "Amatitlán"
Row = tuple[str, ...]

# labor, estado, inicio, fin, municipio, comunidad, lat, lon, precisión, cantidad, unidad, area_ha,
# "mujeres hombres mujeres_jóvenes hombres_jóvenes niñas niños", costo, quién pagó, % remesas, observaciones, revisión
_REPORTS: list[Row] = [
    ("Vivero", "terminada", "2026-02-03", "2026-05-29", _SM, "San José Caben", "14.97310", "-91.80652", "4.8", "24500", "plantas", "", "14 9 6 5 0 0", "68500", "municipalidad inab", "", "Pino, aliso y ciprés para la temporada de lluvias. / Pine, alder and cypress for the rains.", _APPROVED),
    ("Capacitación", "terminada", "2026-03-12", "2026-03-13", _SP, "Chamac", "14.96480", "-91.76425", "5.0", "46", "personas", "", "17 11 10 8 0 0", "9200", "cooperacion", "", "Curvas a nivel y barreras vivas, en español y mam. / Contour lines and living barriers, in Spanish and Mam.", _APPROVED),
    ("Jornada de limpieza", "terminada", "2026-06-05", "2026-06-05", _AM, "Playa pública", "14.47420", "-90.61560", "3.9", "3850", "kg", "", "41 37 28 30 22 19", "12400", "municipalidad amsa", "", "Día del Ambiente; plástico y llantas de la orilla. / Environment Day; plastic and tyres from the shore.", _APPROVED),
    ("Acopio y manejo de residuos", "terminada", "2026-01-19", "2026-04-30", _AM, "Las Trojes", "14.50062", "-90.60815", "6.2", "2", "unidades", "", "9 4 3 2 0 0", "145000", "municipalidad remesas", "40", "Centro de acopio del barrio. / Neighbourhood recycling centre.", ""),
    ("Extracción de ninfa", "terminada", "2026-08-10", "2026-09-18", _AM, "Bahía noroeste", "14.48650", "-90.60300", "7.5", "1260", "m3", "", "6 22 0 9 0 0", "88000", "amsa", "", "Ninfa sacada con lancha y a mano. / Water hyacinth taken out by boat and by hand.", _APPROVED),
    ("Alerta temprana y monitoreo", "terminada", "2026-04-21", "2026-04-21", _SM, "San Rafael Soche", "14.99030", "-91.83340", "4.1", "3", "unidades", "", "5 6 2 4 0 0", "21500", "cooperacion comunidad", "", "Tres pluviómetros y radio con la COCODE. / Three rain gauges and a radio.", _APPROVED),
    ("Protección de nacimientos", "terminada", "2026-05-06", "2026-05-27", _SM, "La Federación", "14.95170", "-91.81520", "5.5", "2", "unidades", "", "8 15 4 6 3 2", "34000", "remesas comunidad", "65", "Dos nacimientos cercados, pagados por hijos del pueblo en Nueva Jersey. / Two springs fenced, paid by migrants.", ""),
    ("Control de cárcavas y diques", "terminada", "2026-02-16", "2026-03-20", _SP, "San Andrés Chápil", "14.98420", "-91.75810", "6.0", "14", "unidades", "", "4 19 1 7 0 0", "52800", "codede comunidad", "", "Diques de piedra y postes en la cárcava de la escuela. / Stone and post check dams.", _APPROVED),
    ("Terrazas", "terminada", "2025-11-10", "2026-01-30", _SM, "Caxaque", "14.98060", "-91.81660", "5.1", "", "", "2.4", "9 12 5 6 0 0", "31200", "remesas", "80", "Terrazas de banco en papa y maíz; remesas de tres familias. / Bench terraces; remittances of three families.", _APPROVED),
    ("Cosecha de agua de lluvia", "terminada", "2026-03-02", "2026-04-10", _SM, "Las Lagunas", "14.94560", "-91.82840", "4.4", "6", "unidades", "", "7 5 2 3 11 9", "57600", "cooperacion", "", "Seis tanques en la escuela. / Six tanks at the school.", ""),
    ("Pozos de absorción", "terminada", "2026-04-13", "2026-05-15", _SP, "Mávil", "14.95720", "-91.74880", "8.3", "85", "unidades", "", "6 18 2 9 0 0", "17000", "comunidad", "", "Sobre curvas a nivel. / On contour lines.", _ON_HOLD),
    ("Planta de tratamiento", "planificada", "2027-02-01", "", _AM, "Llano de Ánimas", "14.49890", "-90.64740", "5.9", "1", "unidades", "", "0 0 0 0 0 0", "4200000", "codede municipalidad", "", "Diseño aprobado, sin fondos todavía. / Design approved, no funds yet.", ""),
    ("Siembra de arbolitos", "terminada", "2026-06-27", "2026-07-18", _SP, "Sacuchum", "14.95340", "-91.72880", "65", "3300", "plantas", "3.0", "23 26 18 21 14 15", "19800", "inab comunidad", "", "La señal estaba mala bajo el bosque. / Poor signal under the trees.", _APPROVED),
    ("Llantas en talud", "detenida", "2026-01-12", "", _SM, "Serchil", "15.00930", "-91.80110", "5.7", "120", "m", "", "2 11 0 4 0 0", "8700", "comunidad", "", "Se lavó con la primera lluvia. / Washed away with the first rain.", ""),
    ("Obras de drenaje", "en proceso", "2026-09-07", "", _SM, "Cabecera", "14.96210", "-91.79610", "3.8", "640", "m", "", "3 17 1 5 0 0", "236000", "municipalidad codede", "", "Cunetas y tragantes de la 5.ª calle. / Ditches and drains.", _APPROVED),
    # From here on, wrong on purpose. / Latitude and longitude swapped.
    ("Barrera viva", "terminada", "2026-05-18", "2026-06-12", _SM, "San Sebastián", "-91.84310", "15.00860", "5.2", "750", "m", "", "12 9 4 5 0 0", "6300", "comunidad", "", "Izote y zacatón. / Yucca and bunch grass.", ""),
    # Declared in San Marcos, found kilometres away in San Pedro Sacatepéquez.
    ("Reforestación", "terminada", "2026-06-14", "2026-07-02", _SM, "El Rincón", "14.98310", "-91.73620", "6.6", "2100", "plantas", "1.9", "18 20 11 13 8 7", "12600", "inab", "", "Aliso. / Alder.", ""),
    # No such type in the catalogue.
    ("Mejoramiento del ornato", "terminada", "2026-07-20", "2026-07-24", _AM, "Parque central", "14.47800", "-90.61860", "4.0", "1", "unidades", "", "12 8 6 6 10 9", "15500", "municipalidad", "", "Jardineras y pintura. / Planters and paint.", ""),
    # 31 February.
    ("Terrazas", "terminada", "2026-02-31", "2026-04-04", _SP, "Piedra Grande", "14.99620", "-91.74690", "5.4", "", "", "1.2", "5 9 2 3 0 0", "14400", "remesas", "50", "", ""),
    # No coordinates.
    ("Jornada de limpieza", "terminada", "2026-05-09", "2026-05-09", _SP, "Cabecera", "", "", "", "1450", "kg", "", "20 16 15 12 9 10", "3900", "municipalidad", "", "Sin señal. / No signal.", ""),
    # Rejected by the reviewer.
    ("Reforestación", "terminada", "2026-06-21", "2026-06-30", _AM, "Mesillas Altas", "14.42510", "-90.60420", "9.1", "9000", "plantas", "0.4", "4 5 0 0 0 0", "54000", "otro", "", "La visita no encontró plantas. / The visit found no plants.", _REJECTED),
    # The same report sent twice (see _uuid).
    ("Vivero", "terminada", "2026-02-03", "2026-05-29", _SM, "San José Caben", "14.97310", "-91.80652", "4.8", "24500", "plantas", "", "14 9 6 5 0 0", "68500", "municipalidad inab", "", "Enviado otra vez. / Sent again.", ""),
    # A negative quantity.
    ("Jornada de limpieza", "terminada", "2026-10-03", "2026-10-03", _AM, "El Relleno", "14.46300", "-90.58640", "5.0", "-520", "kg", "", "15 13 9 8 6 7", "4100", "comunidad amsa", "", "Error de dedo. / Slip of the finger.", ""),
]  # fmt: skip
_TWICE = (0, 21)


def write(path: Path) -> None:
    """Semicolons, every cell quoted, CRLF, UTF-8 without a mark: as the server writes it."""
    lines = [_HEADERS] + [_cells(i, row) for i, row in enumerate(_REPORTS)]
    text = "".join(";".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\r\n" for line in lines)
    path.write_text(text, encoding="utf-8", newline="")


def _cells(i: int, row: Row) -> list[str]:
    labor, state, start, end, municipality, community, lat, lon, precision, quantity, unit, area, people, cost, funds, share, notes, review = row
    first = _TWICE[0] if i == _TWICE[1] else i
    day = (end if state == "terminada" else start) or start
    sent = f"2026-{10 if day > '2026-11' or day[:4] != '2026' else int(day[5:7]) + (day[8:] > '28'):02d}-{min(int(day[8:]) % 28 + 1, 28):02d}T{15 + i % 6}:{(i * 17) % 60:02d}:08"
    altitude = {"San Marcos": "2450.0", "San Pedro Sacatepéquez": "2420.0", "Amatitlán": "1200.0"}[municipality] if lat else ""
    point = f"{lat} {lon} {altitude} {precision}" if lat else ""
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"demo {SEED} {first}"))
    return [
        f"{sent}.000-06:00", f"{sent}.000-06:00", f"Persona de ejemplo {first + 1}", f"+502 0000 {first + 1:04d}", labor, state,
        start, end, municipality, community, point, lat, lon, altitude, precision, quantity, unit, area, *people.split(),
        cost, funds, share, notes, str(410200 + i), key, sent, review, "", "submitted_via_web", "", "vDemo1", "", str(i + 1),
    ]  # fmt: skip
