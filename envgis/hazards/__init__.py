"""The hazards' own code: reserved for what makes a hazard map out of other layers, such as an index out of slope and soil.

No hazard needs any yet. A map comes as levels or as values that somebody measured or modelled, and what stands in this
room's place is data: `envgis.levels.Hazard` says what a map is of, ``data/breakpoints.csv`` which values make which
level and by whose authority, ``data/catalogue.csv`` and ``data/effects.csv`` what is done about it. Adding a hazard is
adding rows (``docs/add-a-hazard.md``).
"""
