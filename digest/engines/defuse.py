"""Control tokens in a paper's text, made plain for a server that parses them.

Our own engines cut text into tokens so that nothing in it can be a control token. A server's
template is the server's: some parse ``<|im_end|>`` in a message as the end of the turn. So a space
is put into whatever looks like a control token of a known chat template; a reader sees the same.
"""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"<(?=\|)"  # <|im_end|>, <|eot_id|>, <|user|>: ChatML, Llama 3, Phi
    r"|(?<=\|)(?=>)"
    r"|<(?=/?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|s|think|tool_call|system|user|assistant)>)"
    r"|<(?=/?(?:SYS|<SYS>>|｜))"  # Llama 2; DeepSeek writes full-width bars
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])",
    re.IGNORECASE,
)


def defused(text: str) -> str:
    """``text`` with a space in each control token of a known template."""
    return _TOKENS.sub(lambda match: f"{match.group()} ", text)
