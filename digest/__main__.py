"""``python -m digest``: the same as ``digest``."""

from digest.cli import main

if __name__ == "__main__":  # a worker process imports this module again, under another name
    main(prog_name="digest")
