"""What of a text's spelling does not count."""

from digest.words.folding import simplified


def test_every_traditional_character_has_one_simplified_form():
    table = simplified()
    assert (table["語"], table["轉"]) == ("语", "转")
    assert all(len(old) == len(new) == 1 for old, new in table.items())
    assert not set(table) & set(table.values())
