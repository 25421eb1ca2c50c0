"""What ``digest doctor`` tries in a worker, where it may end the process that tries it.

It imports nothing heavy: what a worker has loaded before says nothing of whether it loads.
"""

from __future__ import annotations

import importlib

from digest.confinement import leave_network

PROBE = "digest.probe:Probe"


class Probe:
    """Built in a worker."""

    def load(self, module: str) -> str:
        """Import a module; why it cannot be, or nothing."""
        try:
            importlib.import_module(module)
        except ImportError as exc:  # a shared library that is missing is one, too
            return str(exc)
        return ""

    def guard(self) -> str:
        """What the kernel grants; a worker is confined already, asking again changes nothing."""
        return leave_network()
