"""The demonstration walks the whole way on simulated data and says so everywhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from helpers.stores import closing_store
from riskmodel.demo import example_request
from riskmodel.registry.champion import champion
from riskmodel.service.access import Role
from riskmodel.service.store.accounts import find_client, list_users
from riskmodel.service.store.scores import queue_size
from riskmodel.service.tokens import hash_of_secret
from riskmodel.settings import CHECKOUT


@pytest.mark.slow
def test_the_demonstration_ends_with_one_table_and_addresses(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "riskmodel.cli", "demo", "--no-serve", "--households", "2000"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "RISKMODEL_CONFIGS": str(CHECKOUT / "configs"),
            "HOME": str(tmp_path),
            # other tests run beside it: threads that wait for one another would take minutes
            "OMP_NUM_THREADS": "1",
        },
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("[simulated] china-county") == 1
    for words in ("logistic regression", "department rules", "curl -s http://127.0.0.1:8000/v1/scores", "mlflow ui"):
        assert words in result.stdout
    folder = tmp_path / ".riskmodel" / "demo"
    entry = champion(folder / "models", "china-county")
    assert (entry.by, entry.version in result.stdout) == ("demo", True)
    with closing_store(f"sqlite:///{folder / 'store' / 'store.db'}") as store, store.reading() as connection:
        assert queue_size(connection, "") > 1500
        assert [one.name for one in list_users(connection)] == sorted(role.value for role in Role)
        key = re.search(r"Bearer (rk_\S+)'", result.stdout)
        assert key is not None and find_client(connection, hash_of_secret(key[1])) is not None
    for role in Role:
        assert re.search(rf"sign in as +{role.value} +\w{{20}}\n", result.stdout)
    request = json.loads((folder / "request.json").read_text())
    assert len(request["households"]) == 2
    assert (tmp_path / ".riskmodel" / "mlflow.db").is_file()


def test_the_example_request_holds_each_feature_by_name(tiny_snapshot: pd.DataFrame) -> None:
    households = example_request(tiny_snapshot)["households"]
    assert isinstance(households, list)
    first = households[0]
    assert first["as_of"] == "2021-01-01"
    assert list(first["features"]) == list(tiny_snapshot.columns[3:])
    assert first["features"]["income_to_line"] == tiny_snapshot["income_to_line"].iloc[0]
