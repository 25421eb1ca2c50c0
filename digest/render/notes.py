"""What a reader must know before trusting a paper's block, one line each, in Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.records import Breakdown, Document, HiddenText, Instruction
from digest.render.entry import SKIPPED, Entry

_SEE_STATUS = "（详见 digest status）。"
_FAILED = {
    "fetch": "元数据文件无法使用" + _SEE_STATUS,
    "pdf": "PDF 暂未取得，取得后补上解读" + _SEE_STATUS,
    "pdf-withdrawn": "论文已撤回，没有 PDF。",
    "extract": "PDF 无法读取" + _SEE_STATUS,
    "translate": "摘要翻译失败" + _SEE_STATUS,
    "explain": "解读失败" + _SEE_STATUS,
    SKIPPED: "本次运行的时间或预算已用完，这篇只有摘要，没有解读；以后的运行有余时会补上。",
}
"""For each stage, without the error itself: that may name folders of the machine."""
_UNREAD = {"pdf": "PDF 暂未取得", "pdf-withdrawn": "论文已撤回"}
_QUALITY = {
    "partial": "部分页面没有可读文字",
    "garbage": "文字层为乱码",
    "scanned": "PDF 是扫描图像，没有文字层",
    "damaged": "PDF 文件已损坏",
    "empty": "PDF 没有文字",
}
_HIDDEN = {
    "white": "白色",
    "background": "与背景同色",
    "invisible": "不可见的绘制方式",
    "tiny": "字号极小",
    "off-page": "在页面之外",
    "covered": "被遮盖",
    "clipped": "在可见区域之外",
    "switched-off": "在关闭的图层中",
}
_LANGUAGES = {
    "de": "德文",
    "es": "西班牙文",
    "fr": "法文",
    "it": "意大利文",
    "ja": "日文",
    "ko": "韩文",
    "nl": "荷兰文",
    "pl": "波兰文",
    "pt": "葡萄牙文",
    "ru": "俄文",
    "zh": "中文",
}
_MOST_PAGES = 5


def notes(entry: Entry) -> list[str]:
    """The notes on a paper: what failed, what was read, what is odd about its PDF."""
    found = [_FAILED[stage] for stage in entry.errors]
    found += _translation_notes(entry)
    if entry.breakdown is not None:
        found += _reading_notes(entry, entry.breakdown)
    if entry.document is not None:
        found += _document_notes(entry.document)
    return found


def _translation_notes(entry: Entry) -> list[str]:
    if entry.translation is None:
        return ["摘要未翻译，以上为英文原文。"] if entry.paper.abstract else []
    kept = sum(sentence.kept for sentence in entry.translation.sentences)
    return [f"摘要中有 {kept} 句未能可靠翻译，保留英文原句，以〔原文〕标出。"] if kept else []


def _reading_notes(entry: Entry, breakdown: Breakdown) -> list[str]:
    if breakdown.text_used == "full":
        partial = entry.document is not None and entry.document.text_quality == "partial"
        return ["解读依据不完整：" + _QUALITY["partial"] + "。"] if partial else []
    why = _why_unread(entry)
    if breakdown.text_used == "abstract":
        return [f"以下解读仅依据摘要，并非论文全文：{why}。"]
    return [f"没有解读：{why}，也没有摘要。"]


def _why_unread(entry: Entry) -> str:
    if entry.document is not None:
        return _QUALITY.get(entry.document.text_quality, "正文过短")
    return next((_UNREAD[stage] for stage in entry.errors if stage in _UNREAD), "PDF 无法读取")


def _document_notes(document: Document) -> list[str]:
    """Language, instructions, hidden text. The texts themselves are not shown: the next model that
    reads the post would read them as well.
    """
    found = []
    if document.language not in ("en", ""):
        language = _LANGUAGES.get(document.language, f"另一种语言（{document.language}）")
        found.append(f"论文正文不是英文，而是{language}。")
    if document.instructions:
        where = _where_instructions(document.instructions)
        found.append(f"PDF 中有写给模型的指令，未用于解读：{where}。")
    if document.hidden:
        found.append(f"PDF 中有读者看不见的文字，未用于解读：{_where_hidden(document.hidden)}。")
    return found


def _where_instructions(instructions: Sequence[Instruction]) -> str:
    hidden = {text.page for text in instructions if text.hidden}
    visible = {text.page for text in instructions if not text.hidden}
    places = [(visible, "可见"), (hidden, "读者看不见")]
    return "；".join(f"{_pages(pages)}（{how}）" for pages, how in places if pages)


def _where_hidden(hidden: Sequence[HiddenText]) -> str:
    pages: dict[str, set[int]] = {}
    for text in hidden:
        pages.setdefault(text.reason, set()).add(text.page)
    return "；".join(
        f"{_pages(found)}（{_HIDDEN.get(reason, reason)}）" for reason, found in pages.items()
    )


def _pages(pages: Iterable[int]) -> str:
    """``第 2、5 页``; of many the first five and their number."""
    ordered = sorted(pages)
    named = "、".join(map(str, ordered[:_MOST_PAGES]))
    more = f" 等 {len(ordered)} " if len(ordered) > _MOST_PAGES else " "
    return f"第 {named}{more}页"
