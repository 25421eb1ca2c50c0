"""Abstracts into Chinese, sentence by sentence, with every translation checked by program."""
