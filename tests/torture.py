#!/usr/bin/env python3
"""Kills, signals and OOM kills at random moments of `mapprof run`, and what must hold after each.

    tests/torture.py [MAPPROF] [TIMES] [SEED]

It goes on until TIMES runs (1,000) were struck before their end. After each run: the exit code is one that its end can have; every folder with a run in it is whole; half a run lies
nowhere but in a hidden folder, and that only if the parent itself was killed; and no process of the run lives for more
than a second after its parent. Prints the figures; ends with 1 if anything did not hold.

OOM kills come from a memory cgroup where one can be made (as root). Elsewhere the child's address space is limited
while it runs, so that it fails to allocate; the figures say which of the two it was.
"""

import collections
import gzip
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WORKLOAD = """
name = "{name}"
about = "Puts entries in, and replaces them."
entries = {entries}
[key]
type = "string"
length = 12
[value]
type = "vec"
size = {size}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "serve"
ops = {ops}
mix = {{ get = 60, update = 40 }}
"""

# Bytes of the memory cgroup, and of the values of the workload that outgrows it.
LIMIT = 96 << 20
FLAGS = [[], [], ["--heap"], ["--heap=exact"], ["--cpu", "--hertz", "10000"], ["--latency"], ["--repeat", "2"], ["--threads", "2"]]
MAPS = ["std", "btree", "hashbrown", "skiplist", "dashmap"]
SHARED = ["skiplist", "dashmap"]
# How long a process may live after its parent, seconds.
GRACE = 1.0
# How long a run may take, seconds.
PATIENCE = 120.0


class Cgroup:
    """A memory cgroup of either version; `path` is none where none can be made."""

    def __init__(self):
        self.path = None
        name = f"mapprof-torture-{os.getpid()}"
        for root, limit in [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")]:
            path = pathlib.Path(root, name)
            if not pathlib.Path(root, "cgroup.procs").is_file():
                continue
            try:
                path.mkdir()
                # Opened and not made: where the file is not there, this is no cgroup for memory.
                with open(path / limit, "r+") as file:
                    file.write(str(LIMIT))
                self.path = path
                return
            except OSError:
                if path.is_dir():
                    path.rmdir()

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        if self.path:
            self.path.rmdir()


class Torture:
    def __init__(self, program, times, seed):
        self.program, self.times, self.random = program, times, random.Random(seed)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mapprof-torture-"))
        self.cgroup = Cgroup()
        self.wrong = []
        self.ends = collections.Counter()
        self.oldest = 0.0
        self.runs = self.struck = 0
        self.left_by_kills = 0
        self.whole = 0
        own = self.root / "own"
        own.mkdir()
        for name, entries, size, ops in [("small", 2_000, 40, 20_000), ("large", 200_000, 4096, 200_000)]:
            (own / f"{name}.toml").write_text(WORKLOAD.format(name=name, entries=entries, size=size, ops=ops))

    def run(self, arguments, token, **how):
        command = [self.program, "run", *arguments, "--workloads", "own", "--quiet"]
        environment = {**os.environ, "MAPPROF_TORTURE": token}
        return subprocess.Popen(
            command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, **how,
        )

    def arguments(self, workload):
        flags = self.random.choice(FLAGS)
        maps = self.random.sample(SHARED if "--threads" in flags else MAPS, self.random.choice([1, 2]))
        return [workload, "--map", ",".join(maps), "--seed", str(self.random.randrange(1 << 30)), *flags]

    def once(self, number):
        token = f"{os.getpid()}.{number}"
        kinds = {"kill parent": 3, "signal parent": 3, "kill child": 3, "ignored signal": 1, "OOM": 1}
        kind = self.random.choices(list(kinds), kinds.values())[0]
        workload = "large" if kind == "OOM" else "small"
        arguments = self.arguments(workload)
        run = self.run(arguments, token, preexec_fn=lambda: self.prepare(kind))
        struck = self.strike(kind, run)
        self.struck += bool(struck)
        try:
            stderr = run.communicate(timeout=PATIENCE)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            run.kill()
            self.fail(number, kind, arguments, f"not done after {PATIENCE} s")
            return
        lived = self.lives_on(token)
        self.oldest = max(self.oldest, lived)
        what = f"{kind} ({struck})" if struck else kind
        self.ends[what, run.returncode] += 1
        problem = self.code_problem(kind, struck, run.returncode, stderr)
        if lived > GRACE:
            problem = problem or f"a process lived for {lived:.2f} s after its parent"
        problem = problem or self.half_written(parent_killed=run.returncode < 0)
        if problem:
            self.fail(number, what, arguments, f"{problem}\n{stderr}")

    def prepare(self, kind):
        """In the process that becomes the run. This script may itself run in the background, or by nohup."""
        for number in [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM]:
            signal.signal(number, signal.SIG_DFL)
        if kind == "ignored signal":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if kind == "OOM" and self.cgroup.path:
            self.cgroup.enter()

    def strike(self, kind, run):
        """Does what the kind says at a random moment. Returns what was done; empty if the run was over by then."""
        if kind == "OOM":
            if self.cgroup.path:
                return "cgroup"
            child = self.child_of(run)
            if child is None:
                return ""
            try:
                resource.prlimit(child, resource.RLIMIT_AS, (LIMIT, LIMIT))
            except OSError:
                return ""
            return "limit of address space"
        # A run takes less than a second; some moments lie behind it.
        time.sleep(self.random.random() ** 2 * self.typical)
        if kind == "kill child":
            number = self.random.choice([signal.SIGKILL, signal.SIGABRT, signal.SIGQUIT, signal.SIGTERM])
            target = self.child_of(run)
        elif kind == "kill parent":
            number, target = signal.SIGKILL, run.pid
        elif kind == "ignored signal":
            number, target = signal.SIGHUP, run.pid
        else:
            number = self.random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
            target = run.pid
        if target is None or run.poll() is not None:
            return ""
        try:
            os.kill(target, number)
        except ProcessLookupError:
            return ""
        return signal.Signals(number).name

    def child_of(self, run):
        """Waits for a child of the run; none if it ends before."""
        while run.poll() is None:
            try:
                children = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            except OSError:
                return None
            if children:
                return int(children[0])
            time.sleep(0.001)
        return None

    def lives_on(self, token):
        """How long processes of the run with this token live from now on, seconds; at most twice the grace."""
        begun = time.monotonic()
        mark = f"MAPPROF_TORTURE={token}\0".encode()
        while True:
            alive = False
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    # A zombie has no environment.
                    alive = alive or mark in (process / "environ").read_bytes()
                except OSError:
                    pass
            lived = time.monotonic() - begun
            if not alive or lived > 2 * GRACE:
                return lived
            time.sleep(0.01)

    def code_problem(self, kind, struck, code, stderr):
        if "panicked" in stderr:
            return "it panicked"
        if kind == "kill parent" and struck:
            due = {-signal.SIGKILL, 0}
        elif kind == "signal parent" and struck:
            # Before it has a handler, a signal ends it as any process; after its last case it is too late.
            due = {130, 0, -getattr(signal, struck)}
        elif kind == "kill child" and struck:
            # A child that was done already is not missed.
            due = {3, 0}
        elif kind == "OOM" and struck:
            due = {3}
        else:
            due = {0}
        return None if code in due else f"exit code {code}, due was one of {sorted(due)}"

    def half_written(self, parent_killed):
        """What is not whole below `profiles/`."""
        root = self.root / "profiles"
        for folder in [root, *root.glob("*/")]:
            for entry in folder.iterdir():
                if not entry.name.startswith("."):
                    continue
                # A parent that was killed could not remove it.
                if not parent_killed:
                    return f"{entry} was left behind"
                self.left_by_kills += 1
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        for run in root.glob("*/*"):
            try:
                self.check_run(run)
            except (OSError, ValueError, KeyError, EOFError) as error:
                return f"{run} is not whole: {error!r}"
            self.whole += 1
        return None

    def check_run(self, run):
        record = json.loads((run / "run.json").read_text())
        files = set(record["files"])
        found = {entry.name for entry in run.iterdir()}
        if files != found:
            raise ValueError(f"it has {sorted(found)}, and names {sorted(files)}")
        if run.name.endswith(".failed") != ("error.json" in files):
            raise ValueError("a failed run is where good ones lie, or the other way round")
        for name in files:
            content = (run / name).read_bytes()
            if name.endswith(".json"):
                json.loads(content)
            elif name.endswith(".gz"):
                content = gzip.decompress(content)
            elif name.endswith(".svg") and not content.rstrip().endswith(b"</svg>"):
                raise ValueError(f"{name} is cut off")
            # A profile in which nothing is in use has no folded stacks.
            if not content and not name.endswith(".folded"):
                raise ValueError(f"{name} is empty")

    def fail(self, number, what, arguments, problem):
        self.wrong.append(number)
        print(f"run {number}: {what}: mapprof run {' '.join(arguments)}: {problem}", flush=True)

    def all(self):
        begun = time.monotonic()
        # How long an undisturbed run takes, and a good run in each place.
        samples = []
        for map_name in MAPS:
            start = time.monotonic()
            code = self.run(["small", "--map", map_name, "--heap"], "first").wait()
            if code != 0:
                sys.exit(f"an undisturbed run on {map_name} ended with {code}")
            samples.append(time.monotonic() - start)
        self.typical = 1.5 * sum(samples) / len(samples)
        while self.struck < self.times:
            self.once(self.runs)
            self.runs += 1
            if self.runs % 50 == 0:
                print(f"{self.struck} of {self.times} struck, {len(self.wrong)} wrong", flush=True)
        last = self.run(["small", "--map", ",".join(MAPS)], "last").wait()
        leftover = self.half_written(parent_killed=False)
        if last != 0 or leftover:
            self.fail("after all", "undisturbed", [], f"exit code {last}, {leftover}")
        self.cgroup.remove()
        shutil.rmtree(self.root)
        self.report(time.monotonic() - begun)
        return 1 if self.wrong else 0

    def report(self, seconds):
        print(f"\n{self.runs} runs in {seconds:.0f} s; OOM by "
              f"{'memory cgroup' if self.cgroup.path else 'limit of address space'}")
        for (what, code), count in sorted(self.ends.items(), key=str):
            print(f"  {what:32} exit {code:4}  {count:5}")
        print(f"struck: {self.struck}, over before the strike: {self.runs - self.struck}")
        print(f"folders of runs checked: {self.whole}, half-written: 0 unless told above")
        print(f"hidden folders and files of killed parents: {self.left_by_kills}")
        print(f"longest life of a child after its parent: {self.oldest:.2f} s, one look at all processes included")
        print(f"wrong: {len(self.wrong)}")


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/mapprof")
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    sys.exit(Torture(program, times, seed).all())


if __name__ == "__main__":
    main()
