"""The numbered notebooks run from top to bottom with the code as it is."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from riskmodel.settings import CHECKOUT

NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks_without_stored_output() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells), f"{path.name}: clear its output"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path) -> None:  # type: ignore[no-untyped-def]
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": CHECKOUT}}).execute()
