"""The web map of one municipality: one self-contained page that opens without a network and travels alone."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from envgis import locale
from envgis.assessment import Assessment
from envgis.levels import COLOURS, NO_DATA, HazardKey
from envgis.locale import leading
from envgis.publish import about, bilingual, charts, footprints, legend, marks, planes, shell
from envgis.publish.bilingual import Words
from envgis.publish.field_work import field_work
from envgis.publish.figures import LEVEL_ROWS, Book, Figures

if TYPE_CHECKING:
    import folium

_SCRIPTS = ("language.js", "levels.js", "marks.js", "compare.js", "map_page.js")
_STRIPE = "#7A7A7A"
# Neighbours are drawn where they touch the municipality's box made larger by this share.
_AROUND = 0.25


@dataclass(frozen=True)
class View:
    """One hazard map as a page offers it: a choice of the controls, a legend, key figures."""

    id: str
    group: str
    key: HazardKey
    title: Words
    line: Words
    measure: str
    figures: Figures
    legend: list[legend.Row]
    unit: Words
    has_actions: bool

    @property
    def period(self) -> str:
        return "" if self.key.return_period is None else f"{self.key.return_period:g}"


@dataclass(frozen=True)
class Group:
    """The views of one hazard and return period, side by side: its chart and its table.

    without : whether to say that its levels are those without actions: there is a map with them too
    """

    id: str
    line: Words
    views: list[View]
    without: bool
    chart: Markup


def page(assessment: Assessment, code: str) -> str:
    """The whole page of a municipality, as text: the same bytes for the same assessment.

    Raises KeyError if the assessment has no municipality of that code.
    """
    return str(web_map(assessment, code).get_root().render())


def web_map(assessment: Assessment, code: str) -> folium.Map:
    """The map of a municipality as a folium map: it shows in a notebook, and ``save`` writes the whole page.

    Raises KeyError if the assessment has no municipality of that code.
    """
    from envgis.publish.municipal_map import Data, MunicipalMap, steady_ids

    rows = assessment.municipalities[assessment.municipalities["code"] == code]
    if rows.empty:
        raise KeyError(code)
    name, geometry = str(rows.iloc[0]["name"]), rows.iloc[0].geometry
    start = leading(assessment.language)
    views = _views(assessment, code)
    pictures = planes.pictures(assessment, geometry)
    west, south, east, north = geometry.bounds
    with steady_ids():
        made = MunicipalMap(
            [[south, west], [north, east]],
            bilingual.label("web.map_of", start, name=name),
            lambda html, script: _page(assessment, code, views, pictures, html, script),
        )
        texts = {f"plane-{i}": plane.data for i, plane in enumerate(pictures.planes)}
        made.add_child(Data("classes", _class_data(assessment, views, pictures), texts))
        made.add_child(Data("outlines", _outline_data(assessment, code, geometry)))
        made.add_child(Data("marks", _mark_data(assessment, code)))
    return made


def _views(assessment: Assessment, code: str) -> list[View]:
    """Every hazard map, the default first in its hazard: the present, the shortest return period."""
    book, order = Book(assessment), list(dict.fromkeys(key.hazard for key in assessment.maps))
    keys = sorted(assessment.maps, key=lambda k: (order.index(k.hazard), k.return_period or 0.0, k.scenario != "present"))
    groups: dict[tuple[str, float | None], str] = {}
    out = []
    for i, key in enumerate(keys):
        hazard, figures = assessment.maps[key].hazard, book.of(code, key)
        title: Words = {language: hazard.title[language] for language in locale.LANGUAGES}
        group = groups.setdefault((key.hazard, key.return_period), f"g{len(groups)}")
        rows = legend.rows(hazard, with_zero=figures.level_ha["0"] > 0)
        line = legend.view(title, key)
        out.append(View(f"k{i}", group, key, title, line, hazard.measure, figures, rows, legend.unit(hazard), key in assessment.residuals))
    return out


def _groups(book: Book, views: list[View]) -> list[Group]:
    names = {level: legend.level_name(level) for level in LEVEL_ROWS}
    out = []
    for group in dict.fromkeys(view.group for view in views):
        members = [view for view in views if view.group == group]
        period, first = legend.return_period(members[0].key.return_period), members[0]
        line: Words = {lang: " · ".join(part for part in (first.title[lang], period[lang]) if part) for lang in locale.LANGUAGES}
        series = [(legend.scenario(view.key.scenario), view.figures.level_ha) for view in members]
        texts = [{level: book.area(area) for level, area in view.figures.level_ha.items()} for view in members]
        without = any(view.has_actions for view in members)
        what = "web.area_by_level_without" if without else "web.area_by_level"
        title: Words = {lang: f"{locale.phrase(what, lang)}, {line[lang]}" for lang in locale.LANGUAGES}
        out.append(Group(group, line, members, without, charts.level_bars(series, names, texts, title)))
    return out


def _page(assessment: Assessment, code: str, views: list[View], pictures: planes.Pictures, html: Markup, script: str) -> str:
    row = assessment.municipalities[assessment.municipalities["code"] == code].iloc[0]
    book, start = Book(assessment), leading(assessment.language)
    leaflet_style, leaflet_script = shell.leaflet()
    name = str(row["name"])
    return shell.page(
        "map.html.jinja",
        start=start,
        title={language: f"{name} ({code}) · {locale.phrase('web.subtitle', language)}" for language in locale.LANGUAGES},
        styles=[leaflet_style, shell.asset("page.css"), shell.asset("map.css")],
        scripts=[leaflet_script, *map(shell.asset, _SCRIPTS), script + "envgis.start();\n"],
        name=name,
        code=code,
        area=f"{book.area(float(row['area_ha']))} ha",
        synthetic=assessment.synthetic,
        has_population=assessment.has_population,
        views=views,
        groups=_groups(book, views),
        book=book,
        hazards={view.key.hazard: view.title for view in views},
        scenarios={view.key.scenario: legend.scenario(view.key.scenario) for view in views},
        periods=_periods(views),
        coarse=sorted({(one.shown_cell_m, one.data_cell_m) for one in pictures.lattices if one.factor > 1}),
        preview=Markup("data:image/png;base64,") + base64.b64encode(pictures.preview).decode() if pictures.preview else None,
        work=field_work(assessment, code, 10.0**-book.digits),
        reported=not assessment.actions.empty,
        recorded=assessment.recorded,
        drawn=bool(marks.actions(assessment, code)),
        sites=marks.sites(assessment, code),
        signs=marks.SIGNS,
        decisions=_decisions(),
        refused=len(assessment.set_aside),
        taken=len(assessment.actions),
        about=about.about(assessment, alone=True),
        html=html,
    )


def _periods(views: list[View]) -> dict[str, Words]:
    periods = {view.period: legend.return_period_short(view.key.return_period) for view in views}
    return dict(sorted(periods.items(), key=lambda item: float(item[0] or 0)))


def _class_data(assessment: Assessment, views: list[View], pictures: planes.Pictures) -> dict[str, Any]:
    keys = [
        {
            "id": view.id,
            "group": view.group,
            "slug": view.key.slug,
            "hazard": view.key.hazard,
            "scenario": view.key.scenario,
            "period": view.period,
            "name": legend.scenario(view.key.scenario),
            "title": view.line,
            "picture": pictures.maps.get(view.key),
            "actions": view.has_actions,
        }
        for view in views
    ]
    landuse = [] if assessment.landuse is None else assessment.landuse.legend[["name_es", "name_en"]].astype(str).to_numpy().tolist()
    return {
        "keys": keys,
        "lattices": [_lattice_data(one) for one in pictures.lattices],
        "bases": [plane.base for plane in pictures.planes],
        "colours": {"no_data" if level == NO_DATA else str(level): colour for level, colour in COLOURS.items()},
        "stripe": _STRIPE,
        "levels": {level: legend.level_name(level) for level in LEVEL_ROWS},
        "landuse": [{"es": es, "en": en} for es, en in landuse],
        "reported": not assessment.actions.empty,
    }


def _lattice_data(lattice: planes.Lattice) -> dict[str, Any]:
    p = lattice.placement
    return {
        "columns": lattice.columns,
        "rows": lattice.rows,
        "landuse": lattice.landuse,
        **{name: getattr(p, name) for name in ("u0", "v0", "du", "dv", "degree", "column", "row")},
    }


def _outline_data(assessment: Assessment, code: str, geometry: BaseGeometry) -> dict[str, Any]:
    west, south, east, north = geometry.bounds
    dx, dy = (east - west) * _AROUND, (north - south) * _AROUND
    box = shapely.box(west - dx, south - dy, east + dx, north + dy)
    others = assessment.municipalities
    others = others[(others["code"] != code) & others.geometry.intersects(box)]
    return {
        "outline": marks.shape(geometry),
        "neighbours": [
            {"name": str(row["name"]), "shape": marks.shape(row.geometry), "at": marks.at(row.geometry.intersection(box))}
            for _, row in others.iterrows()
        ],
    }


def _mark_data(assessment: Assessment, code: str) -> dict[str, Any]:
    shown = marks.actions(assessment, code)
    words = ("with", "without", "best", "covered", "uncovered")
    return {
        "signs": list(marks.SIGNS),
        "actions": shown,
        "footprints": [marks.shape(g) for g in footprints.in_force(assessment, code)] if shown else [],
        "fields": {field: bilingual.known("field", field) for field in assessment.public_fields},
        "sites": marks.sites(assessment, code),
        "words": {
            **{word: locale.both(f"web.finger_{word}") for word in words},
            "mapWith": locale.both("web.with"),
            "mapWithout": locale.both("web.without"),
            "zoomIn": locale.both("web.zoom_in"),
            "zoomOut": locale.both("web.zoom_out"),
            "signs": {sign: locale.both(f"web.sign_{sign}") for sign in marks.SIGNS},
            "decisions": _decisions(),
        },
    }


def _decisions() -> dict[str, Words]:
    return {word: locale.both(f"decision.{word}") for word in ("proceed", "caution", "avoid", "not_enough_data")}
