"""An offline, self-hosted arXiv digest that runs on local models.

Importing this package touches no disk, no network and no environment variable.
"""

__version__ = "0.1.0"
