"""Settings of one installation, typed, read once by an entry point and passed on."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parents[2]


def _beside_checkout(name: str) -> Path:
    """Return ``name`` below the working folder where it exists, else below the checkout."""
    here = Path(name)
    return here if here.is_dir() else CHECKOUT / name


class Settings(BaseSettings):
    """Where things are and how the service listens; each can be set as ``RISKMODEL_<NAME>``.

    Attributes
    ----------
    configs : Path
        Folder of the programmes.
    models : Path
        Folder of the bundles.
    work : Path
        Folder for what a run makes beside bundles: MLflow's database, the demo's data.
    tracking_uri : str or None
        MLflow's tracking address; an SQLite file below ``work`` where None.
    cohort : Path or None
        Snapshot (as ``riskmodel snapshot`` writes it) whose households the service knows by id.
    programme : str
        Programme that the service serves.
    store : str
        The database: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
    max_body_bytes : int
        Largest request body that is read at all.
    """

    model_config = SettingsConfigDict(env_prefix="RISKMODEL_", extra="ignore")

    configs: Path = _beside_checkout("configs")
    models: Path = _beside_checkout("models")
    work: Path = Path(".riskmodel")
    tracking_uri: str | None = None
    cohort: Path | None = None
    programme: str = "china-county"
    store: str = "sqlite:///.riskmodel/store.db"
    max_body_bytes: int = 32 * 1024 * 1024
