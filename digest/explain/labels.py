"""What the roles of bullets are called in languages other than Chinese, whose labels roles have."""

from __future__ import annotations

from digest.explain.roles import Role

_LABELS = {
    "ja": {
        "background": "背景",
        "fault": "従来手法の問題",
        "idea": "基本的な考え方",
        "component": "手法の詳細",
        "training": "学習と実装",
        "setting": "課題とデータ",
        "finding": "主な結果",
        "limit": "限界と展望",
    },
    "ko": {
        "background": "연구 배경",
        "fault": "기존 방법의 문제",
        "idea": "핵심 아이디어",
        "component": "방법 세부",
        "training": "학습과 구현",
        "setting": "과제와 데이터",
        "finding": "주요 결과",
        "limit": "한계와 전망",
    },
    "de": {
        "background": "Hintergrund",
        "fault": "Probleme bisheriger Verfahren",
        "idea": "Grundidee",
        "component": "Einzelheiten des Verfahrens",
        "training": "Training und Umsetzung",
        "setting": "Aufgabe und Daten",
        "finding": "Wichtigste Ergebnisse",
        "limit": "Grenzen und Ausblick",
    },
    "fr": {
        "background": "Contexte",
        "fault": "Problèmes des méthodes antérieures",
        "idea": "Idée principale",
        "component": "Détails de la méthode",
        "training": "Entraînement et mise en œuvre",
        "setting": "Tâche et données",
        "finding": "Principaux résultats",
        "limit": "Limites et perspectives",
    },
}


def label(role: Role, language: str) -> str:
    """The bold label of a role in ``language``: zh, ja, ko, de or fr."""
    return role.label if language == "zh" else _LABELS[language][role.name]
