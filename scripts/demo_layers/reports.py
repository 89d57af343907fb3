"""The field reports of ``reports.csv`` as a KoboToolbox export.

Everything in them is invented: people, telephones, figures. Places are near the villages they name. Eight are wrong on
purpose; the column ``wrong`` says how.
"""

from __future__ import annotations

import csv
import uuid
from pathlib import Path

from .lattice import SEED

# Kobo's column → ours, in Kobo's order.
_COLUMNS = {
    "start": "enviado_aqui",
    "end": "enviado_aqui",
    "reporta/nombre": "nombre",
    "reporta/telefono": "telefono",
    "accion/labor": "labor",
    "accion/estado": "estado",
    "accion/fecha_inicio": "fecha_inicio",
    "accion/fecha_fin": "fecha_fin",
    "ubicacion/municipio": "municipio",
    "ubicacion/comunidad": "comunidad",
    "ubicacion/punto": "punto",
    "ubicacion/_punto_latitude": "latitud",
    "ubicacion/_punto_longitude": "longitud",
    "ubicacion/_punto_altitude": "altitud",
    "ubicacion/_punto_precision": "precision",
    "medida/cantidad": "cantidad",
    "medida/unidad": "unidad",
    "medida/area_ha": "area_ha",
    "gente/mujeres": "mujeres",
    "gente/hombres": "hombres",
    "gente/mujeres_jovenes": "mujeres_jovenes",
    "gente/hombres_jovenes": "hombres_jovenes",
    "gente/ninas": "ninas",
    "gente/ninos": "ninos",
    "fondos/costo_q": "costo_q",
    "fondos/quien_pago": "quien_pago",
    "fondos/porcentaje_remesas": "porcentaje_remesas",
    "observaciones": "observaciones",
    "_id": "id",
    "_uuid": "uuid",
    "_submission_time": "enviado",
    "_validation_status": "_validation_status",
    "_notes": "",
    "_status": "status",
    "_submitted_by": "",
    "__version__": "version",
    "_tags": "",
    "_index": "index",
}
_PEOPLE = ("mujeres", "hombres", "mujeres_jovenes", "hombres_jovenes", "ninas", "ninos")
_ALTITUDE = {"San Marcos": "2450.0", "San Pedro Sacatepéquez": "2420.0", "Amatitlán": "1200.0"}


def write(path: Path) -> None:
    """Semicolons, every cell quoted, CRLF, UTF-8 without a mark: as the server writes it."""
    with Path(__file__).with_name("reports.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        for number, row in enumerate(rows, start=1):
            known = {**row, **_added(row, number), "": ""}
            writer.writerow(known[name] for name in _COLUMNS.values())


def _added(row: dict[str, str], number: int) -> dict[str, str]:
    """What the form and the server add to a report. A report sent again keeps its key."""
    sender = 1 if row["wrong"] == "the first report sent again" else number
    placed = row["latitud"] != ""
    altitude = _ALTITUDE[row["municipio"]] if placed else ""
    return {
        "enviado_aqui": row["enviado"] + ".000-06:00",
        "nombre": f"Persona de ejemplo {sender}",
        "telefono": f"+502 0000 {sender:04d}",
        "punto": f"{row['latitud']} {row['longitud']} {altitude} {row['precision']}" if placed else "",
        "altitud": altitude,
        **dict(zip(_PEOPLE, row["gente"].split(), strict=True)),
        "id": str(410199 + number),
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"demo {SEED} {sender - 1}")),
        "status": "submitted_via_web",
        "version": "vDemo1",
        "index": str(number),
    }
