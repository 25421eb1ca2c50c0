"""What a sentence claims, by its words: strength, direction, negation; English and Chinese.

Pure functions of two texts. Each is silent where it cannot tell.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from digest.words.atoms import has_han, numbers

# Each class in both languages, so that either may be the source.
_SUPERLATIVES = {
    "first": re.compile(
        r"首次|首个|首创|首款|首例|第一个|\bfirst\b(?!-|,|\s+and\b|\s+order\b)|\bfirst-ever\b"
        r"|\bpioneer",
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
    found = {kind: list(pattern.finditer(target)) for kind, pattern in _SUPERLATIVES.items()}
    return [
        _whole(match, target)
        for kind, matches in found.items()
        if matches and not (_SUPERLATIVES[kind].search(source) or _JUSTIFIED[kind].search(source))
        for match in matches
    ]


def _whole(match: re.Match[str], text: str) -> str:
    """最 alone says little: show the word it is in."""
    return text[match.start() : match.end() + 1] if match[0] == "最" else match[0]


_STRONGLY = re.compile(
    r"(?<![不无非])(?:显著|大幅度?|极大|明显|大大)(?:地|的)?(?=[提降减增改优高低好差下上缩超领加扩恶退])"
)
_STRONG = re.compile(
    r"significan|substantial|large|larger|great|considerab|dramatic|remarkab|strong|much\b|marked"
    r"|notabl|drastic|sharp|huge|vast|clear|obvious|evident|apparent|visibl|big\b|far\b|well\b"
    r"|orders? of magnitude|strikin|pronounced|noticeab|high|heav|deep|wide|severe|extensive"
    r"|显著|大幅|明显",
    re.IGNORECASE,
)


def without_exaggeration(source: str, target: str) -> str:
    """A Chinese ``target`` without the "markedly" that nothing in ``source`` justifies.

    Models write 显著下降 for "degrade"; the sentence stands without the word.
    """
    if _STRONGLY.search(target) is None or _STRONG.search(source):
        return target
    return _STRONGLY.sub("", target)


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
    r"提高|提升|改善|改进|优于|超越|超过|更好|更优|胜过|好(?:得多|很多|于)|更佳"
    r"|\b(?:improv|better|outperform|surpass|superior|enhanc|exceed|boost)",
    re.IGNORECASE,
)
_WORSE = re.compile(
    r"劣于|更差|恶化|不如|逊于|变差|差(?:得多|很多|于)|\b(?:worse|degrad|inferior|underperform|deteriorat)",
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
    target_up = bool(_MORE.search(target) or _BETTER.search(target))
    target_down = bool(_LESS.search(target) or _WORSE.search(target))
    if target_up == target_down:
        return False
    up, down = bool(_MORE.search(source)), bool(_LESS.search(source))
    better, worse = bool(_BETTER.search(source)), bool(_WORSE.search(source))
    if target_up:
        return (down or worse) and not (up or better)
    if up or better:
        # An improved error rate is a lower one.
        fair = better and not up and _LOWER_IS_BETTER.search(source)
        return not (down or worse) and not fair
    return False


class _Scale(NamedTuple):
    """Chinese words for both ends of a scale, and English cues for them, as patterns."""

    high: re.Pattern[str]
    low: re.Pattern[str]
    high_cues: re.Pattern[str]
    low_cues: re.Pattern[str]

    @classmethod
    def of(cls, high: str, low: str, high_cues: str, low_cues: str) -> _Scale:
        start = r"(?<![A-Za-z])(?:"
        cues = (re.compile(start + cues + ")", re.IGNORECASE) for cues in (high_cues, low_cues))
        return cls(re.compile(high), re.compile(low), *cues)


_ANY_UP = (
    "increas|improv|boost|enhanc|rais|ris(?:e|es|ing|en)\\b|rose\\b|gr[eo]w|gain|up(?!on)|high"
    "|heighten|great|more|add|advanc|expan|exten|strengthen|further|better|promot|climb|soar"
    "|surg|develop|accelerat|lift|exceed|surpass|outperform|elevat|progress|upgrad|maxim|large"
    "|strong|recover|top|old|long|jump|most|doubl|tripl|scale|over\\b|above|beyond|than|peak"
    "|benefit|help|refin|deep"
)
_ANY_DOWN = (
    "decreas|reduc|lower|low\\b|drop|declin|diminish|fewer|less|shr[iau]nk|fall|fell\\b|down"
    "|cut|los|minim|mitigat|alleviat|weaken|small|short|degrad|deteriorat|worse"
    "|sav(?:e|es|ed|ing)|sl[oa]sh|dip|plung|slump|sink|under|below|shed|trim"
    "|eas(?:e|es|ed|ing)\\b|relie|attenuat|compress|suppress|eliminat|remov|avoid|limit|narrow"
    "|smooth|damp|away|decay|slow|deplet|wan(?:e|ing)|without|miss|cost|lack|down(?:grade|turn)"
    "|threat|erod|plummet|collaps|cool|dwindl|lessen"
)
_SCALES = (
    _Scale.of(
        "提高|提升|上升|升高|增至|升至|增强|加强",
        "降低|下降|降至|减弱|削弱",
        _ANY_UP,
        _ANY_DOWN,
    ),
    _Scale.of("增加|增长|增大|扩大|增多", "减少|减小|缩小|减至|缩减|削减", _ANY_UP, _ANY_DOWN),
    _Scale.of(
        "改善|改进",
        "恶化|变差",
        _ANY_UP + "|reform|chang|good|repair|modif",
        _ANY_DOWN + "|bad|mar\\b|aggravat|escalat",
    ),
    _Scale.of(
        "高于|超过|超越|更高|优于|胜过|更好|更优|更强",
        "低于|劣于|更低|逊于|更差|不如|更弱",
        _ANY_UP + "|over|out(?!put|come|side)|beat|best|good|super|well|ahead|pass|worth|cross"
        "|fine|tight|tough",
        _ANY_DOWN + "|poor|bad|infer|behind|weak|wors|not as|lag|cheap|least",
    ),
    _Scale.of(
        "更多|更大",
        "更少|更小",
        _ANY_UP + "|extra|big|wide|broad|heavy|heavi|other|multi|much|many",
        _ANY_DOWN + "|few|light|tin[yi]",
    ),
    _Scale.of(
        "加快|更快|加速",
        "减慢|更慢|减速",
        _ANY_UP + "|fast|quick|speed|rapid|soon|earl|swift",
        _ANY_DOWN + "|late",
    ),
    _Scale.of(
        "最高(?!法|领导)|最大|最好|最强",
        "最低|最小|最差|最弱",
        _ANY_UP + "|best|max|big|extrem|supreme|wid|leading|record|up to",
        _ANY_DOWN + "|min|least|worst|poor|weak",
    ),
)


_LESS_OF_IT_IS_BETTER = re.compile(
    r"error|WER\b|EER\b|FID\b|\bloss|latency|perplexity|distort|complexity|memory|overhead|noise"
    r"|(?:run|running|inference|training|response)[ -]?time",
    re.IGNORECASE,
)
_PLAINLY_UP = re.compile(
    r"\b(?:increas|improv|outperform|surpass|exceed|boost|enhanc|higher|better|greater|superior"
    r"|faster|larger|stronger|expand|accelerat|rais(?:e|es|ed|ing)\b|ris(?:e|es|en|ing)\b|rose\b"
    r"|grow|grew|more than|over \d|longer|gain|upgrad|strengthen|strongest|highest|above)",
    re.IGNORECASE,
)
_PLAINLY_DOWN = re.compile(
    r"\b(?:decreas|reduc|lower|drop|declin|diminish|fewer|shrink|shrank|worse|degrad|inferior"
    r"|underperform|deteriorat|slower|smaller|weaker|less than|below|fell\b|fall(?:s|en|ing)?\b"
    r"|under \d|los(?:s|es|e|t)\b|shorter|decay|lowest|down\b|minimi[sz])",
    re.IGNORECASE,
)


def turned_direction(source: str, target: str) -> bool:
    """Whether a word of a Chinese ``target`` points where nothing in an English ``source`` does.

    And the source points the other way. Stricter than ``flipped_direction``: for a translation,
    sentence by sentence, not for a text that says it in other words.
    """
    ups = sum(len(scale.high.findall(target)) for scale in _SCALES)
    downs = sum(len(scale.low.findall(target)) for scale in _SCALES)
    if not (ups or downs):
        return False
    up, down = bool(_PLAINLY_UP.search(source)), bool(_PLAINLY_DOWN.search(source))
    eased = bool(_BETTER.search(source) and _LESS_OF_IT_IS_BETTER.search(source))
    if up and down:
        plain_ups, plain_downs = (
            len(pattern.findall(source)) for pattern in (_PLAINLY_UP, _PLAINLY_DOWN)
        )
        return (ups > plain_ups and not downs) or (downs > plain_downs and not ups and not eased)
    for scale in _SCALES:
        if not (scale.high.search(target) or scale.low.search(target)):
            continue
        rises, falls = scale.high_cues.search(source), scale.low_cues.search(source)
        if scale.high.search(target) and not up and (down or (falls and not rises)):
            return True
        if scale.low.search(target) and not (down or eased) and (up or (rises and not falls)):
            return True
    return False


_SENSITIVE = re.compile(r"(?<![不非免低])敏感(?!性?(?:降低|减弱|下降|较低))")
_ROBUST = re.compile(r"robust|insensitiv|invarian|resilien|immun|tolera", re.IGNORECASE)
_AFFECTED = re.compile(r"(?<!in)sensitiv|suscept|vulnerab|fragil|brittle|affected", re.IGNORECASE)


def turned_robustness(source: str, target: str) -> bool:
    """Whether a Chinese ``target`` calls sensitive what ``source`` calls robust, and only that."""
    turned = _SENSITIVE.search(target) and _ROBUST.search(source)
    return bool(turned) and not _AFFECTED.search(source)


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
    r"\b(?:no|not|nor|never|neither|none|without|cannot|free|little|few|hard|less|only|yet|unless"
    r"|zero|below)\b|n['’]t\b"
    r"|\b(?:un(?!der|til|ion|it|iq|if|iv|less)|non[- ]?|fail|lack|difficult|absen|avoid|prevent"
    r"|exclu|omit|ignor|except|miss|rather|instead|neglig|infeasib|intract|insensit|invarian"
    r"|independen|insuffici|inadequa|inaccura|inconsist|incomplet|ineffect|ineffici|inabil|incapab"
    r"|invalid|invisib|incorrect|indirect|inappropriat|impossib|impractic|imperfect|imprecis"
    r"|implausib|discard|disregard|disab|disallow|disappear|discontin|prohibit|limit|struggl"
    r"|challeng|reject|remov|far from)\w*",
    re.IGNORECASE,
)
"""Words, or beginnings of words, that a Chinese negation may stand for."""


# Words that hold a character of negation and deny nothing.
_NO_DENIAL = re.compile(
    r"不(?:同|过|仅|但|断|久|少|止|只|等|一|妨|禁|免|得不|管|论|单|光|错|变|明|安|幸|满|良)"
    r"|无(?:论|数|线|人|疑|辜|关|国界)"
    r"|非(?:常|洲|凡|裔|得|营利|虚构|常|法)|除非|莫非|未(?:来|必|知|婚|成年)|没(?:收|落)|是否"
    r"|能否|与否|否则|(?:岂|并)不是吗"
)
_DENIES = re.compile(r"[不没无未非否勿免缺拒难]|避免|停止|防止|禁止|很少|几乎|别[再让说]")
_PLAINLY_NOT = re.compile(
    r"\b(?:not(?!\s+(?:only|just|merely|least))|never|cannot)\b|n['’]t\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"(?:whether|if) or not|(?:don|isn|aren|didn|wasn)['’]t (?:you|it|we|they)\b", re.IGNORECASE
)


def dropped_negation(source: str, target: str) -> bool:
    """Whether an English ``source`` says "not" and a Chinese ``target`` denies nothing.

    For a translation, sentence by sentence; a text that says it in fewer words may deny otherwise.
    """
    plain = _ASKS.sub(" ", source)
    return bool(_PLAINLY_NOT.search(plain)) and not _DENIES.search(_NO_DENIAL.sub(" ", target))


def lost_negation(source: str, target: str) -> bool:
    """Whether ``source`` plainly negates and ``target`` has no word that could carry it."""
    if has_han(target):
        return not _ANY_NOT_IN_CHINESE.search(target) and bool(_ENGLISH_NOT.search(source))
    return bool(_CHINESE_NOT.search(source)) and not _ANY_NOT_IN_ENGLISH.search(target)
