"""The loop of by_hand/churn.rs in Python, str -> bytes, for memray: `churn.py ENTRIES TURNS`. Another program than the
Rust one: most of its time is the interpreter's, and its numbers are objects on the heap."""

import sys
import time

MASK = (1 << 64) - 1

# Bytes of a value: from the first to the second, each as likely as any other.
LEAST, MOST = 16, 256


class Churn:
    def __init__(self):
        self.map = {}
        self.live = []
        self.next = 0

    def grow(self):
        """Adds an entry."""
        self.live.append(self.insert())

    def turn(self):
        """Removes an entry at random and inserts a fresh one."""
        place = mix(self.next ^ 0x5EED) % len(self.live)
        del self.map[key(self.live[place])]
        self.live[place] = self.insert()

    def insert(self):
        identity = self.next
        self.next += 1
        size = LEAST + mix(identity ^ MASK) % (MOST - LEAST + 1)
        self.map[key(identity)] = b"\xa5" * size
        return identity


def mix(identity):
    """SplitMix64's finalizer."""
    bits = (identity + 0x9E3779B97F4A7C15) & MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


def key(identity):
    """The key of an id: 16 digits that tell it from all others, and 8 letters that all have."""
    return f"{mix(identity):016x}aaaaaaaa"


def main():
    entries, turns = int(sys.argv[1]), int(sys.argv[2])
    start = time.perf_counter_ns()
    churn = Churn()
    for _ in range(entries):
        churn.grow()
    for _ in range(turns):
        churn.turn()
    print(time.perf_counter_ns() - start)


main()
