"""Compiled kernels are kept where they may be, made anew where they must be, and loaded by nobody who only needs words."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from helpers.lightgbm_models import tiny
from riskmodel.explain import block_kernel, compiling, deciding, leaves, row_kernel

FOLDER = Path(compiling.__file__).parent
NOWHERE = "/proc/self/nowhere"
"""Not even root can make this folder."""
SCORE = """
import sys
from riskmodel.explain.treeshap import TreeExplainer, score_row
print(type(score_row._cache).__name__, TreeExplainer(sys.stdin.read()).log_odds([[0.5, 1.5, 33.0]])[0].hex())
"""


def run(code: str, told: str = "", **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "RISKMODEL_"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=told,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def expected() -> str:
    booster = lgb.Booster(model_str=tiny())
    return float(booster.predict(np.array([[0.5, 1.5, 33.0]]), raw_score=True)[0]).hex()


def test_kernels_are_kept_in_the_folder_that_the_environment_names(tmp_path: Path, expected: str) -> None:
    assert run(SCORE, tiny(), RISKMODEL_KERNEL_CACHE=str(tmp_path)) == f"FunctionCache {expected}"
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert {name.rpartition(".")[2] for name in kept} == {"nbi", "nbc"}
    assert all(name.startswith(f"deciding.score_row_{compiling.digest()}") for name in kept)
    assert run(SCORE, tiny(), RISKMODEL_KERNEL_CACHE=str(tmp_path)) == f"FunctionCache {expected}"
    assert kept == {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}


def test_kernels_work_where_no_folder_can_be_written(expected: str) -> None:
    places = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserWideCacheLocator", "XDG_CACHE_HOME": NOWHERE, "HOME": NOWHERE}
    assert run(SCORE, tiny(), **places) == f"NullCache {expected}"


def test_a_folder_that_cannot_be_written_gives_way_to_numbas_own(expected: str) -> None:
    assert run(SCORE, tiny(), RISKMODEL_KERNEL_CACHE=NOWHERE) == f"FunctionCache {expected}"


@pytest.mark.parametrize("changed", compiling.SOURCES)
def test_kernels_are_compiled_anew_when_a_part_in_another_module_changes(tmp_path: Path, changed: str) -> None:
    """Numba looks at a kernel's own module only, and would run code woven from the older part."""
    for name in compiling.SOURCES:
        shutil.copy(FOLDER / f"{name}.py", tmp_path)
    (tmp_path / f"{changed}.py").write_text((tmp_path / f"{changed}.py").read_text() + "# changed\n")
    spec = importlib.util.spec_from_file_location("compiling_elsewhere", tmp_path / "compiling.py")
    assert spec is not None and spec.loader is not None
    elsewhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    assert elsewhere.digest() != compiling.digest()


def test_every_kernel_is_named_by_the_digest_of_all_that_it_is_woven_from() -> None:
    for kernel in (
        deciding.score_row,
        deciding.score_rows,
        leaves.leaves_of_row,
        row_kernel.explain_row,
        block_kernel.explain_rows,
        block_kernel.summarise_rows,
    ):
        assert kernel.py_func.__qualname__.endswith(compiling.digest())
    woven = {
        node.module.rpartition(".")[2]
        for name in compiling.SOURCES
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("riskmodel.explain.")
    }
    assert woven <= set(compiling.SOURCES)


@pytest.mark.parametrize("module", ["riskmodel", "riskmodel.explain", "riskmodel.explain.reasons", "riskmodel.cli"])
def test_words_and_the_command_line_do_not_wait_for_numba(module: str) -> None:
    assert run(f"import sys, {module}; print('numba' in sys.modules)") == "False"


@pytest.mark.parametrize("module", ["riskmodel.scoring.scorer", "riskmodel.service.app", "riskmodel.explain.treeshap"])
def test_serving_needs_no_lightgbm(module: str) -> None:
    assert run(f"import sys, {module}; print('lightgbm' in sys.modules)") == "False"


def test_the_explainer_is_brought_by_its_first_use() -> None:
    code = "import sys, riskmodel.explain as e; e.TreeExplainer; print('numba' in sys.modules)"
    assert run(code) == "True"
