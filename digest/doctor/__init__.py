"""What would make a run fail, looked for before the night: ``digest doctor``.

Nothing is changed, but for the number of threads that proves fastest, which is kept beside the
models. Nobody is asked: only ``online`` asks arXiv, and only a configured model or mail server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from digest.config import Config
from digest.doctor import home, machine, models, network, nights
from digest.doctor.finding import Finding

__all__ = ["Finding", "examine"]


def examine(config: Config, quick: bool = False, online: bool = False) -> list[Finding]:
    """All looks, in the order in which one would take them.

    Args:
        config: What would be run.
        quick: Without running a model.
        online: Also ask arXiv, once.
    """
    looks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        machine.look,
        home.look,
        models.look,
        network.look,
        nights.look,
        *((network.ask,) if online else ()),
        *(() if quick else (models.speed,)),
    )
    return [finding for look in looks for finding in look(config)]
