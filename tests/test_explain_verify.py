import pytest

from digest.explain.verify import faults, parted, pieces
from digest.records import Evidence

SOURCE = "On LibriSpeech, our DLD lowers the WER by 9.32% with 1.64k parameters."


def kinds(bullet, source=SOURCE, **options):
    return [fault.kind for fault in faults(bullet, [source], **options)]


def test_a_faithful_bullet_has_no_fault():
    assert kinds("在 LibriSpeech 上，论文的 DLD 使 WER 降低 9.32%，参数量仅 1.64k。") == []


@pytest.mark.parametrize(
    ("bullet", "kind"),
    [
        ("在 LibriSpeech 上，DLD 使 WER 降低 9.35%。", "number"),
        ("在 TED-LIUM 上，DLD 使 WER 降低 9.32%。", "name"),
        ("在 LibriSpeech 上，DLD 使 WER 提高 9.32%。", "direction"),
        ("在 LibriSpeech 上，DLD 取得了最佳的 WER，降低 9.32%。", "superlative"),
        ("DLD lowers the WER by 9.32% on LibriSpeech.", "form"),
        ("在 LibriSpeech 上的词错误率降低，词错误率降低，词错误率降低，词错误率降低。", "form"),
        ("在 LibriSpeech 上，DLD 使 WER 降低 9.32 个百分点。", "number"),
        ("报告了 DLD 的误差比例，报告了 DLD 的误差比例。", "form"),
        ("在 LibriSpeech 上，DLD 使错误率 lowe 降低 9.32%。", "form"),
        ("在 LibriSpeech 上，DLD 使 WER 的 parameters 降低。", "english"),
        ("在 LibriSpeech 上，DLD 使错误率降低（达 9.32%。", "form"),
    ],
)
def test_what_the_evidence_does_not_hold_is_found(bullet, kind):
    assert kind in kinds(bullet)


def test_others_work_may_not_pass_for_this_papers():
    source = "Sequence models have been successfully applied to a wide variety of problems."
    assert kinds("论文提出的序列模型成功用于多种问题。", source) == ["subject"]
    assert kinds("序列模型已成功用于多种问题。", source) == []


def test_a_result_without_any_of_its_numbers_is_thin():
    assert kinds("论文的 DLD 在 LibriSpeech 上降低了 WER。", wants_numbers=True) == ["thin"]
    assert kinds("论文的 DLD 在 LibriSpeech 上降低了 WER。") == []


def test_only_soft_faults_may_be_published():
    thin = faults("论文的 DLD 在 LibriSpeech 上降低了 WER。", [SOURCE], wants_numbers=True)
    wrong = faults("论文的 DLD 使 WER 降低了 9.5%。", [SOURCE])
    assert [fault.hard for fault in thin] == [False]
    assert [fault.hard for fault in wrong] == [True]


def test_an_end_may_not_stand_before_its_beginning():
    source = "Our accuracy rises from 71.2% to 83.5%."
    assert kinds("论文的准确率从 71.2% 提高到 83.5%。", source) == []
    assert kinds("论文的准确率从 83.5% 提高到 71.2%。", source) == ["direction"]


def test_a_number_of_a_table_or_a_citation_backs_nothing():
    source = "Table 3 shows that our filter gains 1.5 dB over the baseline [12]."
    assert kinds("论文的滤波器比基线提高 1.5 dB。", source) == []
    assert kinds("论文的滤波器比基线提高 3 dB。", source) == ["number"]
    assert kinds("论文的滤波器比基线提高 12 dB。", source) == ["number"]


def test_a_value_belongs_to_a_name_of_any_form():
    rows = ["Model | WER | Conformer | 4.2", "Model | WER | Transformer | 5.1"]
    right = "（表 2，WER）：Conformer 4.2；Transformer 5.1"
    wrong = "（表 2，WER）：Conformer 5.1；Transformer 4.2"
    assert parted(right, rows) == []
    assert parted(wrong, rows) == ["5.1", "4.2"]


def test_a_second_row_of_headers_is_no_row_of_values():
    def row(number, quote):
        return Evidence("row", f"t1.r{number}", 1, quote)

    cited = [
        row(1, "Method | SNR | SNR"),
        row(2, " | 10 dB | 20 dB"),
        row(3, "ZetaNet | 75.0 | 80.1"),
    ]
    assert pieces(cited) == ["Method | SNR | SNR |  | 10 dB | 20 dB | ZetaNet | 75.0 | 80.1"]


@pytest.mark.parametrize(
    ("bullet", "source"),
    [
        (
            "内容创作者难以判断视频的质量。",
            "Content creators can hardly judge the quality.",
        ),
        ("模型读取文本文件和脚本文件。", "The model reads text files and script files."),
    ],
)
def test_words_that_hold_author_or_paper_are_no_subject(bullet, source):
    assert "subject" not in kinds(bullet, source)


def test_a_negation_that_the_evidence_lacks_is_found():
    source = "Including more data improves the accuracy of the input module under noise."
    assert "negation" in kinds("加入更多数据并不能提高输入模块在噪声下的准确率。", source)
    assert "negation" not in kinds("加入更多数据提高了输入模块在噪声下的准确率。", source)


@pytest.mark.parametrize(
    ("bullet", "source", "kind"),
    [
        ("深度层的卷积核大小为 7。", "The layers fc6 and fc7 have a 1-pixel kernel.", "number"),
        ("论文的 T5 模型在语料上训练并评估。", "Our BERT model is trained on the corpus.", "name"),
        (
            "结果见表 8，模型 w 为 8 时最好。",
            "Table 2 shows that our model is best with w = 8.",
            "number",
        ),
        ("评估指标为精确率，论文报告其值。", "Our evaluation metric is the accuracy.", "metric"),
        ("论文使用该曲线。术语的译名：曲线。", "We use the curve.", "form"),
    ],
)
def test_what_only_looks_backed_is_found(bullet, source, kind):
    assert kind in kinds(bullet, source)


def test_a_short_name_of_the_evidence_is_held():
    assert "name" not in kinds("论文的 T5 模型在语料上训练并评估。", "Our T5 model is trained.")
