"""Argentina's Encuesta Permanente de Hogares (INDEC), quarterly public-use files, into the canonical tables."""

from riskmodel.panel.surveys.eph.importer import read_eph

__all__ = ["read_eph"]
