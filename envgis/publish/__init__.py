"""Renders an Assessment to text or bytes: one file for each kind of product.

>>> from envgis.pipeline import assess
>>> page = web_map(assess(workspace), "0101")  # shows in a notebook
>>> "Oeste" in page.get_root().render()
True
"""

from envgis.publish.web_map import web_map

__all__ = ["web_map"]
