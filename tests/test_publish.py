import pytest

from digest.errors import StoreError
from digest.files import held, write
from digest.publish import publish
from digest.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "digest.duckdb")


def test_a_post_is_written_once(store, tmp_path):
    first = publish(store, tmp_path / "posts", "2026-01-23", "text")
    again = publish(store, tmp_path / "posts", "2026-01-23", "text")
    assert (first.status, again.status) == ("written", "unchanged")
    assert first.path.read_text() == "text"
    assert [path.name for path in first.path.parent.iterdir()] == ["2026-01-23-arxiv-daily.md"]


def test_our_own_older_post_is_replaced_an_edited_one_is_not(store, tmp_path):
    path = publish(store, tmp_path, "2026-01-23", "one").path
    assert publish(store, tmp_path, "2026-01-23", "two").status == "written"
    path.write_text("two, with notes")
    aside = publish(store, tmp_path, "2026-01-23", "three")
    assert (aside.status, aside.path.read_text()) == ("aside", "three")
    assert path.read_text() == "two, with notes"


def test_the_text_beside_an_edited_post_is_not_overwritten_once_edited(store, tmp_path):
    path = publish(store, tmp_path, "2026-01-23", "one").path
    path.write_text("notes")
    merge = publish(store, tmp_path, "2026-01-23", "two").path
    merge.write_text("two, being merged")
    third = publish(store, tmp_path, "2026-01-23", "three")
    assert (third.path.name, merge.read_text()) == (
        "2026-01-23-arxiv-daily.new-2.md",
        "two, being merged",
    )


def test_the_text_beside_an_edited_post_can_be_accepted_by_moving_it(store, tmp_path):
    path = publish(store, tmp_path, "2026-01-23", "one").path
    path.write_text("notes")
    publish(store, tmp_path, "2026-01-23", "two").path.rename(path)
    assert publish(store, tmp_path, "2026-01-23", "three").status == "written"
    assert path.read_text() == "three"


def test_a_crash_between_record_and_rename_leaves_no_edited_post(store, tmp_path):
    publish(store, tmp_path, "2026-01-23", "one")
    store.put_post_file("2026-01-23", "f" * 64)  # recorded, never renamed
    assert publish(store, tmp_path, "2026-01-23", "two").status == "written"


def test_the_same_bytes_are_ours_even_if_a_restored_store_does_not_know(store, tmp_path):
    (tmp_path / "2026-01-23-arxiv-daily.md").write_text("one")
    assert publish(store, tmp_path, "2026-01-23", "one").status == "unchanged"
    assert publish(store, tmp_path, "2026-01-23", "two").status == "written"  # it was ours


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "post.md"
    write(path, b"old")
    (tmp_path / ".post.md.partial").mkdir()
    with pytest.raises((StoreError, OSError)):
        write(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    lock = tmp_path / ".lock"
    with held(lock), pytest.raises(StoreError, match="another digest run"), held(lock):
        pass
    with held(tmp_path / ".lock"):
        pass
