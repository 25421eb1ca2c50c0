"""The checkable atoms of English and Chinese text: numbers, names, math, addresses, claims.

Pure text in, records out; a checker asks ``missing_*(source, target)`` for what the target lost
and ``extra_*(source, target)`` for what it made up. Both texts may be in either language.
Nothing here judges meaning: an atom that moved to another place in the sentence is not seen.
"""

from __future__ import annotations

import re
from itertools import pairwise

from digest.words.numbers import WEB_ADDRESS
from digest.words.numbers import Number as Number
from digest.words.numbers import extra_numbers as extra_numbers
from digest.words.numbers import missing_numbers as missing_numbers
from digest.words.numbers import numbers as numbers

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
    return [match[0] for match in _MATH.finditer(text) if _PLAIN_MATH.fullmatch(match[0]) is None]


def urls(text: str) -> list[str]:
    """Web addresses, without the punctuation that ends their sentence."""
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
_CAPITALISED = re.compile(r"[A-Z][a-z]+|[a-z]+")
_MEASURE = re.compile(r"[\d.]+(?:[kKMBTx]|[kMG]?Hz|dB|ms|s|h|[KMGT]B|st|nd|rd|th|m|mm|cm|km|nm)?")
# How these acronyms are commonly written out in Chinese; a target that does so has kept them.
_RENDERED = {
    "ai": "人工智能", "llm": "语言模型", "cnn": "卷积", "rnn": "循环神经", "dnn": "深度神经",
    "nn": "神经网络", "gnn": "图神经", "nlp": "自然语言", "ml": "机器学习", "rl": "强化学习",
    "dl": "深度学习", "3d": "三维", "2d": "二维", "1d": "一维", "gan": "生成对抗",
    "asr": "语音识别",
    "tts": "语音合成", "snr": "信噪比", "wer": "词错误率", "gpu": "图形处理", "iot": "物联网",
    "us": "美国", "uk": "英国", "eu": "欧", "qa": "问答", "cv": "计算机视觉", "vr": "虚拟现实",
    "ar": "增强现实", "covid-19": "新冠", "mri": "磁共振", "ct": "断层", "eeg": "脑电",
}  # fmt: skip


def names(text: str) -> list[str]:
    """Acronyms and names of models, datasets and metrics, once each, in the order of the text.

    By form alone: two capitals (WER), a capital inside (LibriSpeech), a digit inside (wav2vec,
    GPT-4). A plain capitalised word is not a name: it may begin the sentence.
    """
    plain = _without(_MATH, _without(WEB_ADDRESS, text))
    found = (name for token in _TOKEN.findall(plain) if (name := _name_of(token)))
    return list(dict.fromkeys(found))


def _name_of(token: str) -> str:
    """The name in a token, without what a hyphen ties to it: SNR-based -> SNR."""
    parts = re.split(r"([-+./&])", token)
    if all(_CAPITALISED.fullmatch(part) for part in parts[::2]):
        return ""
    while parts and parts[-1].islower() and parts[-1].isalpha():
        parts = parts[:-2]
    while parts and parts[0].islower() and parts[0].isalpha():
        parts = parts[2:]
    name = "".join(parts)
    if _MEASURE.fullmatch(name) or not re.search(r"[A-Za-z]", name):
        return ""
    return name if _CAPITALS.search(_singular(name)) or re.search(r"\d", name) else ""


def missing_names(source: str, target: str) -> list[str]:
    """Names of ``source`` that ``target`` neither keeps nor writes out in Chinese."""
    occurs = _Occurrence(target)
    return [
        name
        for name in names(source)
        if name not in occurs and _RENDERED.get(_singular(name).lower(), "\0") not in target
    ]


def extra_names(source: str, target: str) -> list[str]:
    """Latin words of a Chinese ``target``, or names of any, that ``source`` does not have.

    An acronym of three letters or more is accepted where initials of the source spell it.
    """
    occurs = _Occurrence(source)
    plain = _without(_MATH, _without(WEB_ADDRESS, target))
    words = [token for token in _TOKEN.findall(plain) if re.search(r"[A-Za-z]{2}", token)]
    candidates = words if has_han(target) else names(target)
    return [
        name
        for name in dict.fromkeys(candidates)
        if name not in occurs
        and _MEASURE.fullmatch(name) is None
        and not _abbreviates(name, source)
    ]


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
        self._text = text.lower()

    def __contains__(self, name: str) -> bool:
        squeezed = _squeeze(_singular(name))
        # Short names do not span words: "a I" is no AI, but k-NN may be kNN.
        gap = "[-+./&]?" if len(squeezed) <= 3 else r"[^a-z0-9\u3400-\u9fff]{0,3}"
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
    return re.search(r"[\u3400-\u9fff]", text) is not None


# ---------------------------------------------------------------- strength, direction, negation

# Each class in both languages, so that either may be the source.
_SUPERLATIVES = {
    "first": re.compile(
        r"首次|首个|首创|首款|首例|第一个|\bfirst\b(?!-|,|\s+and\b|\s+order\b)|\bfirst-ever\b|\bpioneer",
        re.IGNORECASE,
    ),
    "state of the art": re.compile(
        r"最先进|最前沿|SOTA\b|state[- ]of[- ]the[- ]arts?\b|cutting[- ]edge", re.IGNORECASE
    ),
    "most": re.compile(
        r"最(?!终|后|近|初|小化|大化|先进|前沿|小二乘|新)|史无前例|前所未有"
        r"|(?<!at )\bmost\b(?!\s+of\b)|\bbest\b|\bworst\b|unprecedented|\bonly\b(?=\s+method)"
        r"|\b(?!(?:at )?least\b|test|rest|latest|interest|request|nearest|forest|west|harvest"
        r"|invest|manifest|suggest|honest|modest|digest|contest|quest|guest|nest|est)"
        r"[a-z]{2,}(?:[^e]i|[^i])est\b",
        re.IGNORECASE,
    ),
}
# What else in a source justifies a superlative of the class.
_JUSTIFIED = {
    "first": re.compile(r"\bfirst|\binitial|\bnovel\b|首|第一", re.IGNORECASE),
    "state of the art": re.compile(
        r"\bbest\b|most advanced|superior|latest|recent|leading|\badvanced\b|最|领先", re.IGNORECASE
    ),
    "most": re.compile(
        r"est\b|\bmost\b|\bleast\b|optim|max|mini?m|extrem|\bpeak|\btop\b|state[- ]of|SOTA"
        r"|\bprimary|\bmain\b|\bmajor|\bkey\b|\bcommon|\bup to\b|\bultimate|\bfavou?r|\bextreme"
        r"|最|至多|至少|前所未有",
        re.IGNORECASE,
    ),
}


def superlatives(text: str) -> list[str]:
    """Claims of being best, first or state of the art, as written."""
    spans = [match for pattern in _SUPERLATIVES.values() for match in pattern.finditer(text)]
    return [_whole(match, text) for match in sorted(spans, key=re.Match.start)]


def unbacked_superlatives(source: str, target: str) -> list[str]:
    """Superlatives of ``target`` of a kind that nothing in ``source`` justifies."""
    return [
        _whole(match, target)
        for kind, pattern in _SUPERLATIVES.items()
        if not (pattern.search(source) or _JUSTIFIED[kind].search(source))
        for match in pattern.finditer(target)
    ]


def _whole(match: re.Match[str], text: str) -> str:
    """最 alone says little: show the word it is in."""
    return text[match.start() : match.end() + 1] if match[0] == "最" else match[0]


_MORE = re.compile(
    r"提高|提升|上升|增加|增长|增大|升高|更高|高于|超过"
    r"|\b(?:increas|higher|rais|boost|grow|grew|exceed)",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"降低|减少|下降|减小|降至|更低|低于|缩减|削减|减弱"
    r"|\b(?:decreas|reduc|lower|drop|declin|diminish|fewer|shrink)",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"提高|提升|改善|改进|优于|超越|超过|更好|更优|胜过"
    r"|\b(?:improv|better|outperform|surpass|superior|enhanc|exceed|boost)",
    re.IGNORECASE,
)
_WORSE = re.compile(
    r"劣于|更差|恶化|不如|逊于|变差|\b(?:worse|degrad|inferior|underperform|deteriorat)",
    re.IGNORECASE,
)
_LOWER_IS_BETTER = re.compile(
    r"error|WER\b|EER\b|FID\b|loss|latency|cost|time\b|perplexity|distort|complex|memory|overhead"
    r"|noise|错误|误差|延迟|损失|成本|复杂|开销|噪",
    re.IGNORECASE,
)


def flipped_direction(source: str, target: str) -> bool:
    """Whether all of ``target`` points the other way from all of ``source``.

    Silent where either has both directions or none: "improves by reducing" says nothing.
    """
    up, down = bool(_MORE.search(source)), bool(_LESS.search(source))
    better, worse = bool(_BETTER.search(source)), bool(_WORSE.search(source))
    target_up = bool(_MORE.search(target) or _BETTER.search(target))
    target_down = bool(_LESS.search(target) or _WORSE.search(target))
    if target_up == target_down:
        return False
    if target_up:
        return (down or worse) and not (up or better)
    if up or better:
        # An improved error rate is a lower one.
        fair = better and not up and _LOWER_IS_BETTER.search(source)
        return not (down or worse) and not fair
    return False


_FROM = re.compile(r"[从由][^，。；、]{0,6}\Z")
_ROSE_TO = re.compile(
    r"[^，。；]{0,6}(?:提高|提升|上升|增加|增长|增大|升高|升|涨|增)(?:到|至|为)[^，。；]{0,3}"
)
_FELL_TO = re.compile(
    r"[^，。；]{0,6}(?:降低|下降|减少|减小|缩小|缩短|降|减)(?:到|至|为)[^，。；]{0,3}"
)


def swapped_order(source: str, target: str) -> bool:
    """Whether a Chinese ``target`` says 从 83.5% 提高到 71.2% of "from 71.2% to 83.5%".

    Silent unless ``source`` has both numbers, in the other order only.
    """
    held = numbers(source)
    stated = [number for number in numbers(target) if number.hard]
    for first, second in pairwise(stated):
        between = target[first.end : second.start]
        rose = _ROSE_TO.fullmatch(between) and first.value > second.value
        fell = _FELL_TO.fullmatch(between) and first.value < second.value
        if (rose or fell) and _FROM.search(target[: first.start]):
            starts = [n.start for n in held if n.value == first.value]
            ends = [n.start for n in held if n.value == second.value]
            if starts and ends and max(ends) < min(starts):
                return True
    return False


_ENGLISH_NOT = re.compile(
    r"\b(?:cannot|never|neither|without|(?:does|do|did|is|are|was|were|has|have|had|can|could|will"
    r"|would|should)(?:\s+not|n['’]t)(?!\s+(?:only|just|merely)))\b",
    re.IGNORECASE,
)
_ANY_NOT_IN_CHINESE = re.compile(r"[不没无未非否勿免缺拒]|难以|避免|停止|仅")
_CHINESE_NOT = re.compile(r"不能|没有|无法|并未|并不|未能|不会|不需要|无需")
_ANY_NOT_IN_ENGLISH = re.compile(
    r"\b(?:no|not|nor|never|neither|none|without|cannot|fail|lack|free|little|few|hard|difficult"
    r"|un\w+|in\w+|im\w+|dis\w+|non\w*)|n['’]t\b",
    re.IGNORECASE,
)


def lost_negation(source: str, target: str) -> bool:
    """Whether ``source`` plainly negates and ``target`` has no word that could carry it."""
    if has_han(target):
        return bool(_ENGLISH_NOT.search(source)) and not _ANY_NOT_IN_CHINESE.search(target)
    return bool(_CHINESE_NOT.search(source)) and not _ANY_NOT_IN_ENGLISH.search(target)
