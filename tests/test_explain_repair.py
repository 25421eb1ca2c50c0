import pytest

from digest.explain.repair import cut, normalise, reattribute, without_subject
from digest.explain.verify import faults
from tests.conftest import document


@pytest.mark.parametrize(
    ("answer", "bullet"),
    [
        ("- 模型参数量为1.64k", "模型参数量为 1.64k。"),
        ("要点：我们提出了DLD。\n\n解释：……", "论文提出了 DLD。"),
        ("“该方法降低了误差。”", "该方法降低了误差。"),
        ("我们展示了我们的方法。", "论文展示了其方法。"),
        ("", ""),
    ],
)
def test_an_answer_becomes_one_bullet(answer, bullet):
    assert normalise(answer) == bullet


def test_normalising_again_changes_nothing():
    once = normalise("1. 在 -10 dB 下保持 94%,表现稳健;")
    assert normalise(once) == once


def test_an_opening_that_claims_authorship_is_cut():
    assert (
        without_subject("论文指出，序列模型已成功用于多种问题。") == "序列模型已成功用于多种问题。"
    )
    assert without_subject("论文提出了新方法。") == "论文提出了新方法。"


def test_a_number_is_found_in_the_sentence_beside():
    paper = document(
        "The proposed model is evaluated on clean speech data.",
        "There the accuracy of the model is 99.63% on average.",
    )
    bullet = "论文的模型在纯净语音上的准确率为 99.63%。"
    cited = paper.sentences[:1]
    found = faults(bullet, [cited[0].text])
    assert [str(fault) for fault in found] == ["number 99.63%", "metric 准确率"]
    assert reattribute(bullet, cited, paper.sentences, found) == paper.sentences


def test_a_number_that_is_nowhere_near_is_not_found():
    paper = document("The model is evaluated on speech.", "Nothing of the kind is said here.")
    bullet = "论文的模型准确率为 99.63%。"
    found = faults(bullet, [paper.sentences[0].text])
    assert reattribute(bullet, paper.sentences[:1], paper.sentences, found) is None


def test_a_faulty_clause_is_cut_and_the_rest_kept():
    evidence = ["Our model reaches an accuracy of 94% at -10 dB."]
    bullet = "论文的模型在 -10 dB 下达到 94% 的准确率，优于 MCUNet。"
    assert cut(bullet, evidence) == "论文的模型在 -10 dB 下达到 94% 的准确率。"


def test_no_cut_is_made_inside_brackets():
    bullet = "论文的模型相关系数为 0.83（95% CI：[0.78, 0.87]，见表 2），而基线为 0.9。"
    evidence = ["Our model has a correlation of 0.83 (95% CI: [0.78, 0.87], see Table 2)."]
    assert cut(bullet, evidence) == "论文的模型相关系数为 0.83（95% CI：[0.78, 0.87]，见表 2）。"


def test_a_bullet_whose_first_clause_is_wrong_is_not_cut():
    assert cut("论文的模型达到 95% 的准确率，较为稳健。", ["Our model reaches 94%."]) is None


@pytest.mark.parametrize(
    ("answer", "bullet"),
    [
        ("此外，模型的误差下降。", "模型的误差下降。"),
        ("Surprisingly，两步方法更差。", "两步方法更差。"),
        ("这种方法 unfortunately 也很昂贵。", "这种方法也很昂贵。"),
        ("ID 嵌入模块（参见第 3.1 节和 4.3 节）接受 ID。", "ID 嵌入模块接受 ID。"),
        ("在本论文中，论文提出新方法。", "论文提出新方法。"),
        ("相关系数为 \\~0.97。", "相关系数为 ~0.97。"),
        ("将文本文件和脚本文件转换为音频。", "将文本文件和脚本文件转换为音频。"),
        ("我们的论文提出新方法。", "论文提出新方法。"),
        ("论文的方法优于其他论文的方法。", "论文的方法优于其他论文的方法。"),
        ("**论文**提出新方法。", "论文提出新方法。"),
        ("损失为[equation]，其中 p 是概率。", "损失为（公式略），其中 p 是概率。"),
        ("“宽网络”优于“深网络”", "“宽网络”优于“深网络”。"),
    ],
)
def test_what_leads_nowhere_is_left_out(answer, bullet):
    assert normalise(answer) == bullet
