import pytest

from digest.store.matching import Term, marks, passage, terms, units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Speech Recognition", "speech recognition"),
        ("语音识别", "语音 音识 识别 别"),
        ("用CTranslate2解码", "用 ctranslate2 解码 码"),
        ("GPT-4 在 9.3% 处，好", "gpt 4 在 9 3 处 好"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("Grégoire ΣΟΦΟΣ 語言", "gregoire σοφοσ 语言 言"),
        ("…", ""),
    ],
)
def test_texts_are_cut_into_words_and_pairs_of_characters(text, expected):
    assert units(text) == expected


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (Term("transform"), '"transform" *'),
        (Term("an"), '"an"'),
        (Term("speech recognition", exact=True), '"speech recognition"'),
        (Term("语音识别"), '"语音 音识 识别"'),
        (Term("语"), '"语" *'),
        (Term("GPT-4"), '"gpt 4"'),
        (Term('a" OR title:"b'), '"a or title b"'),  # no operator of FTS5 gets through
        (Term("*"), ""),
    ],
)
def test_a_term_in_the_indexs_own_language(term, expected):
    assert term.match() == expected


def test_what_the_shell_had_in_quotes_is_a_phrase():
    assert terms(["speech recognition", "语音", '"asr"', " "]) == (
        Term("speech recognition", exact=True),
        Term("语音"),
        Term("asr", exact=True),
    )


def test_hits_are_marked_in_the_text_as_it_stands():
    text = "Speech-Recognition is not mispeech recognition；语音识别与语音"
    found = marks(text, terms(["speech recognition", "语音"]))
    assert [text[start:end] for start, end in found] == ["Speech-Recognition", "语音", "语音"]


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("語言", "大语言模型", ["语言"]),
        ("语言", "大語言模型", ["語言"]),
        ("gregoire", "by Grégoire and Gre\u0301goire", ["Grégoire", "Gre\u0301goire"]),
        ("Grégoire", "by Gregoire", ["Gregoire"]),
        ("fine", "ﬁne ＦＩＮＥ", ["ﬁne", "ＦＩＮＥ"]),
        ("f", "ﬁne", ["ﬁ"]),
        ("cafe", "cafe\u0301", ["cafe\u0301"]),
        ("soft", "so\u00adft", ["so\u00adft"]),
        ("gpt", "用GPT做", ["GPT"]),
    ],
)
def test_what_spelling_alone_decides_does_not_count(word, text, expected):
    wanted = terms([word])
    assert [text[start:end] for start, end in marks(text, wanted)] == expected
    held = passage([("claim", text)], wanted)
    assert [held.text[start:end] for start, end in held.marks] == expected


def test_a_passage_is_cut_around_the_text_that_holds_most():
    long = "x " * 200 + "the noise floor of speech" + " y" * 200
    texts = [("claim", "只有 speech"), ("abstract", long)]
    found = passage(texts, terms(["noise", "speech"]))
    assert found.kind == "abstract"
    assert found.text.startswith("…x x") and found.text.endswith("y…")
    assert [found.text[start:end] for start, end in found.marks] == ["noise", "speech"]
    assert len(found.text) <= 162
    assert passage(texts, terms(["nowhere"])) is None


def test_a_passage_of_wide_characters_is_as_wide_not_as_long():
    found = passage([("claim", "甲" * 100 + "语音" + "乙" * 100)], terms(["语音"]))
    assert found.text == "…" + "甲" * 20 + "语音" + "乙" * 58 + "…"


def test_a_passage_begins_with_a_whole_word():
    text = "Portability of documents stores only glyphs and their places"
    found = passage([("abstract", text + ", never layout.")], terms(["layout"]))
    assert found.text == "…only glyphs and their places, never layout."
