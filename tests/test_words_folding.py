"""What of a text's spelling does not count."""

from digest.words.folding import fold, placed, simplified


def test_every_traditional_character_has_one_simplified_form():
    table = simplified()
    assert (table["語"], table["轉"]) == ("语", "转")
    assert all(len(old) == len(new) == 1 for old, new in table.items())
    assert not set(table) & set(table.values())


def test_each_folded_character_has_its_place():
    text = "ﬁ Gré 語\u200b言e\u0301!"
    folded, places = placed(text)
    assert folded == fold(text) == "fi gre 语言e!"
    assert places == [0, 0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12]
    assert placed("") == ("", [0])


def test_folding_a_character_alone_is_folding_it_in_its_word():
    for text in ("ΣΟΦΟΣ", "İstanbul", "ガイド", "한국어", "Ｆｕｌｌ", "q\u0323\u0307"):
        assert placed(text)[0] == fold(text)
