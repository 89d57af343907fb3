"""Renders an Assessment to text or bytes: one file for each kind of product.

>>> envgis.publish.web_map(assessment, "1201")     # doctest: +SKIP
"""

from envgis.publish.web_map import web_map

__all__ = ["web_map"]
