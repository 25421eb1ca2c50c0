"""The search of a site, in node: the script that pages load, over an index on the disk."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from digest.site.index import Item, update
from digest.words.folding import simplified
from tests.test_site_tokens import CUT

NODE = shutil.which("node")
PAGE = Path(__file__).with_name("searching.js")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run(*steps, base=""):
    """The answers of a page that goes through these steps."""
    asked = json.dumps({"base": f"{base}/", "steps": [list(step) for step in steps]})
    done = subprocess.run([NODE, PAGE], input=asked, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def item(number, date, title, text, translated=""):
    return Item(f"{date}-{number}", date, f"papers/{number}.html", title, translated, text)


DAYS = {
    "2025-11-03": [
        item(1, "2025-11-03", "Speech at last", "Voice conversion with wav2vec 2.0.\n语音转换很难"),
        item(2, "2025-11-03", "Noise", "We convert a voice. 语音识别，转换，音转。"),
    ],
    "2026-01-02": [
        item(3, "2026-01-02", "A voice", "GPT-4 of Grégoire Müller", "声音"),
        item(4, "2026-01-02", "Music", "GPT4o models, conversion of voice and voice and voice"),
    ],
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "search"
    update(folder, DAYS)
    return folder


def ids(answer):
    return [result["id"] for result in answer["results"]]


def test_queries_are_cut_as_the_index_is():
    table = "".join(old + new for old, new in simplified().items())
    answers = run(("simplify", table), *(("terms", text) for text, _ in CUT))
    assert [sorted(answer) for answer in answers[1:]] == [sorted(cut) for _, cut in CUT]


def test_what_a_query_needs():
    queries = [
        "voice conv",
        "GPT-4 ",
        "text-to-speech",
        "wav2vec2-large-960h ",
        "k-means ",
        "语音转换",
        "音",
    ]
    needs = run(*(("parse", query) for query in queries))
    assert [[need["term"] for need in found] for found in needs] == [
        ["voice", "conv"],
        ["gpt4"],
        ["text", "to", "speech"],
        ["wav2vec2large", "large960h"],
        ["kmean"],
        ["语音", "音转", "转换"],
        ["音"],
    ]
    assert [need["prefix"] for need in needs[0]] == [None, "conv"]
    assert [need["prefix"] for need in needs[2]] == [None, None, "speech"]
    assert [need["prefix"] for need in needs[5]] == [None, None, None]


def test_titles_first_then_often_then_newer(base):
    found = run(("open",), ("query", "voice "), base=base)[1]
    assert (found["total"], found["exact"]) == (4, True)
    assert ids(found) == ["2026-01-02-3", "2026-01-02-4", "2025-11-03-1", "2025-11-03-2"]
    first = found["results"][0]
    assert (first["title"], first["translatedTitle"]) == ("A voice", "声音")
    assert (first["url"], first["date"]) == ("papers/3.html", "2026-01-02")
    assert first["titleParts"] == [{"text": "A ", "hit": False}, {"text": "voice", "hit": True}]


def test_all_words_must_occur_and_the_last_may_be_unfinished(base):
    answers = run(
        ("open",),
        ("query", "voice conv"),
        ("query", "voice conv "),
        ("query", "muller gregoire"),
        ("query", "gpt-4"),
        ("query", "gpt-4 "),
        ("query", "nothing voice"),
        ("query", "constructor"),
        ("query", "…"),
        base=base,
    )[1:]
    assert [set(ids(answer)) for answer in answers] == [
        {"2025-11-03-1", "2025-11-03-2", "2026-01-02-4"},
        set(),
        {"2026-01-02-3"},
        {"2026-01-02-3", "2026-01-02-4"},
        {"2026-01-02-3"},
        set(),
        set(),
        set(),
    ]


def test_one_or_two_letters_of_a_next_word_only_move_papers_up(base):
    answers = run(("open",), ("query", "voice gp"), ("query", "voice a"), ("query", "a"), base=base)
    assert [answer["total"] for answer in answers[1:]] == [4, 4, 2]
    assert ids(answers[2])[:2] == ["2026-01-02-3", "2025-11-03-2"]


def test_a_whole_chinese_phrase_comes_before_its_pieces(base):
    found = run(("open",), ("query", "语音转换"), ("query", "語音轉換"), base=base)[1:]
    assert ids(found[0]) == ["2025-11-03-1", "2025-11-03-2"]
    assert ids(found[1]) == ids(found[0])
    assert not found[0]["exact"]
    parts = found[0]["results"][0]["snippet"]
    assert [part["text"] for part in parts if part["hit"]] == ["语音转换"]


def test_a_phrase_in_quotes_must_hold(base):
    answers = run(
        ("open",),
        ("query", '"voice conversion"'),
        ("query", "“语音转换”"),
        ("query", '"conversion" "a voice"'),
        ("query", '"语音识别转换"'),
        base=base,
    )[1:]
    assert [ids(answer) for answer in answers] == [["2025-11-03-1"], ["2025-11-03-1"], [], []]
    assert [(answer["total"], answer["exact"]) for answer in answers[:2]] == [(1, True), (1, True)]


def test_hits_are_marked_as_they_are_written(tmp_path):
    text = "用GPT-4o。Studies, a study; 1,000 Müller's losses (wav2vec2.0) voices, invoice 语音音语"
    update(tmp_path, {"2026-01-02": [item(1, "2026-01-02", "T", text)]})
    queries = ["gpt-4", "study ", "1000 ", "müller ", "loss ", "wav2vec2.0 ", "voice ", "語音"]
    queries.append("音")
    answers = run(("open",), *(("query", query) for query in queries), base=tmp_path)[1:]
    marked = [answer["results"][0]["snippet"] for answer in answers]
    assert [[part["text"] for part in parts if part["hit"]] for parts in marked] == [
        ["GPT-4o"], ["Studies", "study"], ["1,000"], ["Müller"], ["losses"], ["wav2vec2.0"],
        ["voices"], ["语音"], ["音", "音"],
    ]  # fmt: skip
    assert all("".join(part["text"] for part in parts) == text for parts in marked)


def test_pages_of_results(base):
    answers = run(
        ("open",), *(("query", "voice ", {"limit": 1, "offset": n}) for n in range(5)), base=base
    )[1:]
    assert [ids(answer) for answer in answers] == [
        ["2026-01-02-3"], ["2026-01-02-4"], ["2025-11-03-1"], ["2025-11-03-2"], []
    ]  # fmt: skip


def test_a_newer_query_ends_an_older_one(base):
    assert run(("open",), ("race", ["voice", "语音", "music "]), base=base)[1] == [
        "AbortError", "AbortError", 1
    ]  # fmt: skip


def test_few_files_are_loaded_and_none_twice(base):
    answers = run(
        ("open",),
        ("loads",),
        ("query", "voice "),
        ("loads",),
        ("query", "voice "),
        ("loads",),
        base=base,
    )
    assert [name.split("-")[0] for name in answers[1]] == ["manifest.js", "han"]
    assert len(answers[3]) == 2 + 4  # a part of each segment, the texts of four papers
    assert answers[5] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "missing"), ('DigestSearch.take("index', "damaged"), ("NAME", "damaged")],
    ids=["missing", "cut off", "of another kind"],
)
def test_a_shard_that_is_not_right_is_named(tmp_path, content, said):
    update(tmp_path, DAYS)
    [path] = tmp_path.glob("index/2026-01-*/0.js")
    name = path.relative_to(tmp_path).as_posix()
    path.unlink()
    if content is not None:
        path.write_text(content.replace("NAME", f'DigestSearch.take("{name}", 7);'))
    found = run(("open",), ("query", "voice "), base=tmp_path)[1]
    assert f"{name} is {said}" in found["error"]


def test_no_index_is_said(tmp_path):
    assert "manifest.js is missing" in run(("open",), base=tmp_path)[0]["error"]
    (tmp_path / "manifest.js").write_text('DigestSearch.take("manifest.js", {});')
    assert "manifest.js is damaged" in run(("open",), base=tmp_path)[0]["error"]


def test_an_index_without_papers_finds_none(tmp_path):
    update(tmp_path, {})
    assert run(("open",), ("query", "voice"), base=tmp_path)[1]["total"] == 0


def test_a_snippet_is_short_and_holds_the_terms(tmp_path):
    text = "filler 填充 " * 300 + "then the 关键词 is here, <b>said</b> " + "x" * 5000
    update(tmp_path, {"2026-01-02": [item(1, "2026-01-02", "T", text)]})
    parts = run(("open",), ("query", "关键词 said "), base=tmp_path)[1]["results"][0]["snippet"]
    shown = "".join(part["text"] for part in parts)
    assert len(shown) <= 122
    assert "关键词 is here, <b>said</b>" in shown
    assert shown[0] == shown[-1] == "…"
    assert "said" in [part["text"] for part in parts if part["hit"]]
