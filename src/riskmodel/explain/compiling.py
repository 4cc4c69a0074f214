"""Compiles kernels with numba, keeping the machine code where a folder can be written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
CACHE_FOLDER = "RISKMODEL_KERNEL_CACHE"
"""Environment variable that names the folder of compiled kernels; numba's own choice where it is not set.

Numba reads what it finds there as code: nobody else may write to it.
"""
OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
"""The interpreter is free while a kernel runs; a multiplication and an addition may become one instruction."""
SOURCES = ("block_kernel", "compiling", "deciding", "forest", "model_text", "quadrature", "row_kernel")
"""Modules whose parts and constants are woven into kernels."""

# numba leaves off by default what turns lanes of one row into one register
numba.config.SLP_VECTORIZE = 1
if os.environ.get(CACHE_FOLDER):
    numba.config.CACHE_DIR = os.environ[CACHE_FOLDER]


def compiled(function: F) -> F:
    """Compile a kernel at its first call; later processes find it in the cache.

    Where no folder can be written, which numba answers by an error, every process compiles anew. Numba notices a change
    of the kernel's own module only; the digest in the name keeps it from code that was woven from older parts.
    """
    try:
        function.__qualname__ = f"{function.__name__}_{digest()}"
        kernel: F = numba.njit(cache=True, **OPTIONS)(function)
    except (RuntimeError, OSError):
        kernel = numba.njit(**OPTIONS)(function)
    return kernel


@cache
def digest() -> str:
    """Return a digest of everything that kernels are woven from."""
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / f"{name}.py").read_bytes() for name in SOURCES)).hexdigest()[:16]


def part(function: F) -> F:
    """Compile a part of a kernel into each kernel that uses it: calls with many arrays would cost more than the work."""
    woven: F = numba.njit(inline="always", **OPTIONS)(function)
    return woven
