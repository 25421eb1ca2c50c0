"""Each kind of translation model: its tokens, and what happens where the model has them not."""

import re

import pytest

from digest.engines.families import SOURCE, TARGET, Family, Vocabulary, find
from digest.errors import ConfigError, ModelError

NAMES = ("opus-mt", "nllb", "m2m-100", "madlad-400")


def every(family: Family) -> Vocabulary:
    return Vocabulary("/models/x/shared_vocabulary.json", frozenset(family.languages.values()))


@pytest.mark.parametrize(
    ("name", "before", "prefix"),
    [
        ("opus-mt", (">>cmn_Hans<<",), ()),
        ("nllb", ("eng_Latn",), ("zho_Hans",)),
        ("m2m-100", ("__en__",), ("__zh__",)),
        ("madlad-400", ("<2zh>",), ()),
    ],
)
def test_where_the_languages_stand(
    name: str, before: tuple[str, ...], prefix: tuple[str, ...]
) -> None:
    family = find(name)
    assert family.tokens(family.before, "en", "zh-Hans", every(family)) == before
    assert family.tokens(family.prefix, "en", "zh-Hans", every(family)) == prefix


@pytest.mark.parametrize("name", NAMES)
def test_languages_have_tokens_of_one_form(name: str) -> None:
    family = find(name)
    assert set(family.languages) >= {"zh-Hans", "ja", "ko", "de", "fr", "en"}
    assert all(family.pattern.fullmatch(token) for token in family.languages.values())
    assert len(set(family.languages.values())) == len(family.languages)


@pytest.mark.parametrize("name", NAMES)
def test_a_language_that_a_model_lacks(name: str) -> None:
    family = find(name)
    token = family.languages["zh-Hans"]
    vocabulary = Vocabulary("/models/x/vocabulary.json", every(family).tokens - {token})
    place = (family.before + family.prefix)[-1:]
    with pytest.raises(ModelError) as caught:
        family.tokens(place, "en", "zh-Hans", vocabulary)
    assert f"/models/x/vocabulary.json has no token {token} for zh-Hans; it has " in str(
        caught.value
    )
    assert family.languages["de"] in caught.value.message


def test_a_language_that_a_family_lacks() -> None:
    m2m = find("m2m-100")
    with pytest.raises(ConfigError, match="m2m-100 has no language 'zh-Hant'; it has zh-Hans, ja"):
        m2m.tokens((TARGET,), "en", "zh-Hant", every(m2m))
    with pytest.raises(ConfigError, match="has no language 'xx'"):
        m2m.tokens((SOURCE,), "xx", "de", every(m2m))


def test_a_bilingual_model_is_told_nothing() -> None:
    assert find("opus-mt").tokens((TARGET,), "en", "de", Vocabulary("v", frozenset("ab"))) == ()
    with pytest.raises(ModelError, match="it has none"):
        find("nllb").tokens((TARGET,), "en", "de", Vocabulary("v", frozenset("ab")))


def test_only_some_of_many_languages_are_shown() -> None:
    many = Vocabulary("v", frozenset(f"<2{a}{b}>" for a in "ab" for b in "abcdefgh"))
    with pytest.raises(ModelError, match=re.escape("<2bd>, ...")):
        find("madlad-400").tokens((TARGET,), "en", "de", many)


def test_an_unknown_family() -> None:
    with pytest.raises(ConfigError, match="unknown family 'marian'; known: opus-mt, nllb"):
        find("marian")
