"""A fake arXiv: a seeded world of papers, and an HTTP server on loopback that shows it.

The server behaves as arXiv does on good days and, with faults switched on, on bad ones. It exists
so that coverage can be measured against a known truth; nothing of the product needs it.
"""
