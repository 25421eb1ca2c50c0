import pytest

from digest.errors import ConfigError
from digest.records import ArxivId, Paper
from digest.selection.rules import parse_rule, parse_rules
from digest.selection.wording import words

PAPER = Paper(
    ArxivId.parse("2601.16158v1"),
    title="Zero-Shot Voice Conversion: a Survey",
    authors=("Jane Q. Doe", "Jörg Müller", "Jean-Luc Martin"),
    abstract=r"Voice conversion by tokenizers, $\beta$-VAEs, C++ and Schr\"odinger bridges.",
    categories=("cs.SD", "eess.AS", "cs.LG"),
    comments="Accepted at Interspeech 2026",
)


@pytest.mark.parametrize(
    "source",
    [
        "voice conversion",
        "VOICE-conversion",
        "keyword:zero shot",
        "keyword: survey",
        'keyword:"voice conversion"',
        "title:survey",
        "abstract:C++",
        "schrödinger bridge*",
        "tokeni*",
        "author:doe",
        "author:Jane Doe",
        "author:Doe, Jane",
        "author:J. Doe",
        "author:muller",
        "author:Jean Luc Martin",
        "category:eess.AS",
        "category:cs.*",
        "category:CS.lg",
        "primary:cs.SD",
        "comments:interspeech 2026",
        "Title:Survey",
    ],
)
def test_a_rule_finds_the_paper(source):
    assert parse_rule(source, "include").matches(PAPER)


@pytest.mark.parametrize(
    "source",
    [
        "voice conversions",
        "conversion voice",
        "conversion a survey with",  # the title does not run on into the abstract
        "surve",
        "abstract:survey",
        "author:Doe Jane",
        "author:Jane Martin",  # two people
        "author:K. Doe",
        "category:cs",
        "category:cs.S",
        "primary:eess.AS",
        "c",
        "2026",
    ],
)
def test_a_rule_passes_the_paper_by(source):
    assert not parse_rule(source, "include").matches(PAPER)


def test_words_are_folded():
    assert words(r"Schr\"odinger--Ba{\~n}os, C++ & ﬁne É") == [
        "schrodinger",
        "banos",
        "c++",
        "fine",
        "e",
    ]


@pytest.mark.parametrize(
    ("source", "text", "weight"),
    [
        ("diffusion 2.0", "diffusion", 2.0),
        ("keyword:diffusion", "diffusion", 1.0),
        ("author:Jane Doe -1.5", "Jane Doe", -1.5),
        ('keyword:"llama 2"', "llama 2", 1.0),
        ('keyword:"llama 2" 0.5', "llama 2", 0.5),
        ('"wav2vec: revisited" 3', "wav2vec: revisited", 3.0),
    ],
)
def test_a_boost_ends_in_its_weight(source, text, weight):
    rule = parse_rule(source, "boost")
    assert (rule.text, rule.weight) == (text, weight)


def test_only_a_boost_has_a_weight():
    assert parse_rule("llama 2", "include").text == "llama 2"


@pytest.mark.parametrize(
    ("where", "source", "message", "hint"),
    [
        ("include", "titel:x", "include: 'titel:x' has no known field", "did you mean title:?"),
        ("exclude", "a: b", "exclude: 'a: b' has no known field", "double quotes"),
        ("include", "title:", "include: 'title:' names no words", "write FIELD:WORDS"),
        ("include", " ", "include: ' ' names no words", "write FIELD:WORDS"),
        ("include", "category:*", "include: 'category:*' names no words", "write FIELD:WORDS"),
        ("boost", "x 0", "boost: 'x 0' has the weight 0", "a weight is -100 to 100 and not 0"),
        ("boost", "x 1000", "boost: 'x 1000' has the weight 1000", "not 0"),
        ("boost", '"x" y', "boost: '\"x\" y' goes on after its quotes", "only a weight"),
        ("include", '"x" 2', "include: '\"x\" 2' goes on after its quotes", "one rule for each"),
    ],
)
def test_a_bad_rule_is_named_with_its_cure(where, source, message, hint):
    with pytest.raises(ConfigError) as caught:
        parse_rule(source, where)
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_an_exclusion_wins_and_the_reason_names_it():
    rules = parse_rules(include=["voice conversion"], exclude=["author:Nobody", "title:survey"])
    assert rules.refusal(PAPER) == "排除规则 “title:survey”"


def test_what_no_rule_includes_is_left_out():
    assert parse_rules(include=["category:cs.CL"]).refusal(PAPER) == "不符合任何收录规则"
    assert parse_rules(include=["category:cs.CL", "category:cs.SD"]).refusal(PAPER) is None
    assert parse_rules().refusal(PAPER) is None


def test_boosts_add_up():
    rules = parse_rules(boost=["voice conversion 2", "author:Doe -0.5", "diffusion 7"])
    assert rules.weight(PAPER) == 1.5
