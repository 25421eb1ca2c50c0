import pytest

from digest.words.metrics import foreign_metrics, metrics


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It is correct in 94% of the cases.", "准确率达到 94%。"),
        ("The WER falls to 5.5%.", "词错误率降至 5.5%。"),
        ("A standard deviation of 0.3 was seen.", "标准差为 0.3。"),
        ("It took 12 s per paper.", "每篇论文耗时 12 秒。"),
    ],
)
def test_a_measure_that_the_source_calls_otherwise_is_backed(source, target):
    assert foreign_metrics(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "named"),
    [
        ("The recall is 94%.", "准确率为 94%。", "准确率"),
        ("The accuracy is 94%.", "召回率为 94%。", "召回率"),
        ("It reaches 12.3 on the test set.", "困惑度为 12.3。", "困惑度"),
    ],
)
def test_a_measure_that_the_source_does_not_have_is_named(source, target, named):
    assert foreign_metrics(source, target) == [named]


def test_the_measures_of_a_text_are_each_named_once():
    found = metrics("准确率为 94%，另一准确率为 95%，召回率为 90%。")
    assert [m.name for m in found] == ["accuracy", "recall"]
