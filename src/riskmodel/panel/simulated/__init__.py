"""A simulated county with the fields of China's monitoring system: for tests, demonstrations and teaching.

Nothing in it was measured on a real household. It proves that the machinery works, not that a model is valid.
"""

from riskmodel.panel.simulated.county import County, simulate, write_county

__all__ = ["County", "simulate", "write_county"]
