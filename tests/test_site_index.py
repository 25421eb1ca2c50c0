"""The index of a site: what lies on the disk after an update."""

import itertools
from datetime import date, timedelta

import pytest

from digest.errors import StoreError
from digest.site import index
from digest.site.index import Item, fingerprint, indexed, update


def item(number, when, text="speech"):
    return Item(f"{when}-{number}", when, f"{number}.html", f"Title {number}", "题目", text)


def days(first, count, papers=2):
    """So many days from ``first`` on, with ``papers`` each."""
    start = date.fromisoformat(first)
    dates = [(start + timedelta(n)).isoformat() for n in range(count)]
    return {when: [item(n, when, f"paper {n} of {when}") for n in range(papers)] for when in dates}


def snapshot(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names(folder):
    return sorted(path.name.rsplit("-", 1)[0] for path in folder.glob("index/*"))


def test_day_by_day_is_the_same_as_all_at_once(tmp_path):
    archive = days("2025-12-20", 60)
    for when, items in archive.items():
        update(tmp_path / "a", {when: items})
    update(tmp_path / "b", archive)
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_segments_are_years_unsettled_months_and_the_newest_week(tmp_path):
    update(tmp_path, days("2024-12-30", 2) | days("2025-01-01", 379, papers=1))  # to 2026-01-14
    assert names(tmp_path) == ["2024", "2025", "2025-12", "2026-01", "2026-01-09"]
    update(tmp_path, days("2026-01-15", 1))
    assert names(tmp_path) == ["2024", "2025", "2026-01", "2026-01-09"]
    update(tmp_path, days("2026-01-17", 1))
    assert names(tmp_path) == ["2024", "2025", "2026-01", "2026-01-17"]


def test_a_new_day_touches_neither_other_days_nor_other_segments(tmp_path):
    update(tmp_path, days("2025-11-01", 62))
    before = snapshot(tmp_path)
    update(tmp_path, days("2026-01-02", 1))
    after = snapshot(tmp_path)
    changed = {name for name in after if before.get(name) != after[name]} | before.keys() - after
    assert {name[:13] for name in changed} == {"manifest.js", "index/2026-01", "text/2026-01-"}


def test_the_same_again_writes_the_same(tmp_path):
    archive = days("2026-01-01", 3)
    update(tmp_path, archive)
    before = snapshot(tmp_path)
    update(tmp_path, archive)
    update(tmp_path, {})
    assert snapshot(tmp_path) == before


def test_papers_and_days_disappear(tmp_path):
    archive = days("2026-01-01", 3)
    update(tmp_path / "a", archive)
    archive["2026-01-01"] = archive["2026-01-01"][1:]
    archive["2026-01-02"] = []
    update(tmp_path / "a", archive)
    update(tmp_path / "b", {when: items for when, items in archive.items() if items})
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")
    assert list(indexed(tmp_path / "a")) == ["2026-01-01", "2026-01-03"]
    assert not any(
        "paper 0 of 2026-01-01" in str(text) for text in snapshot(tmp_path / "a").values()
    )


def test_what_is_indexed_is_told_by_fingerprints(tmp_path):
    assert indexed(tmp_path) == {}
    archive = days("2026-01-01", 2)
    update(tmp_path, archive)
    assert indexed(tmp_path) == {when: fingerprint(items) for when, items in archive.items()}
    changed = [*archive["2026-01-02"], item(9, "2026-01-02")]
    assert fingerprint(changed) != indexed(tmp_path)["2026-01-02"]


def test_a_broken_manifest_is_no_index(tmp_path):
    archive = days("2026-01-01", 2)
    update(tmp_path, archive)
    whole = snapshot(tmp_path)
    for damage in (
        b"",
        b"junk",
        whole["manifest.js"][:-20],
        whole["manifest.js"].replace(b":", b";"),
    ):
        (tmp_path / "manifest.js").write_bytes(damage)
        assert indexed(tmp_path) == {}
    update(tmp_path, archive)
    assert snapshot(tmp_path) == whole


def test_a_stopped_update_leaves_the_old_index(tmp_path, monkeypatch):
    update(tmp_path, days("2026-01-01", 2))
    before = snapshot(tmp_path)

    def stop():
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(index.os, "sync", stop)
        with pytest.raises(StoreError, match="No space left"):
            update(tmp_path, days("2026-01-03", 1))
    assert before.items() <= snapshot(tmp_path).items()
    update(tmp_path, days("2026-01-03", 1))
    update(tmp_path / "b", days("2026-01-01", 3))
    assert (
        snapshot(tmp_path / "b").items()
        <= {name.removeprefix("b/"): data for name, data in snapshot(tmp_path).items()}.items()
    )


@pytest.mark.parametrize("kind", ["index", "text"])
def test_damage_is_named_with_its_cure(tmp_path, kind):
    update(tmp_path, days("2026-01-01", 3))
    for path in tmp_path.glob(f"{kind}/*/0.js"):
        path.write_text("junk")
    with pytest.raises(StoreError, match=rf"damaged: .*/{kind}/.*0\.js"):
        update(tmp_path, {"2026-01-02": []} if kind == "text" else days("2026-01-04", 1))


def test_items_stand_under_their_date(tmp_path):
    with pytest.raises(ValueError, match="2026-01-01-0"):
        update(tmp_path, {"2026-01-02": [item(0, "2026-01-01")]})
    with pytest.raises(ValueError, match="20260101"):
        update(tmp_path, {"20260101": []})


def test_control_characters_and_turns_of_direction_are_left_out(tmp_path):
    hostile = Item("x", "2026-01-02", "x.html", "a\x00\u202eb\n\nc", "\ud800", "语\u2028音\x7f")
    update(tmp_path, {"2026-01-02": [hostile]})
    [text] = [data.decode() for name, data in snapshot(tmp_path).items() if name[:4] == "text"]
    assert '"title":"ab c","translated_title":"?","text":"语 音"' in text


def test_parts_are_in_order_and_their_starts_short(tmp_path):
    words = sorted("".join(letters) for letters in itertools.product("abcdefgh", repeat=5))[:9000]
    update(tmp_path, {"2026-01-02": [item(0, "2026-01-02", " ".join(words) + " 语音 𠀀 ﷲ")]})
    segment = indexed_segment(tmp_path)
    assert len(segment.starts) > 2
    terms = []
    for number, start in enumerate(segment.starts):
        [path] = tmp_path.glob(f"index/*/{number}.js")
        found = [entry.split(":")[0] for entry in path.read_text().split('"')[3].split()]
        assert all(start.encode("utf-16-be") <= term.encode("utf-16-be") for term in found)
        terms += found
    assert terms == sorted(terms, key=lambda term: term.encode("utf-16-be"))
    assert max(map(len, segment.starts)) <= 5


def indexed_segment(folder):
    [segment] = index._segments(folder)
    return segment
