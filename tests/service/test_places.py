"""Long work has a few places; whoever finds none in time is refused, and a place comes back whatever happens."""

from __future__ import annotations

import threading

import pytest

from riskmodel.service.errors import Overloaded
from riskmodel.service.places import Places


def test_one_too_many_is_refused_and_places_come_back() -> None:
    places = Places(2, 0.01)
    with places.taken(), places.taken(), pytest.raises(Overloaded), places.taken():
        pass
    with pytest.raises(ZeroDivisionError), places.taken():
        raise ZeroDivisionError
    with places.taken(), places.taken():
        pass


def test_the_next_one_waits_for_a_place() -> None:
    places, inside, go_on = Places(1, 10), threading.Event(), threading.Event()

    def work() -> None:
        with places.taken():
            inside.set()
            go_on.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(10)
    threading.Timer(0.05, go_on.set).start()
    with places.taken():
        assert go_on.is_set()
    thread.join(10)
