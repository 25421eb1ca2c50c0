"""Lower-case English words that Chinese papers write in English."""

from __future__ import annotations

LOANS = frozenset(
    {
        "softmax", "softplus", "sigmoid", "tanh", "argmax", "argmin", "logit", "logits", "dropout",
        "transformer", "transformers", "token", "tokens", "mixup", "codec", "codecs", "mel",
        "python", "kernel", "batch", "epoch", "epochs", "llama", "duckdb", "bootstrap", "bagging",
        "boosting", "pipeline", "prompt", "prompts", "checkpoint", "patch",
    }
)  # fmt: skip
"""Whose Chinese names few use. Any other such word was left untranslated."""
