"""A value follows its file; what works goes on working while the newer one is made or can't be."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from riskmodel.errors import BundleCorrupt, NotReady
from riskmodel.service.watching import Watched, signature


def replace(path: Path, text: str) -> None:
    partial = path.with_name("partial")
    partial.write_text(text)
    partial.replace(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_signature_of_nothing(tmp_path: Path) -> None:
    assert signature(tmp_path / "none") is None


def test_it_is_read_once_until_the_file_changes(file: Path) -> None:
    read: list[str] = []

    def load() -> str:
        read.append(file.read_text())
        return read[-1]

    watched = Watched(file, load)
    assert [watched.get(), watched.get()] == ["one", "one"]
    replace(file, "two")
    assert [watched.get(), watched.get()] == ["two", "two"]
    assert read == ["one", "two"]


def test_the_first_failure_is_the_callers(file: Path) -> None:
    def load() -> str:
        raise NotReady("nothing yet")

    with pytest.raises(NotReady):
        Watched(file, load).get()


def test_a_later_failure_keeps_the_older_value_and_is_tried_once(file: Path) -> None:
    tries: list[str] = []

    def load() -> str:
        tries.append(file.read_text())
        if tries[-1] == "bad":
            raise BundleCorrupt("not what was approved")
        return tries[-1]

    watched = Watched(file, load)
    watched.get()
    replace(file, "bad")
    assert [watched.get(), watched.get(), watched.get()] == ["one"] * 3
    assert tries == ["one", "bad"]
    replace(file, "good")
    assert watched.get() == "good"


def test_a_removed_file_keeps_the_value(file: Path) -> None:
    def load() -> str:
        if not file.exists():
            raise NotReady("gone")
        return file.read_text()

    watched = Watched(file, load)
    watched.get()
    file.unlink()
    assert [watched.get(), watched.get()] == ["one", "one"]


def test_nobody_waits_for_the_newer_value(file: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def load() -> str:
        text = file.read_text()
        if text == "two":
            started.set()
            assert go_on.wait(10)
        return text

    watched = Watched(file, load)
    watched.get()
    replace(file, "two")
    slow = threading.Thread(target=watched.get)
    slow.start()
    assert started.wait(10)
    assert watched.get() == "one"
    go_on.set()
    slow.join(10)
    assert watched.get() == "two"


def test_what_is_at_hand_is_never_loaded_for(file: Path) -> None:
    watched = Watched(file, file.read_text)
    assert watched.now() is None
    watched.get()
    assert watched.now() == "one"
    replace(file, "two")
    assert watched.now() is None
    watched.get()
    assert watched.now() == "two"


def test_many_threads_load_once(file: Path) -> None:
    loads: list[int] = []
    watched = Watched(file, lambda: loads.append(1) or file.read_text())
    threads = [threading.Thread(target=watched.get) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(loads) == 1
