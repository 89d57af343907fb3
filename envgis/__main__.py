"""``python -m envgis``"""

from envgis.cli import main

main()
