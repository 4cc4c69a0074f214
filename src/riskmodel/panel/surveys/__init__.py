"""Importers of surveys whose members must be rolled up to households: what no dictionary can say."""
