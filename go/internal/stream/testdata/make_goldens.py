#!/usr/bin/env python3
"""Makes goldens.jsonl: checksums of operation streams as mapprof itself has them.

Usage: make_goldens.py PATH-OF-MAPPROF

Each line is a workload as it stands in a request, with what came of it: the checksum for seeds and numbers of threads, and
what the map held at the end of each phase of the first run. The workloads are those of the catalogue, each variant, and
those of own_workloads.py. A workload that mapprof cannot run is named on standard error.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from own_workloads import own_workloads

ENTRIES, OPS = 1200, 3000

# Saves the request that mapprof sends to a worker.
SAVER = """#!{python}
import sys
with open({path!r}, "a") as saved:
    saved.write(sys.stdin.readline())
print('{{"event":"hello","protocol":3,"program":"saver","version":"0"}}')
print('{{"event":"failed","kind":"refused","message":"saved"}}')
"""

# Maps to run a workload on, in this order; a workload may need one of its own.
MAPS = ["std", "btree", "dashmap", "skiplist", "papaya", "mutex-std"]


class Mapprof:
    """The program at work in a folder."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.saver, self.saved = folder / "saver", folder / "saved"
        self.saver.write_text(SAVER.format(python=sys.executable, path=str(self.saved)))
        self.saver.chmod(0o755)
        for name, text in own_workloads().items():
            (folder / f"{name}.toml").write_text(text)

    def names(self):
        """The names of all workloads and their variants."""
        out = subprocess.run([self.program, "list", "workloads", "--json"], capture_output=True, check=True).stdout
        names = []
        for workload in json.loads(out)["workloads"]:
            names.append(workload["name"])
            names += [f"{workload['name']}@{variant['name']}" for variant in workload.get("variants", [])]
        return names + sorted(own_workloads())

    def request(self, name):
        """The first request that a run of the workload sends, if it runs on a map."""
        for how in (["--ops", str(OPS), "--entries", str(ENTRIES)], ["--entries", str(ENTRIES)]):
            if name.startswith("own-"):
                how = ["--workloads", str(self.folder)]
            self.saved.write_text("")
            command = [self.program, "run", name, *how, "--worker", str(self.saver), "--out", str(self.folder / "out")]
            for on in ([], *(["--map", one] for one in MAPS)):
                subprocess.run(command + on, capture_output=True, check=False)
                requests = self.saved.read_text().splitlines()
                if requests:
                    request = json.loads(requests[0])
                    return request if "workload" in request["subject"] else None
        print(f"{name}: no request", file=sys.stderr)
        return None

    def run(self, request, seed, threads, observes):
        """What a child of mapprof reports: the events of the pass, by their names."""
        request = dict(request, seed=seed, threads=threads)
        # Counts and answers are checked in this pass, which also says what the map held.
        request["pass"] = "memory" if observes else "time"
        complaint = ""
        for on in dict.fromkeys([request["map"], *MAPS]):
            line = json.dumps(dict(request, map=on))
            out = subprocess.run([self.program, "worker"], input=line.encode(), capture_output=True, check=False).stdout
            events = {event["event"]: event for event in map(json.loads, out.splitlines())}
            if "done" in events:
                return events
            complaint = events.get("failed", {}).get("message", "no last line")
        # What sees the work of other threads has one thread.
        if "it runs on 1 thread" not in complaint:
            print(f"{request['subject']['workload']['name']}, {threads} threads: {complaint}", file=sys.stderr)
        return None


def golden(mapprof, name, request):
    """The line of a workload."""
    workload = request["subject"]["workload"]
    # Neither prose nor promises are of the stream.
    workload.update(about="", expect={"length": None, "hits": None})
    runs, phases = [], None
    for seed, threads in [(1, 1), (2**64 - 7, 1), (1, 3), (5, 3)]:
        events = mapprof.run(request, seed, threads, observes=(seed, threads) == (1, 1))
        if events is None:
            continue
        done = events["done"]
        runs.append({"seed": seed, "threads": threads, "checksum": done["checksum"], "hits": done["hits"]})
        if "memory" in events:
            held = ["entries", "payload_bytes", "out_of_line_bytes", "held_elsewhere_bytes"]
            phases = [[phase.get(key, 0) for key in held] for phase in events["memory"]["phases"]]
    if not runs:
        return None
    return {"name": name, "runs": runs, "phases": phases, "workload": workload}


def main():
    program = os.path.abspath(sys.argv[1])
    lines, seen = [], set()
    with tempfile.TemporaryDirectory() as folder:
        mapprof = Mapprof(program, Path(folder))
        for name in mapprof.names():
            request = mapprof.request(name)
            line = request and golden(mapprof, name, request)
            if line is None:
                continue
            # Variants may differ in what is not of the stream.
            key = json.dumps(dict(line["workload"], capacity=None, hasher=None, shards=None), sort_keys=True)
            if key not in seen:
                seen.add(key)
                lines.append(json.dumps(line, separators=(",", ":")))
    (Path(__file__).parent / "goldens.jsonl").write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
