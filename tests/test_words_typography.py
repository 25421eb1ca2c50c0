"""Chinese typography: literal cases, idempotence, linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.words.typography import tidy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "在数据上达到99.63%的准确率,并在-10 dB信噪比 (SNR) 下超过94 %.",
            "在数据上达到 99.63% 的准确率，并在 -10 dB 信噪比（SNR）下超过 94%。",
        ),
        ("我们使用 BERT, GPT-4 和f(x)模型(CNN).", "我们使用 BERT, GPT-4 和 f(x)模型（CNN）。"),
        ("比例 : 3:1,共1,000个...", "比例：3:1，共 1,000 个……"),
        ('“ 中文 ”和"Latin"是"好"。。', "“中文”和“Latin”是“好”。"),
        (r"设$x_1,y$为 $\rho<1$,其中 n 足够大.", r"设 $x_1,y$ 为 $\rho<1$，其中 n 足够大。"),
        ("代码见https://github.com/a,b/c.", "代码见 https://github.com/a,b/c。"),
        ("用`a,b`运行,", "用 `a,b` 运行，"),
        ("Smith et al.提出了方法.", "Smith et al.提出了方法。"),
        ("1. 方法，，很好!! 对吗?", "1. 方法，很好！对吗？"),
        ("我们 提出 了（ASR)方法", "我们提出了（ASR）方法"),
        ("ＷＥＲ为５．２％。", "WER 为 5.2%。"),
        ("训练-free的方法降到-5以下", "训练-free 的方法降到 -5 以下"),
        ("共１，０００个", "共 1,000 个"),
        ('Only  English, (as) "it" is.', 'Only English, (as) "it" is.'),
        ("第一行,\n\n第二行.", "第一行，\n\n第二行。"),
        ("价格$5,很低", "价格$5，很低"),
        ("所谓”静音“与”噪声“", "所谓“静音”与“噪声”"),
        ('他说:"很好', "他说：“很好"),
        ("方法 - 即编码器 -- 很快", "方法——即编码器——很快"),
        ("从 3 - 5 个，x - y 与 2019 – 2020 年", "从 3 - 5 个，x - y 与 2019 – 2020 年"),
        ("约翰•史密斯", "约翰·史密斯"),
        ("由 Acme Inc. 在此发布", "由 Acme Inc. 在此发布"),
        ("见白厅（Whitehall）,随后", "见白厅（Whitehall），随后"),
    ],
)
def test_tidy(text: str, expected: str) -> None:
    assert tidy(text) == expected


@given(
    st.text(
        alphabet='中文aB1 5,.;:!?()（），。；：！？、…"“”–—•%$\\`*-+@~x\n\ue000：．１Ａ',
        max_size=16,
    )
)
def test_a_second_pass_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(alphabet="中文，。a1$\\`{}_^ /:.", max_size=20))
def test_letters_and_digits_stay(text: str) -> None:
    def solid(text: str) -> str:
        return "".join(char for char in text if char.isalnum())

    assert solid(tidy(text)) == solid(text)


@pytest.mark.parametrize("piece", ["中(a", "\\(", "$ a", '"中', " .", ",a", "a.b", "a-", "…"])
def test_time_is_linear(piece: str) -> None:
    started = time.perf_counter()
    tidy(piece * 20_000 + "中")
    assert time.perf_counter() - started < 2
