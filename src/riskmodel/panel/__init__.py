"""Bytes to checked tables: reading, checking, importers and the simulated county."""
