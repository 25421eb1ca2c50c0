import hashlib
import json
import re
import shutil
from dataclasses import replace

import pytest

from digest.errors import ConfigError, ExtractError
from digest.records import (
    ArxivId,
    Breakdown,
    Claim,
    Dropped,
    Evidence,
    MadeBy,
    PagePicture,
    Paper,
    Translation,
)
from digest.render.entry import Entry
from digest.render.head import Heading
from digest.site.build import Options, build
from digest.site.index import indexed
from digest.site.listing import category_url
from tests.conftest import document

BY = MadeBy("t", "1")
QUOTE = "Median aggregation lowers the error by 9.3%."


PDF = b"%PDF-1.4 the one that was read"
SHELF = {}


@pytest.fixture(autouse=True)
def shelf(tmp_path_factory):
    """A folder with the PDF that every paper was read from."""
    SHELF["pdf"] = tmp_path_factory.mktemp("papers") / "read.pdf"
    SHELF["pdf"].write_bytes(PDF)


def entry(number, title="A title", categories=("cs.SD",), **known):
    paper = Paper(
        ArxivId.parse(f"2601.0000{number}v1"),
        title=title,
        authors=("Ada Lovelace",),
        abstract="We measure.",
        categories=categories,
        **known,
    )
    cited = Evidence("sentence", "s1", 3, QUOTE)
    claim = Claim("主要结果", "误差降低 9.3%。", (cited,), "verified")
    dropped = (Dropped("错的。", "number 12"),)
    reading = Breakdown((), (), (claim,), "full", dropped, BY)
    abstract = Translation("We measure.", "zh-Hans", "我们测量。", (), {}, BY)
    read = replace(document(QUOTE), pdf_sha256=hashlib.sha256(PDF).hexdigest())
    return Entry(paper, read, abstract, reading)


class Archive:
    """Posts that can be changed; counts which are read."""

    def __init__(self, **days):
        self.days = {f"2026-{name[1:3]}-{name[3:]}": entries for name, entries in days.items()}
        self.read = []

    @property
    def marks(self):
        return {date: repr(entries) for date, entries in self.days.items()}

    def content(self, date):
        self.read.append(date)
        heading = Heading("arXiv Daily", date, ("papers",), ("cs.SD",), None)
        return heading, self.days[date]


def pictures(_pdf, marks):
    [mark] = marks
    rects = {mark.key: ((0.1, 0.2, 0.5, 0.25),)}
    return [PagePicture(3, 600, 800, "image/jpeg", b"jpeg", rects, rects)]


def options(draw=pictures, show=True, public=False, pdf=True):
    """``pdf``: whether the papers' PDFs are here."""

    def pdf_of(_stem):
        return SHELF["pdf"] if pdf else None

    def pdf_url(paper):
        return f"https://arxiv.org/pdf/{paper.id}"

    return Options("arXiv Daily", draw, pdf_of, pdf_url, lambda _: show, public)


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def evidence(page: bytes):
    found = re.search(rb'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(found[1])


def test_a_paper_has_a_page_with_its_claims_and_where_they_stand(tmp_path):
    archive = Archive(d0123=[entry(1)])
    built = build(tmp_path, archive.marks, archive.content, options())
    assert (built.written, built.removed, built.days) == (("2026-01-23",), (), 1)
    page = (tmp_path / "2026-01-23" / "2601.00001v1.html").read_bytes()
    assert "误差降低 <mark>9.3%</mark>。".encode() in page
    assert b'href="https://arxiv.org/pdf/2601.00001v1#page=3"' in page
    assert "我们测量。".encode() in page
    assert evidence(page) == {
        "claims": {
            "c1": [
                {
                    "page": 3,
                    "kind": "sentence",
                    "parts": [
                        ["Median aggregation lowers the error by ", False],
                        ["9.3%", True],
                        [".", False],
                    ],
                    "lines": {"3": [[0.1, 0.2, 0.4, 0.05]]},
                    "numbers": {"3": [[0.1, 0.2, 0.4, 0.05]]},
                    "rough": False,
                }
            ]
        },
        "pages": {"3": {"src": "2601.00001v1/p3.jpg", "width": 600, "height": 800}},
    }
    assert (tmp_path / "2026-01-23" / "2601.00001v1" / "p3.jpg").read_bytes() == b"jpeg"


@pytest.mark.parametrize("without", [{"draw": None}, {"show": False}, {"pdf": False}])
def test_without_pictures_the_quotes_stand_alone(tmp_path, without):
    made = options(**without)
    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, made)
    found = evidence((tmp_path / "2026-01-23" / "2601.00001v1.html").read_bytes())
    assert found["pages"] == {}
    assert found["claims"]["c1"][0]["page"] == 3
    assert not list(tmp_path.rglob("*.jpg"))


def test_a_pdf_that_cannot_be_drawn_costs_its_pictures(tmp_path):
    def broken(pdf, _marks):
        raise ExtractError(pdf, "it is broken")

    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options(draw=broken))
    assert (tmp_path / "2026-01-23" / "2601.00001v1.html").exists()


def test_the_same_posts_give_the_same_site_and_nothing_is_read_twice(tmp_path):
    archive = Archive(d0123=[entry(1)], d0124=[entry(2)])
    build(tmp_path / "a", archive.marks, archive.content, options())
    build(tmp_path / "b", archive.marks, archive.content, options())
    assert files(tmp_path / "a") == files(tmp_path / "b")
    archive.read.clear()
    again = build(tmp_path / "a", archive.marks, archive.content, options())
    assert (again.written, archive.read) == ((), [])
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_days_added_one_by_one_give_the_site_of_all_together(tmp_path):
    archive = Archive(d0130=[entry(1)], d0131=[entry(2, categories=("cs.LG",))], d0201=[entry(3)])
    every = dict(archive.marks)
    build(tmp_path / "all", every, archive.content, options())
    for count in (1, 2, 3):
        archive.read.clear()
        some = dict(list(every.items())[:count])
        build(tmp_path / "each", some, archive.content, options())
        assert len(archive.read) == 1
    assert _shown(tmp_path / "each") == _shown(tmp_path / "all")


def _shown(folder):
    """Without the index, which may be cut otherwise; but of the same days."""
    shown = {name: data for name, data in files(folder).items() if not name.startswith("search/")}
    return shown, indexed(folder / "search")


def test_a_changed_day_is_written_again_and_a_paper_that_left_is_gone(tmp_path):
    archive = Archive(d0123=[entry(1), entry(2, categories=("cs.LG",))], d0122=[entry(3)])
    build(tmp_path, archive.marks, archive.content, options())
    assert (tmp_path / category_url("cs.LG")).exists()
    archive.days["2026-01-23"] = [entry(1, title="Another title")]
    archive.read.clear()
    built = build(tmp_path, archive.marks, archive.content, options())
    assert (built.written, archive.read) == (("2026-01-23",), ["2026-01-23"])
    assert not (tmp_path / "2026-01-23" / "2601.00002v1.html").exists()
    assert not (tmp_path / "2026-01-23" / "2601.00002v1").exists()
    assert not (tmp_path / category_url("cs.LG")).exists()
    assert b"Another title" in (tmp_path / category_url("cs.SD")).read_bytes()
    assert b"cs.LG" not in (tmp_path / "categories.html").read_bytes()


def test_a_post_that_is_gone_leaves_nothing(tmp_path):
    archive = Archive(d0122=[entry(1, title="Stays")], d0223=[entry(2, title="Leaves")])
    build(tmp_path, archive.marks, archive.content, options())
    del archive.days["2026-02-23"]
    built = build(tmp_path, archive.marks, archive.content, options())
    assert built.removed == ("2026-02-23",)
    assert not any(b"Leaves" in data for data in files(tmp_path).values())
    assert b"2026-02" not in (tmp_path / "index.html").read_bytes()


def test_a_build_that_was_stopped_goes_on(tmp_path):
    archive = Archive(d0123=[entry(1)], d0201=[entry(2)])
    whole = tmp_path / "whole"
    build(whole, archive.marks, archive.content, options())

    def stopped(date):
        if date == "2026-02-01":
            raise KeyboardInterrupt
        return archive.content(date)

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "site", archive.marks, stopped, options())
    archive.read.clear()
    built = build(tmp_path / "site", archive.marks, archive.content, options())
    assert built.written == ("2026-02-01",)
    assert files(tmp_path / "site") == files(whole)


@pytest.mark.parametrize("name", ["manifest.js", "index", "text", ""])
def test_a_lost_search_index_is_made_again_with_every_day(tmp_path, name):
    archive = Archive(d0122=[entry(1)], d0201=[entry(2)], d0202=[])
    build(tmp_path, archive.marks, archive.content, options())
    whole = indexed(tmp_path / "search")
    assert whole.keys() == {"2026-01-22", "2026-02-01"}
    lost = tmp_path / "search" / name
    lost.unlink() if lost.is_file() else shutil.rmtree(lost)
    built = build(tmp_path, archive.marks, archive.content, options())
    assert indexed(tmp_path / "search") == whole
    assert (tmp_path / "search" / name).exists()
    assert set(built.written) == {"2026-01-22", "2026-02-01"}


def test_a_damaged_manifest_counts_as_none(tmp_path):
    archive = Archive(d0122=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options())
    (tmp_path / "search" / "manifest.js").write_text("nothing")
    build(tmp_path, archive.marks, archive.content, options())
    assert indexed(tmp_path / "search").keys() == {"2026-01-22"}


def test_a_site_is_for_strangers_or_not(tmp_path):
    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options(show=False, public=True))
    with pytest.raises(ConfigError, match="for strangers, not your own"):
        build(tmp_path, archive.marks, archive.content, options())
    assert not list(tmp_path.rglob("*.jpg"))


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "2026-01-23").mkdir()
    (tmp_path / "2026-01-23" / "photo.jpg").write_bytes(b"mine")
    archive = Archive(d0123=[entry(1)])
    with pytest.raises(ConfigError, match="holds other files, such as 2026-01-23"):
        build(tmp_path, archive.marks, archive.content, options())
    assert files(tmp_path) == {"2026-01-23/photo.jpg": b"mine"}


def test_pictures_come_when_the_pdf_does(tmp_path):
    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options(pdf=False))
    assert not list(tmp_path.rglob("*.jpg"))
    assert build(tmp_path, archive.marks, archive.content, options()).written == ("2026-01-23",)
    assert list(tmp_path.rglob("*.jpg"))
    assert build(tmp_path, archive.marks, archive.content, options()).written == ()


def test_a_day_made_again_keeps_the_pictures_of_a_pdf_that_is_gone(tmp_path):
    archive = Archive(d0123=[entry(1), entry(2)])
    build(tmp_path, archive.marks, archive.content, options())
    before = files(tmp_path / "2026-01-23")
    archive.days["2026-01-23"] = [entry(1)]
    built = build(tmp_path, archive.marks, archive.content, options(pdf=False))
    after = files(tmp_path / "2026-01-23")
    assert built.written == ("2026-01-23",)
    assert after["2601.00001v1/p3.jpg"] == b"jpeg"
    assert evidence(after["2601.00001v1.html"]) == evidence(before["2601.00001v1.html"])
    assert set(after) == {"index.html", "2601.00001v1.html", "2601.00001v1/p3.jpg"}


def test_pictures_of_other_quotes_are_not_kept(tmp_path):
    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options())
    cited = Evidence("sentence", "s2", 3, "Another sentence says 9.3%.")
    claim = Claim("主要结果", "误差降低 9.3%。", (cited,), "verified")
    other = Breakdown((), (), (claim,), "full", (), BY)
    archive.days["2026-01-23"] = [replace(entry(1), breakdown=other)]
    build(tmp_path, archive.marks, archive.content, options(pdf=False))
    after = files(tmp_path / "2026-01-23")
    assert evidence(after["2601.00001v1.html"])["pages"] == {}
    assert set(after) == {"index.html", "2601.00001v1.html"}


def test_another_pdf_than_the_one_that_was_read_is_not_shown(tmp_path):
    archive = Archive(d0123=[entry(1)])
    archive.days["2026-03-01"] = [entry(2)]
    SHELF["pdf"].write_bytes(PDF + b" and more")
    build(tmp_path, archive.marks, archive.content, options())
    assert not list(tmp_path.rglob("*.jpg"))
    built = build(tmp_path, archive.marks, archive.content, options())
    assert built.written == ("2026-03-01",)  # not every old day at every build


def test_what_could_not_be_drawn_is_tried_again_for_a_week(tmp_path):
    def broken(pdf, _marks):
        raise ExtractError(pdf, "too busy")

    archive = Archive(d0101=[entry(1)], d0123=[entry(2)])
    build(tmp_path, archive.marks, archive.content, options(draw=broken))
    built = build(tmp_path, archive.marks, archive.content, options())
    assert built.written == ("2026-01-23",)
    assert [path.parent.name for path in tmp_path.rglob("*.jpg")] == ["2601.00002v1"]


def test_lists_that_a_stopped_build_left_behind_are_written(tmp_path, monkeypatch):
    archive = Archive(d0123=[entry(1)])
    stopped = pytest.raises(KeyboardInterrupt)

    def stop(_self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, stopped:
        patched.setattr("digest.site.build._Site.write_lists", stop)
        build(tmp_path, archive.marks, archive.content, options())
    build(tmp_path, archive.marks, archive.content, options())
    assert b"2026-01-23" in (tmp_path / "index.html").read_bytes()
    assert b"cs.SD" in (tmp_path / "categories.html").read_bytes()


def test_a_category_that_left_is_gone_though_the_build_was_stopped(tmp_path, monkeypatch):
    archive = Archive(d0123=[entry(1), entry(2, categories=("cs.LG",))])
    build(tmp_path, archive.marks, archive.content, options())
    archive.days["2026-01-23"] = [entry(1)]

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("digest.site.build._Site._write_month_lists", stop)
        build(tmp_path, archive.marks, archive.content, options())
    build(tmp_path, archive.marks, archive.content, options())
    assert not (tmp_path / category_url("cs.LG")).exists()


def test_what_was_dropped_is_named_by_its_reason_alone(tmp_path):
    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options())
    page = (tmp_path / "2026-01-23" / "2601.00001v1.html").read_text()
    assert "number 12" in page
    assert "错的。" not in page


def test_a_licence_is_named_and_linked(tmp_path):
    free = entry(1, licence="http://creativecommons.org/licenses/by/4.0/")
    archive = Archive(d0123=[free])
    build(tmp_path, archive.marks, archive.content, options())
    page = (tmp_path / "2026-01-23" / "2601.00001v1.html").read_text()
    assert '<a href="http://creativecommons.org/licenses/by/4.0/"' in page
    assert ">CC BY 4.0</a>" in page


def test_names_of_categories_do_not_meet(tmp_path):
    archive = Archive(d0123=[entry(1), entry(2, categories=("cs.SD-2026-01", "CS.sd"))])
    build(tmp_path, archive.marks, archive.content, options())
    names = [path.name for path in (tmp_path / "category").iterdir()]
    assert len({name.lower() for name in names}) == 3
    assert b"2601.00001v1" in (tmp_path / category_url("cs.SD", "2026-01")).read_bytes()


def test_traditional_characters_where_they_were_asked_for(tmp_path):
    asked = replace(entry(1), translation=replace(entry(1).translation, target="zh-Hant"))
    archive = Archive(d0123=[asked])
    build(tmp_path, archive.marks, archive.content, options())
    page = (tmp_path / "2026-01-23" / "2601.00001v1.html").read_text()
    assert "誤差降低 <mark>9.3%</mark>" in page


HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">{{ 7*7 }}'


def test_hostile_text_is_text(tmp_path):
    bad = entry(1, title=HOSTILE, categories=("../../x", "cs.SD"))
    claim = Claim(HOSTILE, HOSTILE, (Evidence("sentence", "s1", 1, HOSTILE),), "verified")
    reading = Breakdown((claim,), (), (), "full", (Dropped(HOSTILE, HOSTILE),), BY)
    archive = Archive(d0123=[replace(bad, breakdown=reading)])
    build(tmp_path / "site", archive.marks, archive.content, options(draw=None))
    for name, data in files(tmp_path / "site").items():
        if name.endswith(".html"):
            assert b"<img" not in data, name
            assert b"<script>alert" not in data, name
            assert b"</script><script>" not in data, name
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    page = (tmp_path / "site" / "2026-01-23" / "2601.00001v1.html").read_bytes()
    [quote] = evidence(page)["claims"]["c1"]
    assert "".join(piece for piece, _ in quote["parts"]) == HOSTILE


def test_a_paper_of_which_nothing_is_known_has_a_page(tmp_path):
    bare = Entry(Paper(ArxivId.parse("2601.00001v1")), None, None, None, ("pdf",))
    archive = Archive(d0123=[bare])
    build(tmp_path, archive.marks, archive.content, options())
    page = (tmp_path / "2026-01-23" / "2601.00001v1.html").read_text()
    assert "无解读" in page
    assert "PDF 暂未取得" in page


def test_no_page_asks_another_host(tmp_path):
    archive = Archive(d0123=[entry(1)])
    build(tmp_path, archive.marks, archive.content, options())
    for name, data in files(tmp_path).items():
        loaded = re.findall(rb'(?:src|action)="([^"]*)"|<link[^>]*href="([^"]*)"', data)
        assert not any(b"//" in part for pair in loaded for part in pair), name
        assert not re.search(rb"url\(\s*[\"']?(?:https?:)?//", data), name
