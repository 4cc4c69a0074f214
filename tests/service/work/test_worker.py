"""Each kind of work goes on by itself, whatever becomes of the others; asked to stop, it does so in time."""

from __future__ import annotations

import threading
import time

import pytest
import structlog

from riskmodel.errors import RiskError
from riskmodel.service.work import worker as module
from riskmodel.service.work.worker import Worker

PATIENCE_SECONDS = 20
SECRET = "110101199003078888"


class Counted:
    """A step that counts its calls, and tells when there were enough."""

    def __init__(self, *, busy: bool = False, raises: Exception | None = None, enough: int = 3) -> None:
        self.calls, self.busy, self.raises, self.enough = 0, busy, raises, enough
        self.reached = threading.Event()

    def __call__(self) -> bool:
        self.calls += 1
        if self.calls >= self.enough:
            self.reached.set()
        if self.raises is not None:
            raise self.raises
        return self.busy


class Failing(RiskError):
    """What a step may raise."""

    code = "failing"


@pytest.fixture(autouse=True)
def hardly_any_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)


@pytest.mark.parametrize("error", [Failing(SECRET), ValueError(SECRET)])
def test_a_step_that_raises_stops_neither_the_others_nor_itself(error: Exception) -> None:
    failing, idle, busy = Counted(raises=error), Counted(), Counted(busy=True)
    worker = Worker({"failing": failing, "idle": idle, "busy": busy}, poll_seconds=0.01)
    with structlog.testing.capture_logs() as lines:
        worker.start()
        assert all(one.reached.wait(PATIENCE_SECONDS) for one in (failing, idle, busy))
        worker.stop(PATIENCE_SECONDS)
    assert {line["kind"] for line in lines} == {"failing"}
    assert {line.get("code", line.get("error")) for line in lines} == {getattr(error, "code", "ValueError")}
    # an error's own words may tell of somebody
    assert SECRET not in str(lines)


def test_none_waits_for_another() -> None:
    hold, quick = threading.Event(), Counted()

    def slow() -> bool:
        hold.wait(PATIENCE_SECONDS)
        return False

    worker = Worker({"slow": slow, "quick": quick}, poll_seconds=0.01)
    worker.start()
    assert quick.reached.wait(PATIENCE_SECONDS)
    hold.set()
    worker.stop(PATIENCE_SECONDS)


def test_where_there_is_something_to_do_nobody_rests() -> None:
    busy, idle = Counted(busy=True, enough=1000), Counted()
    worker = Worker({"busy": busy, "idle": idle}, poll_seconds=60)
    worker.start()
    assert busy.reached.wait(PATIENCE_SECONDS)
    worker.stop(PATIENCE_SECONDS)
    # one that found nothing looks again after its rest, and is waken by the end of all
    assert idle.calls == 1


def test_what_was_begun_is_ended() -> None:
    begun, ended = threading.Event(), threading.Event()

    def step() -> bool:
        begun.set()
        time.sleep(0.1)
        ended.set()
        return True

    worker = Worker({"one": step})
    worker.start()
    assert begun.wait(PATIENCE_SECONDS)
    worker.stop()
    assert ended.is_set()


def test_the_time_to_stop_is_for_all_of_them_together() -> None:
    hold, begun = threading.Event(), threading.Barrier(6)

    def stuck() -> bool:
        begun.wait(PATIENCE_SECONDS)
        hold.wait(PATIENCE_SECONDS)
        return False

    worker = Worker({f"{number}": stuck for number in range(5)}, poll_seconds=0.01)
    worker.start()
    begun.wait(PATIENCE_SECONDS)
    start = time.monotonic()
    worker.stop(0.3)
    assert 0.25 < time.monotonic() - start < 1
    hold.set()
    worker.stop(PATIENCE_SECONDS)
