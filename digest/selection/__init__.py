"""Which papers a post carries: rules, interest and the limit, applied before the download."""

from digest.selection.choice import Choice, choose
from digest.selection.interest import Interest
from digest.selection.liked import LikedList, LikedPaper, load_liked
from digest.selection.rules import Rule, Rules, parse_rules

__all__ = [
    "Choice",
    "Interest",
    "LikedList",
    "LikedPaper",
    "Rule",
    "Rules",
    "choose",
    "load_liked",
    "parse_rules",
]
