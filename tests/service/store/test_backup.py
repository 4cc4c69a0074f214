"""The restore drill: what was backed up comes back to the bit on either database, and a bad backup changes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, inspect, update
from sqlalchemy.exc import DBAPIError

from conftest import NOW
from helpers.acts import act, record
from helpers.filled_store import every_row, fill_every_table
from helpers.stores import closing_store, fresh_database
from riskmodel.errors import AuditBroken, RiskError, UsageError
from riskmodel.registry.champion import POINTER, open_champion
from riskmodel.service.audit import Act, Action
from riskmodel.service.store import backup as backup_module
from riskmodel.service.store.audit_log import verified_head
from riskmodel.service.store.backup import write_backup
from riskmodel.service.store.backup_format import BackupUnusable, Manifest
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.restoring import restore_backup
from riskmodel.service.store.tables import METADATA, audit_entries, audit_head, facts, households

PROGRAMME = "tinyland"
DATABASES = ("sqlite", "postgresql")


def restored(manifest: Manifest) -> Act:
    return act("", Action.RESTORED, rows=manifest.rows)


def restore(store: Store, path: Path, models: Path) -> Manifest:
    return restore_backup(store, path, models, PROGRAMME, restored)


def rows_but_audit(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows for name, rows in every_row(store).items() if not name.startswith("audit")}


@pytest.fixture(params=DATABASES)
def other_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return a second store, without any table."""
    if request.param == "sqlite":
        with closing_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
            yield other
        return
    with fresh_database(request.getfixturevalue("postgres")) as url, closing_store(url) as other:
        yield other


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    """Return an SQLite store without any table."""
    with closing_store(f"sqlite:///{tmp_path / 'empty.db'}") as empty:
        yield empty


@pytest.fixture(scope="module")
def sound_tar(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    with closing_store(f"sqlite:///{folder / 'store.db'}") as store:
        migrate(store)
        fill_every_table(store)
        write_backup(store, folder / "backup.tar", models_dir, PROGRAMME, NOW)
    return folder / "backup.tar"


@pytest.fixture
def changeable(sound_tar: Path, tmp_path: Path) -> Path:
    """Return a backup of an SQLite store, free to be changed."""
    return Path(shutil.copy(sound_tar, tmp_path))


@pytest.fixture
def tar(store: Store, models_dir: Path, tmp_path: Path) -> Path:
    """Return the backup of a store with rows in every table."""
    fill_every_table(store)
    write_backup(store, tmp_path / "backup.tar", models_dir, PROGRAMME, NOW)
    return tmp_path / "backup.tar"


def test_the_drill(store: Store, other_store: Store, tar: Path, models_dir: Path, tmp_path: Path) -> None:
    before = every_row(store)
    assert all(before[table] for table in METADATA.tables)
    with store.reading() as connection:
        chain = verified_head(connection)
    manifest = restore(other_store, tar, tmp_path / "models")
    assert manifest.rows == sum(len(rows) for rows in before.values())
    assert rows_but_audit(other_store) == rows_but_audit(store)
    after = every_row(other_store)
    # the log goes on: what follows is that it was restored
    assert sorted(before["audit_entries"]) == sorted(after["audit_entries"])[:-1]
    assert json.loads(sorted(after["audit_entries"])[-1][1])["action"] == "restored"
    with other_store.reading() as connection:
        assert verified_head(connection, [chain]).sequence == chain.sequence + 1
    found = open_champion(tmp_path / "models", PROGRAMME)
    assert found.files == open_champion(models_dir, PROGRAMME).files
    assert not list((tmp_path / "models").rglob("*.partial"))


def test_a_restored_store_goes_on(store: Store, other_store: Store, tar: Path, tmp_path: Path) -> None:
    restore(other_store, tar, tmp_path / "models")
    highest = max(row[0] for row in every_row(other_store)["households"])
    area = every_row(other_store)["areas"][0][0]
    new = {"household_id": "new", "pseudonym": "p", "area_code": area, "facts": {}}
    with other_store.writing() as connection:
        number = connection.execute(insert(households).values(**new)).inserted_primary_key
    assert number is not None and number[0] > highest
    record(other_store, "later")
    with other_store.reading() as connection:
        verified_head(connection)


def test_only_the_owner_may_read_it_and_it_names_no_database(tar: Path) -> None:
    assert stat.S_IMODE(tar.stat().st_mode) == 0o600
    assert [path.name for path in tar.parent.iterdir() if "partial" in path.name] == []
    with tarfile.open(tar) as opened:
        assert {member.name for member in opened if member.name.startswith("tables/")} == {
            f"tables/{name}.jsonl" for name in METADATA.tables
        }
        assert all(stat.S_IMODE(member.mode) == 0o600 for member in opened)


def test_a_backup_is_of_one_moment(store: Store, models_dir: Path, tmp_path: Path, empty: Store) -> None:
    fill_every_table(store)
    before = every_row(store)
    original = backup_module._add_table

    def meanwhile(*arguments: Any) -> Any:
        record(store, "meanwhile")
        with store.writing() as connection:
            connection.execute(update(facts).values(value="meanwhile"))
        return original(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup_module, "_add_table", meanwhile)
        write_backup(store, tmp_path / "backup.tar", models_dir, PROGRAMME, NOW)
    restore(empty, tmp_path / "backup.tar", tmp_path / "models")
    assert rows_but_audit(empty) == {name: rows for name, rows in before.items() if not name.startswith("audit")}


def test_what_fails_leaves_the_earlier_backup(store: Store, tar: Path, models_dir: Path) -> None:
    before = tar.read_bytes()
    METADATA.tables["clients"].drop(store.engine)
    with pytest.raises((DBAPIError, RiskError)):
        write_backup(store, tar, models_dir, PROGRAMME, NOW)
    assert tar.read_bytes() == before
    assert [path.name for path in tar.parent.iterdir() if "partial" in path.name] == []


def test_another_programme(store: Store, tar: Path, models_dir: Path, tmp_path: Path, empty: Store) -> None:
    with pytest.raises(UsageError, match="RISKMODEL_PROGRAMME"):
        restore_backup(empty, tar, tmp_path / "models", "china-county", restored)
    with store.writing() as connection:
        connection.execute(insert(facts).values(name="programme", value=PROGRAMME))
    with pytest.raises(UsageError, match="RISKMODEL_PROGRAMME"):
        write_backup(store, tar, models_dir, "china-county", NOW)


def test_a_store_with_rows_is_not_touched(store: Store, tar: Path, tmp_path: Path) -> None:
    before = every_row(store)
    with pytest.raises(UsageError, match="not empty"):
        restore(store, tar, tmp_path / "models")
    assert (every_row(store), (tmp_path / "models").exists()) == (before, False)


def test_models_that_are_there_stay_as_they_are(
    changeable: Path, empty: Store, models_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / PROGRAMME
    version = open_champion(models_dir, PROGRAMME).version
    (folder / version).mkdir(parents=True)
    (folder / version / "own").write_text("own")
    (folder / POINTER).write_text("own")
    restore(empty, changeable, tmp_path / "models")
    assert (folder / POINTER).read_text() == "own"
    assert [path.name for path in (folder / version).iterdir()] == ["own"]


def test_without_models(store: Store, empty: Store, tmp_path: Path) -> None:
    fill_every_table(store)
    manifest = write_backup(store, tmp_path / "backup.tar", tmp_path / "none", PROGRAMME, NOW)
    assert restore(empty, tmp_path / "backup.tar", tmp_path / "models") == manifest
    assert not (tmp_path / "models").exists()


def refused(store: Store, path: Path, models: Path, kind: type[RiskError] = BackupUnusable) -> RiskError:
    """Restore what must be refused, and check that it left nothing."""
    with pytest.raises(kind) as raised:
        restore(store, path, models)
    # it may have been given its tables, but no row
    assert not inspect(store.engine).get_table_names() or not any(every_row(store).values())
    assert not models.exists()
    return raised.value


def rewritten(tar: Path, change: Callable[[dict[str, bytes]], None], *, sums: bool = False) -> Path:
    """Write a tar anew with other members; with ``sums`` the manifest agrees with what was changed."""
    with tarfile.open(tar) as opened:
        members = {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
    change(members)
    if sums:
        manifest = json.loads(members["manifest.json"])
        for name, part in manifest["tables"].items():
            data = members[f"tables/{name}.jsonl"]
            part |= {"rows": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()}
        members["manifest.json"] = json.dumps(manifest).encode()
    path = tar.with_name("changed.tar")
    with tarfile.open(path, "w") as written:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            written.addfile(info, io.BytesIO(data))
    return path


def test_a_damaged_backup_changes_nothing(changeable: Path, empty: Store, tmp_path: Path) -> None:
    """Any byte but those that mean nothing: padding, and what a tar says of owners and times."""
    with tarfile.open(changeable) as opened:
        contents = [(member.offset_data, member.size) for member in opened if member.size]
    whole, chance = changeable.read_bytes(), random.Random(3)
    bad = tmp_path / "bad.tar"
    for start, size in contents:
        where = start + chance.randrange(size)
        bad.write_bytes(whole[:where] + bytes([whole[where] ^ (1 << chance.randrange(8))]) + whole[where + 1 :])
        if b"manifest.json" not in whole[start - 512 : start]:
            refused(empty, bad, tmp_path / "models")
    for length in (0, 100, 511, 512, 5000, len(whole) // 2, contents[-1][0]):
        bad.write_bytes(whole[:length])
        refused(empty, bad, tmp_path / "models")
    restore(empty, changeable, tmp_path / "models")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("manifest.json", b'"format": 1', b'"format": 2'),
        ("manifest.json", b'"revision": "0', b'"revision": "9'),
        ("manifest.json", b'"sequence": 3', b'"sequence": 2'),
        ("manifest.json", b'"rows": 4', b'"rows": 5'),
        ("manifest.json", b'"facts"', b'"facta"'),
        ("manifest.json", b'"value"', b'"valve"'),
        ("manifest.json", b"{", b"["),
        ("manifest.json", b"CHAMPION.json", b"../../../etc/x"),
    ],
)
def test_a_manifest_that_does_not_fit(
    changeable: Path, empty: Store, tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    def change(members: dict[str, bytes]) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new)

    refused(empty, rewritten(changeable, change), tmp_path / "models")


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "tables/other.jsonl", "models/other/model.txt", "x"])
def test_members_that_do_not_belong_there(changeable: Path, empty: Store, tmp_path: Path, name: str) -> None:
    refused(empty, rewritten(changeable, lambda members: members.update({name: b""})), tmp_path / "models")
    assert not (tmp_path.parent / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_devices_and_folders(changeable: Path, empty: Store, tmp_path: Path, kind: bytes) -> None:
    path = rewritten(changeable, lambda members: members.pop("tables/facts.jsonl") and None)
    with tarfile.open(path, "a") as opened:
        info = tarfile.TarInfo("tables/facts.jsonl")
        info.type, info.linkname = kind, "/etc/passwd"
        opened.addfile(info)
    refused(empty, path, tmp_path / "models")


def test_a_member_that_is_there_twice_and_a_bundle_that_lacks_a_file(
    changeable: Path, empty: Store, tmp_path: Path
) -> None:
    path = rewritten(changeable, lambda _: None)
    with tarfile.open(path, "a") as opened:
        opened.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO(b""))
    refused(empty, path, tmp_path / "models")

    def without_model(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        name = next(name for name in manifest["files"] if name.endswith("/model.txt"))
        del manifest["files"][name], members[f"models/{name}"]
        members["manifest.json"] = json.dumps(manifest).encode()

    assert "lacks" in str(refused(empty, rewritten(changeable, without_model), tmp_path / "models"))


@pytest.mark.parametrize(
    "line", [b"[]", b"{}", b"", b"[1, 2]", b'["a"]', b'["a", "b", "c"]', b'["a", null]', b"[" * 100_000, b"\xff"]
)
def test_rows_that_no_store_takes(changeable: Path, other_store: Store, tmp_path: Path, line: bytes) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["tables/facts.jsonl"] += line + b"\n"

    error = refused(other_store, rewritten(changeable, change, sums=True), tmp_path / "models")
    assert "table facts" in str(error) and "键" not in str(error)


def test_rows_that_contradict_each_other_are_not_shown(changeable: Path, other_store: Store, tmp_path: Path) -> None:
    def twice(members: dict[str, bytes]) -> None:
        members["tables/users.jsonl"] *= 2

    def without_parent(members: dict[str, bytes]) -> None:
        members["tables/users.jsonl"] = b""

    for change in (twice, without_parent):
        error = refused(other_store, rewritten(changeable, change, sums=True), tmp_path / "models")
        assert "键" not in str(error)


def test_a_log_that_is_broken_is_not_restored(store: Store, models_dir: Path, tmp_path: Path, empty: Store) -> None:
    fill_every_table(store)
    with store.writing() as connection:
        connection.execute(update(audit_entries).where(audit_entries.c.sequence == 2).values(content="{}"))
    write_backup(store, tmp_path / "backup.tar", models_dir, PROGRAMME, NOW)
    refused(empty, tmp_path / "backup.tar", tmp_path / "models", AuditBroken)
    assert METADATA.tables[audit_head.name] is audit_head


def test_a_new_store_can_be_backed_up(store: Store, empty: Store, tmp_path: Path) -> None:
    manifest = write_backup(store, tmp_path / "backup.tar", tmp_path / "none", PROGRAMME, NOW)
    assert (manifest.rows, manifest.head.sequence) == (0, 0)
    migrate(empty)
    restore(empty, tmp_path / "backup.tar", tmp_path / "models")
    with empty.reading() as connection:
        assert verified_head(connection).sequence == 1
