"""Checks of a run's rows and results, each with a code that documents, logs and ``--allow`` can name."""
