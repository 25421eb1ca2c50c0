"""Numbers, names, math, addresses and claims, in English and Chinese."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.words import atoms


def _read(text: str) -> list[tuple[Decimal, str]]:
    return [(number.value, number.unit) for number in atoms.numbers(text) if number.hard]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("up to 27%", "27", "%"),
        ("27％", "27", "%"),
        (r"9.32\%", "9.32", "%"),
        (r"$98.3\%$", "98.3", "%"),
        ("百分之27", "27", "%"),
        ("百分之二十七", "27", "%"),
        ("5 percentage points", "5", "pp"),
        ("5 个百分点", "5", "pp"),
        ("at -10 dB", "-10", "dB"),
        ("为−10 分贝", "-10", "dB"),
        ("负 10 dB", "-10", "dB"),
        ("12 毫秒", "12", "ms"),
        ("2.3x faster", "2.3", "x"),
        ("快 2.3 倍", "2.3", "x"),
        (r"$2.3\times$", "2.3", "x"),
        ("a 24-hour run", "24", "h"),
        ("16kHz", "16", "kHz"),
        ("1,000 samples", "1000", ""),
        ("51k posts", "51000", ""),
        ("100 B parameters", "1E+11", ""),
        ("100 billion", "1E+11", ""),
        ("1000亿", "1E+11", ""),
        ("一千亿", "1E+11", ""),
        ("1.5 万小时", "15000", "h"),
        ("1e-4", "0.0001", ""),
        ("$10^{-4}$", "0.0001", ""),
        ("10−4", "0.0001", ""),
        ("10⁻⁴", "0.0001", ""),
        (r"5\times10^{-4}", "0.0005", ""),
        ("n=2", "2", ""),
        ("９９．５", "99.5", ""),
        ("二十七", "27", ""),
        ("the 21st", "21", ""),
    ],
)
def test_a_number_has_one_value_and_unit(text: str, value: str, unit: str) -> None:
    assert _read(text) == [(Decimal(value), unit)]


def test_a_range_is_two_numbers() -> None:
    assert _read("3-5%") == [(Decimal(3), "%"), (Decimal(5), "%")]
    assert _read("between 30 and 43 percent") == [(Decimal(30), "%"), (Decimal(43), "%")]
    assert _read("4--8") == [(Decimal(4), ""), (Decimal(8), "")]
    assert _read("16x16") == [(Decimal(16), ""), (Decimal(16), "")]


@pytest.mark.parametrize(
    "text",
    [
        "MP3",
        "3D",
        "Qwen2.5-7B",
        "GPT-4",
        "wav2vec",
        "三个数据集",
        "一种",
        "three",
        "1.2.3",
        "1) a, (2) b",
    ],
)
def test_names_and_words_are_not_hard(text: str) -> None:
    assert _read(text) == []


def test_spans_point_at_the_text_as_written() -> None:
    text = "达到９９．６３％，比 -10 dB 好"
    assert [text[n.start : n.end] for n in atoms.numbers(text)] == ["９９．６３％", "-10 dB"]
    assert [n.text for n in atoms.numbers(text)] == ["９９．６３％", "-10 dB"]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("drops of 27%", "下降 27%"),
        ("100B parameters", "1000 亿参数"),
        ("three datasets", "3 个数据集"),
        ("twelve tasks", "十二项任务"),
        ("dropped by 5%", "变化为 -5%"),
        ("in January 2026", "2026 年 1 月"),
        ("half of them", "其中 50%"),
        ("the 2010s", "2010 年代"),
        ("in the 1970s", "20 世纪 70 年代"),
        ("for two decades", "20 年来"),
        ("sixteenth notes", "十六分音符"),
        ("more than 1.5 million hours", "超过 150 万小时"),
    ],
)
def test_what_means_the_same_is_backed(source: str, target: str) -> None:
    assert atoms.missing_numbers(source, target) == []
    assert atoms.extra_numbers(source, target) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("100B parameters", "100 亿参数"),
        ("27%", "72%"),
        ("5 percentage points", "5%"),
        ("5 ms", "5 秒"),
        ("at -10 dB", "在 10 dB"),
    ],
)
def test_a_changed_number_is_missing_and_extra(source: str, target: str) -> None:
    assert len(atoms.missing_numbers(source, target)) == 1
    assert len(atoms.extra_numbers(source, target)) == 1


def test_a_number_may_gain_its_unit() -> None:
    assert atoms.extra_numbers("WER 5.2", "词错误率为 5.2%") == []


@pytest.mark.parametrize(
    ("source", "target", "extra"),
    [
        # A Han numeral before a unit is a figure.
        ("2x faster", "快十倍", "十倍"),
        ("2x faster", "速度的三倍", "三倍"),
        ("a gain of 3 dB", "提升五分贝", "五分贝"),
        ("by 2 percentage points", "提升三个百分点", "三个百分点"),
        ("over 3 days", "历时五天", "五天"),
        # Labels and citations are no evidence for a figure.
        ("Table 3 shows a gain of 1.5 dB", "提升 3 dB", "3 dB"),
        ("Tab. 3 shows a gain of 1.5 dB", "共 3 个数据集", "3"),
        ("Figs. 2 and 4 show a gain of 1.5 dB", "提升 4 dB", "4 dB"),
        ("Eq. (3) and a gain", "共 3 种", "3"),
        ("in Section 4.2 we gain 1.5 dB", "提升 4.2 dB", "4.2 dB"),
        ("§3 and Theorem 5 gain 1.5 dB", "提升 5 dB", "5 dB"),
        ("by Algorithm 2 or Appendix B.5", "提升 2 dB", "2 dB"),
        ("a gain of 1.5 dB [12]", "提升 12 dB", "12 dB"),
        ("a gain of 1.5 dB [3, 7]", "提升 7 dB", "7 dB"),
        ("a gain of 1.5 dB [3-5]", "提升 5 dB", "5 dB"),
        # Nor are parts of names, articles and ordinals for one with a unit.
        ("GPT-4 lowers it by 7%", "GPT-4 降低 4%", "4%"),
        ("in a second experiment by 7%", "降低 1%", "1%"),
        ("in a second experiment by 7%", "降低 2 个百分点", "2 个百分点"),
        ("in the 2nd test by 7%", "降低 2%", "2%"),
        ("the error of a baseline by half", "降低 1%", "1%"),
        # A unit is not another unit.
        ("for 3 days on 8 GPUs", "在 8 块显卡上训练 3 周", "3 周"),
        ("in 3 weeks", "3 个月内", "3 个月"),
        ("in 3 hours", "3 年内", "3 年"),
        ("in 30 seconds", "30 分钟内", "30 分钟"),
        ("三天", "in 3 weeks", "3 weeks"),
    ],
)
def test_what_only_looks_the_same_backs_nothing(source: str, target: str, extra: str) -> None:
    assert [number.text for number in atoms.extra_numbers(source, target)] == [extra]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("three datasets of two kinds", "两种共三个数据集"),
        ("see Table 3, Fig. 2 and [12]", "见表 3、图 2 与 [12]"),
        ("as in Section 3", "如第 3 节所述"),
        ("values in [0, 1]", "取值在 0 到 1 之间"),
        ("doubled", "提高了 100%，是原来的两倍"),
        ("a factor of two", "2 倍"),
        ("a tenfold gain", "提升十倍"),
        ("two seconds", "两秒"),
        ("three weeks", "3 个星期"),
        ("half a day, an hour and a year", "1 小时与 1 年"),
        ("five to ten percent", "5% 到 10%"),
        ("1.7 million in four years", "四年 170 万"),
        ("on September 3rd, 2004", "2004 年 9 月 3 日"),
        ("in its third year", "第 3 年"),
        ("over 2,000 years", "2000 年间"),
        ("a 12-month study of 16-year-olds", "对 16 岁者为期 12 个月的研究"),
        ("gap 5.2, 6.1 and 7.3", "差距为 6.1%"),
        ("over the last decades", "数十年来"),
        ("in one day", "一天之内"),
        ("published 3 papers", "发表 3 篇论文"),
    ],
)
def test_units_and_references_that_agree_are_backed(source: str, target: str) -> None:
    assert atoms.extra_numbers(source, target) == []


def test_where_a_number_stands_is_its_role() -> None:
    read = [(n.text, n.role) for n in atoms.numbers("Figures 2 and 3 of the 21st, 5 [7]") if n.hard]
    assert read == [
        ("2", "reference"), ("3", "reference"), ("21st", "ordinal"), ("5", "figure"),
        ("7", "reference"),
    ]  # fmt: skip


@given(st.integers(0, 10**9))
def test_thousands_commas_do_not_matter(value: int) -> None:
    assert atoms.missing_numbers(f"{value:,} hours", f"共 {value} 小时") == []


@given(st.decimals(0, 1000, places=2), st.sampled_from(["%", " dB", " ms", ""]))
def test_a_number_backs_itself(value: Decimal, unit: str) -> None:
    assert atoms.missing_numbers(f"about {value}{unit}", f"约 {value}{unit}") == []


@given(st.integers(1, 9999))
def test_chinese_multipliers_match_english_ones(value: int) -> None:
    assert atoms.missing_numbers(f"{value}M", f"{value * 100} 万") == []
    assert atoms.missing_numbers(f"{value} billion", f"{value}0 亿") == []


@given(st.text(alphabet="a1 .,-%三十万$^{}x²₂亿GB\\", max_size=30))
def test_any_text_has_numbers_with_true_spans(text: str) -> None:
    for number in atoms.numbers(text):
        assert text[number.start : number.end] == number.text
    assert atoms.missing_numbers(text, text) == []


def test_names_are_told_by_their_form() -> None:
    text = (
        "The WER of LLaMA-based models on LibriSpeech with wav2vec 2.0, Qwen2-0.5B, GPT-4, "
        "U-Net, non-IID data, 3D audio, top-5 at 16kHz, State-of-the-Art."
    )
    assert atoms.names(text) == [
        "WER", "LLaMA", "LibriSpeech", "wav2vec", "Qwen2-0.5B", "GPT-4", "U-Net", "IID", "3D",
    ]  # fmt: skip


def test_a_name_is_kept_whatever_its_form() -> None:
    assert atoms.missing_names("GPT-4, DNNs and LLMs", "GPT4、DNN 和大语言模型") == []
    assert atoms.missing_names("WER and PESQ", "WER") == ["PESQ"]
    assert atoms.missing_names("An AI", "Mainly") == ["AI"]


def test_an_invented_name_is_extra() -> None:
    source = "automatic speech recognition with transformers"
    assert atoms.extra_names(source, "自动语音识别（ASR）与 Transformer") == []
    assert atoms.extra_names(source, "基于 BERT 的 WER") == ["BERT", "WER"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a number that is large", "BERT"),
        ("a model on speech data", "MOS"),
        ("speech of many", "SOM"),
        ("only RoBERTa", "BERT"),
        ("large data", "LD"),
    ],
)
def test_letters_of_other_words_make_no_name(source: str, name: str) -> None:
    assert atoms.extra_names(source, f"基于 {name} 的方法") == [name]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("trained on Open SLR data", "OpenSLR"),
        ("the mean opinion score", "MOS"),
        ("the mean of the opinion scores", "MOS"),
        ("a text-to-speech model", "TTS"),
        ("state-of-the-art results", "SOTA"),
        ("a signal-to-noise ratio", "SNR"),
        ("with language models", "LM"),
        ("large language models", "LLMs"),
        ("the k-NN search", "kNN"),
        ("on VoxCeleb1", "VoxCeleb"),
        ("by prompting", "prompt"),
    ],
)
def test_words_may_be_joined_or_abbreviated(source: str, name: str) -> None:
    assert atoms.extra_names(source, f"基于 {name} 的方法") == []


def test_math_is_what_is_not_a_plain_number() -> None:
    text = r"from $5 to $10, $x_1$ with $98\%$, \(a+b\) and \alpha{x} by Fran\c{c}ois"
    assert atoms.maths(text) == ["$x_1$", r"\(a+b\)", r"\alpha{x}"]


def test_math_may_lose_its_spaces_but_not_its_form() -> None:
    source = r"for $\rho < \frac{1}{L}$ and $n$"
    assert atoms.missing_maths(source, r"设 $\rho<\frac{1}{L}$ 与 n") == []
    assert atoms.missing_maths(source, r"设 \rho<\frac{1}{L} 与 n") == [r"$\rho < \frac{1}{L}$"]
    assert atoms.extra_maths(source, r"设 $\rho > 1$") == [r"$\rho > 1$"]


def test_addresses_end_before_their_punctuation() -> None:
    text = "See https://github.com/a/b_c. Also (https://x.org/y)，或 github.com/foo/bar。"
    found = ["https://github.com/a/b_c", "https://x.org/y", "github.com/foo/bar"]
    assert atoms.urls(text) == found
    assert atoms.missing_urls(text, "https://x.org/y") == [found[0], found[2]]
    assert atoms.extra_urls("none", "见 www.a.com") == ["www.a.com"]
