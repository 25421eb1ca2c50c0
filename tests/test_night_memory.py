import subprocess
import sys

from digest.night import memory

CODE = "x = b'1' * (80 << 20); print('ready', flush=True); input()"


def test_what_a_child_takes_counts_and_somebody_else_s_does_not():
    before = memory.tree_bytes()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", CODE], **pipes) as child:
        assert child.stdout.readline() == b"ready\n"
        during, alone = memory.tree_bytes(), memory.tree_bytes(child.pid)
        child.stdin.close()
    assert 80 << 20 < alone < 160 << 20
    assert during - before >= alone - (8 << 20)
    assert memory.largest_bytes() >= 80 << 20
