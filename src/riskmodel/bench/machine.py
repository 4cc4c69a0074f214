"""What a run was measured on: cores and versions, nothing that names a host or a path."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

LIBRARIES = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "shap", "mlflow", "fastapi", "uvicorn")


def machine_facts() -> dict[str, str]:
    """Return the number of cores, the processor's kind, and the versions of Python and of libraries."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": platform.machine(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }
