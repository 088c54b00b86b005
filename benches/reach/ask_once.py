"""Asks network-config-analyzer once, and says how long its own classes had a processor.

    python ask_once.py CASE.json REPLY.json

The case and the cubes of the reply are those of tests/second_opinion/ask_nca.py.
"""

import json
import sys
import time
from pathlib import Path

# Else Python would leave compiled files in the tree.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "second_opinion"))

import ask_nca  # noqa: E402  (it stands in a folder of its own)


def main():
    """Asks, and writes the reply."""
    with open(sys.argv[1], encoding="utf-8") as file:
        case = json.load(file)
    ask_nca.be_quiet()
    began = time.process_time()
    allowed = ask_nca.connections(case)
    seconds = time.process_time() - began
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump({"seconds": seconds, "cubes": ask_nca.cubes_of(allowed)}, file)


main()
