"""The checkable atoms of English and Chinese text: numbers, names, math, addresses.

Pure text in, records out; a checker asks ``missing_*(source, target)`` for what the target lost
and ``extra_*(source, target)`` for what it made up. Both texts may be in either language.
Nothing here judges meaning: an atom that moved to another place in the sentence is not seen.
"""

from __future__ import annotations

import re
from functools import lru_cache

from digest.words.numbers import WEB_ADDRESS
from digest.words.numbers import Number as Number
from digest.words.numbers import extra_numbers as extra_numbers
from digest.words.numbers import missing_numbers as missing_numbers
from digest.words.numbers import numbers as numbers

_HAN = re.compile(r"[\u3400-\u9fff]")

# ---------------------------------------------------------------- math and addresses

_MATH = re.compile(
    r"\$\$[^$]+\$\$"
    r"|(?<!\\)\$(?=\S)[^$\n]*?(?<=[^\s\\])\$(?!\d)"  # pandoc's rule: "$5 to $10" is money
    r"|\\\((?:[^\\]|\\[^()])*\\\)"
    r"|\\\[(?:[^\\]|\\[^\[\]])*\\\]"
    # A bare command; not an accent (Fran\c{c}ois) or a change of type.
    r"|\\(?!(?:[bcdkrtuvH]|emph|text[a-z]+)\{)[A-Za-z]+(?:\{[^{}]*\})*"
)
# Math that only writes a number ($98.3\%$, $10^{-4}$): a translator may write it plainly.
_PLAIN_MATH = re.compile(r"(?:[\d.,+\-^{}\s~$()]|\\(?:%|times|,|sim|pm|approx|[()]))*")


def maths(text: str) -> list[str]:
    """Spans of LaTeX, delimiters included; those that only write a number are left out."""
    return list(_maths(text))


@lru_cache(maxsize=1024)  # checks ask for those of one sentence again and again
def _maths(text: str) -> tuple[str, ...]:
    found = _MATH.findall(text)
    return tuple(span for span in found if _PLAIN_MATH.fullmatch(span) is None)


_CODE = re.compile(r"(?<!`)`[^`'\n]+`(?!`)")  # no ``quotation''


def codes(text: str) -> list[str]:
    """Spans in backticks, with them."""
    return _CODE.findall(text)


def urls(text: str) -> list[str]:
    """Web addresses, DOIs and arXiv ids, without the punctuation that ends their sentence."""
    return [match[0].rstrip(".,;:!?*_") for match in WEB_ADDRESS.finditer(text)]


def missing_maths(source: str, target: str) -> list[str]:
    """Math of ``source`` that ``target`` lacks, white space aside."""
    squeezed = _squeeze_math(target)
    return [span for span in maths(source) if _math_form(span) not in squeezed]


def extra_maths(source: str, target: str) -> list[str]:
    """Math of ``target`` that ``source`` lacks, white space aside."""
    squeezed = _squeeze_math(source)
    return [span for span in maths(target) if _body(span) not in squeezed]


def missing_urls(source: str, target: str) -> list[str]:
    """Addresses of ``source`` that ``target`` lacks."""
    return [url for url in urls(source) if url not in target]


def extra_urls(source: str, target: str) -> list[str]:
    """Addresses of ``target`` that ``source`` lacks."""
    return [url for url in urls(target) if url not in source]


def _math_form(span: str) -> str:
    """What must be found: a simple variable may lose its dollars, a formula may not."""
    body = _body(span)
    return body if re.fullmatch(r"[A-Za-z0-9]+", body) else _squeeze_math(span)


def _body(span: str) -> str:
    return re.sub(r"^(?:\$\$?|\\[(\[])|(?:\$\$?|\\[)\]])$", "", _squeeze_math(span))


def _squeeze_math(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(" ", text)


# ---------------------------------------------------------------- names

_TOKEN = re.compile(r"(?<![A-Za-z0-9\\])[A-Za-z0-9]+(?:[-+./&][A-Za-z0-9]+)*")
_CAPITALS = re.compile(r"[A-Z].*[A-Z]|[a-z][A-Z]")
_PLAIN = re.compile(r"(?:[A-Z][a-z]+|[a-z]+)(?:[-+./&](?:[A-Z][a-z]+|[a-z]+))*")
_SYMBOLS = frozenset(
    ["Hz", "kHz", "MHz", "GHz", "dB", "ms", "KB", "MB", "GB", "TB", "km", "cm", "mm", "nm", "kg"]
)  # of units
_SHOUTING = re.compile(r"(?:\b[A-Z]{2,}\b[ ,]+){3,}[A-Z]{2,}\b")
_MEASURE = re.compile(
    r"[\d.]+(?:[kKMBTx]|[kmb]g|bn|[mb]illion|[ap]m|[kMG]?Hz|dB|ms|s|h|[KMGT]B|st|nd|rd|th|m|mm"
    r"|cm|km|nm)?"
)
_PERSON = re.compile(r"Mc[A-Z][a-z]+")  # McGregor is 麦格雷戈
# How these acronyms are commonly written out in Chinese; a target that does so has kept them.
_RENDERED = {
    "ai": "人工智能", "llm": "语言模型", "cnn": "卷积", "rnn": "循环神经", "dnn": "深度神经",
    "nn": "神经网络", "gnn": "图神经", "nlp": "自然语言", "ml": "机器学习", "rl": "强化学习",
    "dl": "深度学习", "3d": "三维", "2d": "二维", "1d": "一维", "gan": "生成对抗",
    "mlp": "多层感知",
    "asr": "语音识别", "tts": "语音合成", "snr": "信噪比", "wer": "词错误率", "gpu": "图形处理",
    "iot": "物联网", "it": "信息技术", "id": "身份|标识", "pc": "电脑|计算机", "os": "操作系统",
    "us": "美", "usa": "美国", "uk": "英", "eu": "欧", "un": "联合国", "qa": "问答",
    "cv": "计算机视觉",
    "vr": "虚拟现实", "ar": "增强现实", "covid-19": "新冠", "mri": "磁共振", "ct": "断层",
    "eeg": "脑电",
    "ecg": "心电", "icu": "重症", "hiv": "艾滋", "dna": "脱氧核糖", "tv": "电视|台",
    "ceo": "首席执行|总裁",
    "phd": "博士", "mp": "议员", "pm": "首相|总理", "cctv": "监控|闭路", "fbi": "联邦调查",
    "nato": "北约", "who": "世卫|世界卫生", "unesco": "教科文", "bbc": "英国广播",
    "opec": "欧佩克|石油输出国",
    "gop": "共和党", "dc": "华盛顿|特区", "suv": "越野|休旅", "bce": "公元前", "bc": "公元前",
    "ii": "二",
    "iii": "三", "iv": "四", "hq": "总部", "ptsd": "创伤后", "dslr": "单反", "faq": "常见问题",
    "et": "东部",
    "rem": "快速眼动", "adhd": "多动", "ok": "好|没问题|行", "km2": "平方公里|平方千米",
}  # fmt: skip


def names(text: str) -> list[str]:
    """Acronyms and names of models, datasets and metrics, once each, in the order of the text.

    By form alone: two capitals (WER), a capital inside (LibriSpeech), a digit inside (wav2vec,
    GPT-4). A plain capitalised word is not a name: it may begin the sentence. Nor are four words
    or more in capitals.
    """
    return list(_names(text))


@lru_cache(maxsize=1024)
def _names(text: str) -> tuple[str, ...]:
    plain = _without(_SHOUTING, _without(_MATH, _without(WEB_ADDRESS, text)))
    found = (name for token in _TOKEN.findall(plain) if (name := _name_of(token)))
    return tuple(dict.fromkeys(found))


def _name_of(token: str) -> str:
    """The name in a token, without what a hyphen ties to it: SNR-based -> SNR."""
    if _PLAIN.fullmatch(token):
        return ""
    parts = re.split(r"([-+./&])", token)
    while parts and parts[-1].islower() and parts[-1].isalpha():
        parts = parts[:-2]
    while parts and parts[0].islower() and parts[0].isalpha():
        parts = parts[2:]
    name = "".join(parts)
    if re.fullmatch(r"\d+-[A-Z]?[a-z]+", name):  # a 500-Bus system
        return ""
    if _MEASURE.fullmatch(name) or not re.search(r"[A-Za-z]", name) or _PERSON.fullmatch(name):
        return ""
    return name if _CAPITALS.search(_singular(name)) or re.search(r"\d", name) else ""


def missing_names(source: str, target: str) -> list[str]:
    """Names of ``source`` that ``target`` neither keeps nor writes out in Chinese."""
    occurs = _Occurrence(target)
    return [name for name in names(source) if name not in occurs and not _rendered(name, target)]


def _rendered(name: str, target: str) -> bool:
    forms = _RENDERED.get(_singular(name).lower().replace(".", ""))
    return forms is not None and re.search(forms, target) is not None


def extra_names(source: str, target: str) -> list[str]:
    """Latin words of a Chinese ``target``, or names of any, that ``source`` does not have.

    An acronym of three letters or more is accepted where initials of the source spell it.
    """
    held = _Occurrence(source)
    named = [name for name in names(target) if name not in _SYMBOLS]
    candidates = latin_words(target) if has_han(target) else named
    return [name for name in candidates if name not in held and not _abbreviates(name, source)]


def latin_words(text: str) -> list[str]:
    """Latin words of two letters or more of a Chinese text, once each: names, whatever their form.

    Not those of math and addresses, nor units.
    """
    plain = _without(_MATH, _without(WEB_ADDRESS, text))
    words = [token for token in _TOKEN.findall(plain) if re.search(r"[A-Za-z]{2}", token)]
    kept = (w for w in words if _MEASURE.fullmatch(w) is None and w not in _SYMBOLS)
    return list(dict.fromkeys(kept))


def occurs(name: str, text: str) -> bool:
    """Whether a name stands in ``text``, whatever its case, hyphens, spaces and plural s."""
    return name in _Occurrence(text)


_SMALL_WORDS = r"(?:of|for|and|the|a|in|on|with|to)"
_GAP = r"[\s/-]+"
# Those that the rule of initials does not reach.
_WRITTEN_OUT = {
    "AI": "artificial intelligence", "ML": "machine learning", "LM": "language model",
    "RL": "reinforcement learning", "DL": "deep learning", "NN": "neural network",
    "SOTA": "state of the art", "TTS": "text to speech", "QA": "question answering",
    "KV": "key value", "MoE": "mixture of experts", "RLHF": "reinforcement learning from human",
}  # fmt: skip


def _abbreviates(name: str, source: str) -> bool:
    """Whether ``name`` is the initials of words that follow each other; "of", "to" may be skipped.

    A small word counts only inside a compound: S-O-T-A, but no M-O-S in "model on speech".
    """
    name = _singular(name)
    if re.sub(r"[-\s]+", " ", source.lower()).find(_WRITTEN_OUT.get(name, "\0")) >= 0:
        return True
    if len(name) < 3 or not (name.isupper() and name.isalpha()):
        return False
    words = (rf"(?!{_SMALL_WORDS}[^A-Za-z-]){initial}[A-Za-z]*" for initial in name)
    joined = rf"{_GAP}(?:{_SMALL_WORDS}{_GAP})*".join(words)
    return re.search(rf"(?<![A-Za-z0-9]){joined}", source, re.IGNORECASE) is not None


class _Occurrence:
    """Whether a name is in a text, whatever its case, hyphens, spaces and plural s.

    As whole words, alone or joined: "Open SLR" has OpenSLR, "number that" has no BERT. A word in
    lower case may go on (prompt in prompting), and a number may follow (VoxCeleb in VoxCeleb1).
    """

    def __init__(self, text: str) -> None:
        lower = text.lower()
        self._text = _HAN.sub("一", lower)  # one for all: a pattern with a range is slow to compile
        self._squeezed = _squeeze(lower)

    def __contains__(self, name: str) -> bool:
        squeezed = _squeeze(_singular(name))
        if squeezed not in self._squeezed:
            return False
        # Short names do not span words: "a I" is no AI, but k-NN may be kNN.
        gap = "[-+./&]?" if len(squeezed) <= 3 else r"[^a-z0-9一]{0,3}"
        end = r"(?![a-z0-9])" if squeezed[-1:].isdigit() else r"(?:['’]?s)?(?![a-z])"
        if name.islower() and name.isalpha() and len(squeezed) > 3:
            end = ""
        return re.search(rf"(?<![a-z0-9]){gap.join(squeezed)}{end}", self._text) is not None


def _squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _singular(name: str) -> str:
    """LLMs -> LLM, DNN's -> DNN; words that end in s otherwise are kept: GPS, class."""
    return name[:-1] if len(name) > 2 and name[-1] == "s" and name[-2] != "s" else name


def has_han(text: str) -> bool:
    """Whether ``text`` holds any Chinese character."""
    return _HAN.search(text) is not None
