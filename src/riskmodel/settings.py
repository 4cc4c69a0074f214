"""Settings of one installation, typed, read once by an entry point and passed on."""

from __future__ import annotations

from pathlib import Path

from pydantic import NonNegativeInt, PositiveInt
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
    programme : str
        Programme that the service serves.
    store : str
        The database: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
    max_body_bytes : int
        Largest request body that is read at all.
    jobs : Path
        Folder of the files that jobs read and write; all processes, on all machines, need the same one.
    max_job_bytes : int
        Largest file that a job takes.
    job_days : int
        Days after which a finished job and its files go.
    private_webhooks : bool
        Whether webhooks may point into private networks and at this machine; else any such address is refused.
    most_waiting : int
        Requests that a process works on or keeps waiting; the next one is refused at once.
    requests_per_second : float
        How many requests one user or client may send in the long run, to each process; 0 for no limit.
    burst_requests : int
        How many of them may come at once.
    retention_months_persons : int
        Months after which names and numbers of people go, counted from when their household was last scored, decided
        about or told of by a department; 0 to keep them.
    retention_months_snapshots : int
        Months after which features as known on a date go, counted from that date; 0 to keep them.
    cookie_secure : bool
        Whether browsers may send a session over HTTPS alone. Turn it off only on the loopback address without HTTPS.
    """

    model_config = SettingsConfigDict(env_prefix="RISKMODEL_", extra="ignore")

    configs: Path = _beside_checkout("configs")
    models: Path = _beside_checkout("models")
    work: Path = Path(".riskmodel")
    tracking_uri: str | None = None
    programme: str = "china-county"
    store: str = "sqlite:///.riskmodel/store.db"
    max_body_bytes: int = 32 * 1024 * 1024
    jobs: Path = Path(".riskmodel/jobs")
    max_job_bytes: int = 1024 * 1024 * 1024
    job_days: PositiveInt = 7
    private_webhooks: bool = False
    most_waiting: int = 256
    requests_per_second: float = 0
    burst_requests: int = 100
    retention_months_persons: NonNegativeInt = 0
    retention_months_snapshots: NonNegativeInt = 0
    cookie_secure: bool = True
