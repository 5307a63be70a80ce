"""Small workloads that cover what the catalogue does not: each type of keys and values, and each field of a workload."""

# Every operation that std's map has; iterations and clearances are rare, so that there are entries to work on.
EVERYTHING = """
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }

[[phase]]
name = "serve"
ops = 3000
mix = { insert = 9.5, get = 20, get_missing = 5, update = 15, upsert = 10, remove = 15, iterate = 0.4, clear = 0.1, entry = 10, modify = 15 }

[[phase]]
name = "in-turn"
ops = 150
each = ["insert", "modify", "get", "update", "remove", "get_missing", "entry", "modify", "iterate", "upsert"]

[[phase]]
name = "read"
ops = 500
mix = { get = 100 }

[[phase]]
name = "drain"
ops = 1500
mix = { remove = 100 }

[[phase]]
name = "empty"
ops = 40
each = ["get", "update", "remove", "modify", "get_missing"]
"""

# The same for several threads, without what sees the work of others.
SHARED = EVERYTHING.replace("iterate = 0.4, clear = 0.1,", "").replace("insert = 9.5", "insert = 10").replace(' "iterate",', "")

# What has no removals of its own.
SERVE = """
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }

[[phase]]
name = "serve"
ops = 4000
mix = { insert = 25, get = 45, update = 20, modify = 10 }
"""

KEYS = {
    "u32": 'type = "u32"',
    "u32-up": 'type = "u32"\norder = "ascending"',
    "u64-up": 'type = "u64"\norder = "ascending"',
    "u128": 'type = "u128"',
    "string-short": 'type = "string"\nlength = 5',
    "string-long": 'type = "string"\nlength = 47\norder = "ascending"',
    "box-str": 'type = "box-str"\nlength = 12',
    "arc-str": 'type = "arc-str"\nlength = 33',
    "compact-str": 'type = "compact-str"\nlength = { distribution = "uniform", min = 20, max = 30 }',
    "smol-str": 'type = "smol-str"\nlength = [{ bytes = 23, share = 0.4 }, { bytes = 24, share = 0.6 }]',
    "array-16": 'type = "array"\nlength = 16',
    "array-32": 'type = "array"\nlength = 32',
    "bytes-short": 'type = "bytes"\nlength = 3',
    "bytes-long": 'type = "bytes"\nlength = 29',
    "box-bytes": 'type = "box-bytes"\nlength = 17\norder = "ascending"',
    "composite": 'type = "composite"',
    "string-uniform": 'type = "string"\nlength = { distribution = "uniform", min = 4, max = 40 }',
    "bytes-shares": 'type = "bytes"\nlength = [{ bytes = 8, share = 0.7 }, { bytes = 40, share = 0.2 }, { bytes = 5, share = 0.1 }]',
    "string-gev": 'type = "string"\nlength = { distribution = "gev", location = 12.5, scale = 8.2, shape = 0.078688, min = 6, max = 90 }',
    "bytes-gev": 'type = "bytes"\nlength = { distribution = "gev", location = 9.5, scale = 2.0, shape = 0.5, min = 9, max = 14 }',
}

VALUES = {
    "unit": 'type = "unit"',
    "bool": 'type = "bool"',
    "f64": 'type = "f64"',
    "box-unit": 'type = "box-unit"',
    "box-u8": 'type = "box-u8"',
    "array-16": 'type = "array"\nsize = 16',
    "array-32": 'type = "array"\nsize = 32',
    "array-64": 'type = "array"\nsize = 64',
    "array-128": 'type = "array"\nsize = 128',
    "array-256": 'type = "array"\nsize = 256',
    "padded": 'type = "padded"',
    "reordered": 'type = "reordered"',
    "boxed-few": 'type = "boxed"\nsize = { distribution = "uniform", min = 0, max = 9 }',
    "vec-fixed": 'type = "vec"\nsize = 3',
    "vec-pareto": 'type = "vec"\nsize = { distribution = "pareto", min = 16, max = 4096, alpha = 1.2 }',
    "vec-tail": 'type = "vec"\nsize = { distribution = "generalised-pareto", location = 15, scale = 214.476, shape = 0.348238, max = 10000, head = [0.1, 0.0, 0.2] }',
    "vec-plain-tail": 'type = "vec"\nsize = { distribution = "generalised-pareto", location = 0, scale = 30, shape = 1.0, max = 500 }',
    "arc-held": 'type = "arc-bytes"\nsize = { distribution = "uniform", min = 1, max = 70 }\nheld = 0.3',
    "arc-held-fixed": 'type = "arc-bytes"\nsize = 24\nheld = 0.6',
    "arc-free": 'type = "arc-bytes"\nsize = 24',
    "record-plain": 'type = "record"\ninline = 32',
    "record-fixed": 'type = "record"\ninline = 56\nheap = ["18", "5 x 24"]',
    "record-drawn": 'type = "record"\ninline = 64\nheap = ["18", "0..3 x 24", "8..40"]',
    "record-full": 'type = "record"\ninline = 128\nheap = ["0", "0..3 x 24", "1..2", "3 x 1", "0..9 x 0..2", "2 x 1100", "0..1"]',
}

ACCESS = {
    "uniform": '"uniform"',
    "sequential": '"sequential"',
    "zipf": '{ distribution = "zipf", theta = 0.99 }',
    "steep": '{ distribution = "zipf", theta = 4 }',
    "scrambled": '{ distribution = "scrambled-zipf", theta = 0.5 }',
    "latest": '{ distribution = "latest", theta = 1.3 }',
    "hotspot": '{ distribution = "hotspot", operations = 0.8, keys = 0.2 }',
    "all-hot": '{ distribution = "hotspot", operations = 0.0, keys = 1.0 }',
}


def text(name, key='type = "u64"', value='type = "u64"', phases=EVERYTHING, head=""):
    """A workload file."""
    return (
        f'name = "{name}"\nabout = "A test."\nentries = 500\n{head}\n\n[key]\n{key}\n\n[value]\n{value}\n{phases}'
    )


def phase(name, rest):
    """A phase of a workload file."""
    return f'\n[[phase]]\nname = "{name}"\n{rest}\n'


def own_workloads():
    """Workload files by their names."""
    files = {}

    def add(name, *args, **kwargs):
        files[f"own-{name}"] = text(f"own-{name}", *args, **kwargs)

    for name, key in KEYS.items():
        add(f"key-{name}", key=key)
    for name, value in VALUES.items():
        add(f"value-{name}", value=value)
    for name in ("bool", "boxed-few", "vec-pareto", "arc-held", "record-drawn"):
        add(f"value-{name}-of-string", key='type = "string"\nlength = 24', value=VALUES[name])
    for name, access in ACCESS.items():
        add(f"access-{name}", head=f"access = {access}")
        add(f"shared-{name}", head=f"access = {access}", phases=SHARED)
    fill = phase("fill", "ops_per_entry = 1.0\nmix = { insert = 100 }")
    turn = phase("turn", 'ops = 1500\neach = ["insert", "remove", "get"]')
    serve = phase("serve", "ops = 4000\nmix = { insert = 25, get = 45, update = 20, modify = 10 }")
    oldest = 'removals = "oldest"\naccess = { distribution = "zipf", theta = 0.7 }'
    add("oldest", head=oldest, phases=fill + turn + serve)
    add("oldest-of-many", head=oldest, phases=fill + serve + turn.replace("1500", "12000") + serve.replace('"serve"', '"again"'))
    add("time-to-live", head="time_to_live = 300", phases=SERVE)
    add("long-life", head="time_to_live = 5001", phases=SERVE + phase("more", "ops = 20000\nmix = { insert = 60, upsert = 40 }"))
    add("wonders", head="one_hit_wonders = 0.4", phases=SHARED)
    add("most-are-wonders", head='one_hit_wonders = 0.99\naccess = "sequential"', phases=SERVE)
    add("all-are-wonders", head="one_hit_wonders = 1", phases=SERVE)
    add("several-maps", head="instances = 7")
    add("several-maps-shared", head="instances = 7\naccess = { distribution = \"latest\", theta = 0.9 }", phases=SHARED)
    scan = phase("scan", "ops = 800\nmix = { insert = 10, update = 10, remove = 20, modify = 20, scan = 40 }")
    for name, key in {"u64": 'type = "u64"', "string": KEYS["string-uniform"], "bytes": KEYS["bytes-short"]}.items():
        add(f"scan-{name}", key=key, phases=fill + scan + phase("empty", 'ops = 2\neach = ["clear", "scan"]'))
    add("scan-maps", head="instances = 3\nscan_entries = 7", phases=fill + scan)
    add("scan-ascending", key=KEYS["u64-up"], head="scan_entries = 300", phases=fill + scan)
    get = "ops = 300\nmix = { get = 50, update = 50 }"
    steps = (
        phase("again", 'step = "new"\ncapacity = 700') + fill.replace('"fill"', '"refill"') + phase("room", 'step = "reserve"\nadditional = 100')
        + phase("serve", get) + phase("shrink", 'step = "shrink"') + phase("rebuild", 'step = "rebuild"') + phase("serve-on", get)
    )
    ends = phase("drop", 'step = "drop"') + phase("last", 'step = "new"') + phase("on", "ops = 300\nmix = { upsert = 100 }")
    add("steps", phases=fill + steps + ends)
    add("steps-of-maps", head="instances = 3", value=VALUES["vec-tail"], phases=fill + steps + ends)
    add("swap", phases=fill + phase("swap", 'step = "swap"\nreaders = 2') + phase("serve", get))
    hand_over = SHARED
    for name in ("serve", "read", "drain"):
        hand_over = hand_over.replace(f'name = "{name}"\n', f'name = "{name}"\nhand_over = true\n')
    add("handed-over", value=VALUES["vec-tail"], phases=hand_over)
    add("handed-over-held", value=VALUES["arc-held"], phases=hand_over)
    for name, hasher in {"bad": '{ type = "bad", distinct = 40 }', "fnv": '"fnv"', "ahash": '"ahash"'}.items():
        add(f"hasher-{name}", head=f"hasher = {hasher}\ncapacity = 100", phases=SHARED)
    return files
