"""Bundles: papers, models and the program itself in one file, the way across an air gap.

``contents`` chooses what goes in, ``looks`` lists what was seen of arXiv, ``write`` exports,
``read`` verifies and imports, ``wheels`` gathers what an offline installation needs. ``manifest``,
``container``, ``machine`` and ``install`` use the standard library alone: they travel in the bundle
as ``install.pyz`` and run on a machine that has nothing but Python.

A bundle proves by its hashes that it arrived whole, not who made it: compare its id, which export,
verify and import all give, over another way.
"""
