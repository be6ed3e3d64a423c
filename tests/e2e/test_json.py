"""once --json and stream hold the JSON contract, and say what is true of the services."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime, timezone

import jsonschema

import gm
from gm import Failed, Skip, check, equal

t = gm.Tap()
tmp = tempfile.mkdtemp(prefix="gmptop-json-")
OPTS = ["--interval", "300ms", "--timeout", "2s"]
SLEEPS_BEFORE = ("running", "runnable", "syscall")


# ---- the rules of the contract, for any object ----

schema = gm.run([gm.GMPTOP, "docs", "schema"])
validator = jsonschema.Draft202012Validator(schema.json) if schema.rc == 0 else None


def no_null(v, where="$"):
    check(v is not None, f"{where} is null: what is not known is left out")
    for k, x in v.items() if isinstance(v, dict) else enumerate(v) if isinstance(v, list) else ():
        no_null(x, f"{where}.{k}")
        if isinstance(v, dict) and not where.endswith((".settings", ".labels")):
            check(re.fullmatch(r"[a-z0-9_]+", k), f"{where}.{k}: names are snake_case")


def check_time(o, text):
    m = re.findall(r'"unix_ns":\s*([^,}\s]+)', text)
    check(m and all(re.fullmatch(r"[1-9][0-9]{18}", x) for x in m), "unix_ns is no whole number of 19 digits", m)
    stamp = datetime.fromisoformat(o["time"].replace("Z", "+00:00"))
    check(o["time"].endswith("Z") and stamp.tzinfo == timezone.utc, "time is not RFC 3339 in UTC", o["time"])
    check(abs(stamp.timestamp() - o["unix_ns"] / 1e9) < 0.002, "time and unix_ns differ", o["time"], o["unix_ns"])


def check_sources(tg):
    equal([s["name"] for s in tg["sources"]], gm.SOURCES, "names of sources")
    for s in tg["sources"]:
        check(s["state"] in ("ok", "absent", "denied", "failed", "off"), "unknown state", s)
        check(s["state"] == "ok" or len(s.get("detail", "")) > 5, f"source {s['name']} is {s['state']} without a reason")
        check(s.get("age_ms", 0) >= 0, "negative age", s)


def check_goroutines(g):
    groups = g.get("groups")
    if groups is None:
        return
    counts = [x["count"] for x in groups]
    equal(counts, sorted(counts, reverse=True), "groups by count, largest first")
    check(all(c > 0 for c in counts), "a group without goroutines")
    ids = [x["id"] for x in groups]
    equal(len(ids), len(set(ids)), "ids of groups are unique")
    check(g["source"] in ("memory", "pprof"), "groups from where there are none", g["source"])
    if "groups_total" not in g:
        equal(sum(counts), g["total"], "sum of the groups' counts")
        by_state = Counter()
        for x in groups:
            states = x.get("states", [{"state": x.get("state", "waiting"), "count": x["count"]}])
            equal(sum(s["count"] for s in states), x["count"], "sum of a group's states")
            for s in states:
                by_state[s["state"] if s["state"] in SLEEPS_BEFORE else "waiting"] += s["count"]
        equal({k: v for k, v in g["by_state"].items() if v}, dict(by_state), "by_state as the groups say")
    equal(sum(g["by_state"].values()), g["total"], "sum of by_state")
    for x in groups:
        stack = [f["func"] for f in x["stack"]]
        check(stack or x.get("state") in SLEEPS_BEFORE, "a group without a stack", x)
        if x.get("state") in ("chan receive", "chan send", "select", "IO wait", "sleep"):
            check(stack[0] in ("runtime.gopark", "runtime.goparkunlock"), "a waiting stack starts at its leaf", x)
        if len(stack) < 24 and x.get("entry"):
            check(x["entry"]["func"] in stack[-2:], "the entry is at the stack's root", x)
        check(x.get("oldest_s", 0) >= 0, "negative age", x)
    seen = {group_key(x) for x in groups}
    equal(len(seen), len(groups), "no two groups of the same stack, state and labels")


def group_key(x):
    return (x.get("state"), str(x["stack"]), str(sorted(x.get("labels", {}).items())), str(x.get("created_by")))


def check_target(tg):
    check(tg["name"], "a target without a name")
    check_sources(tg)
    src = gm.sources(tg)
    if "goroutines" in tg:
        check_goroutines(tg["goroutines"])
        check(src[tg["goroutines"]["source"]]["state"] == "ok", "goroutines of a source that is not ok", src)
    ids = {x["id"] for x in tg.get("goroutines", {}).get("groups", [])}
    for leak in tg.get("leaks", []):
        check(leak["group"] in ids, "leaks[].group is no group of this object", leak)
        check(leak["grade"] in ("weak", "strong"), "no source here proves a leak", leak)
        check(leak["evidence"] and leak["pattern"], "a suspect without evidence or pattern", leak)
    for key in ("breakers", "limiters", "requests"):
        check(key not in tg or "ok" in (src["metrics"]["state"], src["memory"]["state"]), f"{key} from nowhere", src)
    for b in tg.get("breakers", []):
        check(b["state"] in ("closed", "half_open", "open", "unknown"), "breaker's state", b)


def check_object(text):
    check(text.endswith("\n") and "\n" not in text.rstrip("\n"), "one object, one line")
    bad = gm.bad_bytes(text.encode("utf-8", "surrogateescape"))
    check(not bad, "control characters or broken UTF-8 in the output", bad)
    o = gm.parse_json(text)
    no_null(o)
    check_time(o, text)
    if validator:
        wrong = sorted(validator.iter_errors(o), key=lambda e: list(map(str, e.path)))
        check(not wrong, "does not fit docs/gmptop.schema.json",
              *[f"{'.'.join(map(str, e.path))}: {e.message[:300]}" for e in wrong[:5]])
    for tg in o["targets"]:
        check_target(tg)
    return o


def check_line(text):
    return check_object(text + "\n")


def once(*args, rc=0, **kw):
    r = gm.gmptop("once", "--json", *OPTS, *args, **kw)
    equal(r.rc, rc, f"exit code of once {' '.join(map(str, args))} ({r})")
    if rc == 0:
        equal(r.err, "", "standard error")
    return check_object(one_line(r.out))


def one_line(out):
    """`once` may print its object over several lines; the rules are those of the text."""
    return out if out.count("\n") <= 1 else gm.json.dumps(gm.parse_json(out)) + "\n"


def healthy(tg, sv):
    """All that this release reads of a paymentd."""
    equal({k: v["state"] for k, v in gm.sources(tg).items()},
          {k: "absent" if k == "hystrix" else "off" if k in ("bpf", "prometheus") else "ok" for k in gm.SOURCES},
          "states of the sources")
    equal(tg.get("pid"), sv.pid, "pid")
    equal(tg.get("url"), sv.url, "url")
    for key in ("build", "uptime_s", "health", "sched", "goroutines", "breakers", "limiters", "requests", "memory"):
        check(key in tg, f"{key} is missing", sorted(tg))
    check(tg["goroutines"]["total"] > 20, "goroutines", tg["goroutines"]["total"])
    equal(sorted(b["name"] for b in tg["breakers"]), ["fx", "ledger", "mail", "payment"], "breakers")
    equal(sorted(b["name"] for b in tg["limiters"]), ["api", "fx"], "limiters")
    equal(tg["health"]["url"], "/healthz", "health.url")
    equal(tg["health"]["status"], 200, "health.status")
    check(tg["memory"]["heap_live_bytes"] > 100_000 and tg["memory"]["rss_bytes"] > 1_000_000, "memory", tg["memory"])
    check(tg["memory"]["heap_goal_bytes"] >= 1_000_000, "heap goal", tg["memory"])
    equal(tg["sched"]["gomaxprocs"], len(os.sched_getaffinity(sv.pid)), "sched.gomaxprocs")


# ---- schema and targets ----

@t.test("docs schema prints a valid JSON Schema, and docs/gmptop.schema.json is the same")
def _():
    equal(schema.rc, 0, f"exit code ({schema})")
    jsonschema.Draft202012Validator.check_schema(schema.json)
    with open("docs/gmptop.schema.json") as f:
        equal(gm.parse_json(f.read()), schema.json, "docs/gmptop.schema.json")


@t.test("the schema refuses a null, a wrong type and an unknown state")
def _():
    with demo() as sv:
        o = once(sv.url)
    for change in (lambda x: x.update(schema=None), lambda x: x.update(unix_ns="1"),
                   lambda x: x["targets"][0]["sources"][0].update(state="fine"),
                   lambda x: x["targets"][0]["goroutines"].update(total="many"),
                   lambda x: x["targets"][0]["breakers"][0].update(state="ajar")):
        c = gm.json.loads(gm.json.dumps(o))
        change(c)
        check(not validator.is_valid(c), "the schema accepts what is wrong")


def demo():
    return gm.paymentd("-demo")


@t.test("by URL, host:port, PID and name the same process and the same address are found")
def _():
    name = f"gmptop-e2e-payment-{os.getpid()}"  # longer than the 15 characters of comm
    path = gm.copy_of("paymentd", name, tmp)
    with gm.paymentd("-demo", path=path) as sv:
        gm.until("traffic", lambda: b'handler="pay"' in sv.get("/metrics"))
        for target in (sv.url, sv.address, sv.url + "/", str(sv.pid), name):
            tg, = once(target)["targets"]
            healthy(tg, sv)
            equal(tg["name"], name, f"name of {target}")
            up = gm.json.loads(sv.get("/healthz"))["uptime_s"]
            check(abs(tg["uptime_s"] - up) <= 3, "uptime_s", tg["uptime_s"], up)
        tg, = once("shop=" + sv.address)["targets"]
        healthy(tg, sv)
        equal(tg["name"], "shop", "NAME of NAME=TARGET")
        with gm.paymentd(path=path) as twin:
            r = gm.gmptop("once", name, "--json")
            equal(r.rc, 1, f"several matches ({r})")
            equal(r.out, "", "standard output")
            check(str(sv.pid) in r.err and str(twin.pid) in r.err, "the matches are listed", r.err)


@t.test("an exact metrics page or profile is that alone")
def _():
    with demo() as sv:
        tg, = once(sv.url + "/metrics")["targets"]
        src = gm.sources(tg)
        equal(src["metrics"]["state"], "ok", "metrics")
        check(src["pprof"]["state"] != "ok", "pprof was not asked for", src["pprof"])
        check("breakers" in tg and "groups" not in tg.get("goroutines", {}), "what a metrics page has", sorted(tg))
        equal(tg["goroutines"]["source"], "metrics", "goroutines.source")
        tg, = once(sv.url + "/debug/pprof/goroutine")["targets"]
        src = gm.sources(tg)
        equal(src["pprof"]["state"], "ok", "pprof")
        check(src["metrics"]["state"] != "ok" and "breakers" not in tg, "metrics was not asked for", src["metrics"])


@t.test("a unix socket is a target")
def _():
    path = os.path.join(tmp, "app.sock")
    with gm.Server(gm.serve_good, unix_path=path):
        tg, = once("unix:" + path)["targets"]
        src = gm.sources(tg)
        equal((src["pprof"]["state"], src["metrics"]["state"]), ("ok", "ok"), "states of pprof and metrics")
        equal(tg["goroutines"]["total"], 8, "goroutines.total")
        equal([(x["count"], x["state"]) for x in tg["goroutines"]["groups"]], [(7, "chan receive"), (1, "chan receive")],
              "groups")
        equal(tg["breakers"][0]["state"], "open", "breaker")
        tg, = once("sock=unix:" + path)["targets"]
        equal(tg["name"], "sock", "name")
    r = gm.gmptop("once", "unix:" + path, *OPTS)
    equal(r.rc, 2, f"nobody listens ({r})")


@t.test("several targets are several rows in the order asked; one that fails has name and sources, exit 3")
def _():
    with demo() as a, gm.Service("quiet", "-listen", "127.0.0.1:0") as b:
        o = once(f"one={a.url}", f"two={b.pid}", f"three={a.address}")
        equal([x["name"] for x in o["targets"]], ["one", "two", "three"], "names")
        healthy(o["targets"][0], a)
        healthy(o["targets"][2], a)
        equal(o["targets"][1]["pid"], b.pid, "pid")
        o = once("dead=127.0.0.1:1", f"one={a.url}", rc=3)
        equal(o["targets"][0]["name"], "dead", "name")
        equal(gm.sources(o["targets"][0])["pprof"]["state"], "failed", "pprof of a port that nobody listens on")
        check("goroutines" not in o["targets"][0] and "breakers" not in o["targets"][0], "0 is not absent",
              sorted(o["targets"][0]))
        healthy(o["targets"][1], a)
        o = once("dead=127.0.0.1:1", rc=2)
        equal(len(o["targets"]), 1, "a row for every target asked for")


@t.test("--sources leaves out the others, which are off with a reason")
def _():
    with demo() as sv:
        tg, = once(sv.pid, "--sources", "proc")["targets"]
        equal({k for k, v in gm.sources(tg).items() if v["state"] == "ok"}, {"proc"}, "sources that are ok")
        equal(gm.sources(tg)["pprof"]["state"], "off", "pprof")
        check("groups" not in tg.get("goroutines", {}) and "breakers" not in tg, "what proc cannot know", sorted(tg))
        tg, = once(sv.url, "--sources", "-pprof")["targets"]
        equal(gm.sources(tg)["pprof"]["state"], "off", "pprof")
        equal(gm.sources(tg)["metrics"]["state"], "ok", "metrics")


# ---- build ----

def elf_has_symtab(path):
    with open(path, "rb") as f:
        b = f.read()
    at, size, n = int.from_bytes(b[40:48], "little"), int.from_bytes(b[58:60], "little"), int.from_bytes(b[60:62], "little")
    return any(int.from_bytes(b[at + i * size + 4:at + i * size + 8], "little") == 2 for i in range(n))


def go_version_m(path):
    """What `go version -m` says, in the words of the contract."""
    go = shutil.which("go") or Skip("no go here")
    if isinstance(go, Skip):
        raise go
    lines = gm.run([go, "version", "-m", path]).out.splitlines()
    b = {"go": lines[0].rpartition(": ")[2], "settings": {}, "deps": []}
    for line in lines[1:]:
        f = line.strip("\t").split("\t")
        if f[0] == "mod":
            b["module"], b["version"] = f[1], f[2]
        elif f[0] == "dep":
            b["deps"].append({"path": f[1], "version": f[2]})
        elif f[0] == "=>":
            b["deps"][-1]["replace"] = " ".join(f[1:3])
        elif f[0] == "build":
            k, _, v = f[1].partition("=")
            b["settings"][k] = v.strip('"') if v.startswith('"') else v
    if "vcs.revision" in b["settings"]:
        b["vcs_revision"] = b["settings"]["vcs.revision"]
        b["vcs_modified"] = b["settings"]["vcs.modified"] == "true"
    return b


def same_build(got, path):
    want = go_version_m(path)
    for k in ("go", "module", "version", "vcs_revision", "vcs_modified"):
        equal(got.get(k), want.get(k), f"build.{k}")
    equal(got["stripped"], not elf_has_symtab(path), "build.stripped")
    strip_vcs = {k: v for k, v in want["settings"].items() if not k.startswith("vcs")}
    equal({k: v for k, v in got["settings"].items() if not k.startswith("vcs")}, strip_vcs, "build.settings")
    equal([(d["path"], d["version"]) for d in got["deps"]], [(d["path"], d["version"]) for d in want["deps"]],
          "build.deps")
    for g, w in zip(got["deps"], want["deps"]):
        check(("replace" in g) == ("replace" in w), "build.deps[].replace", g, w)
        check("replace" not in w or w["replace"].split()[0] in g["replace"], "build.deps[].replace", g, w)


@t.test("build says what go version -m says")
def _():
    with demo() as sv, gm.Service("lab", "-listen", "127.0.0.1:0") as lab:
        for s in (sv, lab):
            tg, = once(s.pid)["targets"]
            same_build(tg["build"], s.path)


@t.test("a stripped program without cgo, with a replaced module and a dirty tree, is told as such")
def _():
    go = shutil.which("go")
    if not go:
        raise Skip("no go here")
    src = os.path.join(tmp, "src")
    os.makedirs(os.path.join(src, "inner"))
    files = {
        "go.mod": "module example.test/shop\n\ngo 1.19\n\nrequire example.test/inner v1.2.3\n\n"
                  "replace example.test/inner v1.2.3 => ./inner\n",
        "main.go": 'package main\n\nimport (\n\t"example.test/inner"\n\t"time"\n)\n\n'
                   "func main() {\n\tprintln(inner.Ready)\n\ttime.Sleep(5 * time.Minute)\n}\n",
        "inner/go.mod": "module example.test/inner\n\ngo 1.19\n",
        "inner/inner.go": 'package inner\n\nvar Ready = "ready"\n',
    }
    for name, text in files.items():
        with open(os.path.join(src, name), "w") as f:
            f.write(text)
    vcs = "-buildvcs=false"
    if shutil.which("git"):
        git = ["git", "-C", src, "-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "init.defaultBranch=m"]
        for args in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
            gm.run(git + args)
        with open(os.path.join(src, "main.go"), "a") as f:
            f.write("// changed\n")
        vcs = "-buildvcs=true"
    exe = os.path.join(tmp, f"gmptop-shop-{os.getpid()}")
    r = gm.run([go, "build", vcs, "-trimpath", "-ldflags=-s -w", "-o", exe, "."], timeout_s=120, cwd=src,
               env={"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOWORK": "off"})
    equal(r.rc, 0, f"go build ({r})")
    p = gm.spawn([exe], stderr=subprocess.PIPE)
    try:
        p.stderr.readline()
        r = gm.gmptop("once", p.pid, "--json", *OPTS)
        check(r.rc in (0, 2), "a process without endpoints", r)
        tg, = check_object(one_line(r.out))["targets"]
        same_build(tg["build"], exe)
        equal((tg["build"]["stripped"], tg["build"]["cgo"]), (True, False), "stripped, cgo")
        equal(tg["build"].get("vcs_modified"), True if vcs.endswith("true") else None, "vcs_modified")
        src_ = gm.sources(tg)
        equal(src_["proc"]["state"], "ok", "proc")
        equal((src_["pprof"]["state"], src_["metrics"]["state"]), ("absent", "absent"), "pprof and metrics")
        check("goroutines" not in tg or tg["goroutines"].get("total"), "0 goroutines where nobody counted", tg.get("goroutines"))
    finally:
        gm.end(p)
        p.stderr.close()


# ---- goroutines against the truth ----

LAB = {"chan-recv": 100, "chan-send": 31, "select": 47, "select0": 3, "nilchan": 4, "nilsend": 5, "mutex": 20,
       "rwmutex-r": 6, "rwmutex-w": 7, "wg": 8, "cond": 9, "sleep": 11, "iowait": 12, "syscall": 2, "deep": 13,
       "generic": 14, "closure": 15, "method": 16, "inline": 17, "labels": 28}


def lab():
    return gm.Service("lab", *[x for k, n in LAB.items() for x in (f"-{k}", str(n))])


def dump_goroutines(text):
    """[(wait reason, [functions, leaf first])] of a debug=2 text."""
    out = []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        state = re.match(r"goroutine \d+ (?:gp=\S+ m=\S+ )?(?:mp=\S+ )?\[([^,\]]*)", lines[0]).group(1)
        funcs = [re.sub(r"\((0x|\.\.\.|\{|[0-9a-f, ]*\)$|\)$).*$", "", x) for x in lines[1:]
                 if x and not x.startswith(("\t", "created by"))]
        out.append((state, funcs))
    return out


def no_nil(state):
    """A profile does not tell that the channel is nil."""
    return state.replace(" (nil chan)", "")


def ours(funcs):
    """The function of the service that waits."""
    return next((re.sub(r"\[\.\.\.\]", "[...]", f) for f in funcs if f.startswith("main.")), None)


@t.test("goroutines per wait reason and function are those of debug=2")
def _():
    with lab() as sv:
        tg, = once(sv.url)["targets"]
        truth = Counter()
        for state, funcs in dump_goroutines(sv.get("/debug/pprof/goroutine?debug=2").decode("utf-8", "replace")):
            if ours(funcs):
                truth[no_nil(state), ours(funcs)] += 1
        got = Counter()
        for x in tg["goroutines"]["groups"]:
            f = ours([y["func"] for y in x["stack"]])
            if f:
                got[no_nil(x["state"]), f] += x["count"]
        check(sum(truth.values()) > sum(LAB.values()), "debug=2 was not understood", truth)
        check(got == truth, "not the same", f"only gmptop: {got - truth}", f"only debug=2: {truth - got}")


@t.test("each goroutine of lab is found where lab says that it waits")
def _():
    with lab() as sv:
        tg, = once(sv.pid)["targets"]
        groups = tg["goroutines"]["groups"]
        problems = []
        for want in sv.report["expected"]:
            found = Counter()
            for x in groups:
                at = next((f for f in x["stack"] if f["func"].startswith("main.")), None)
                if at and at["func"] == want["func"]:
                    found[no_nil(x["state"]), os.path.basename(at["file"]), at["line"]] += x["count"]
                    if x["entry"]["func"] != want["entry"] and want["kind"] not in ("deep", "labels"):
                        problems.append(f"{want['kind']}: entry {x['entry']} is not {want['entry']}")
            if found != Counter({(no_nil(want["wait"]), want["file"], want["line"]): want["count"]}):
                problems.append(f"{want['kind']}: want {want['wait']} {want['file']}:{want['line']} x{want['count']}, "
                                f"got {dict(found)}")
        check(not problems, "\n".join(problems))


@t.test("inlined frames are in stacks, wrappers are not, and a stack keeps 24 frames")
def _():
    with lab() as sv:
        tg, = once(sv.url)["targets"]
        stacks = {ours([f["func"] for f in x["stack"]]): [f["func"] for f in x["stack"]]
                  for x in tg["goroutines"]["groups"]}
        inline = stacks["main.inlinedInner"]
        at = inline.index("main.inlinedInner")
        equal(inline[at:at + 3], ["main.inlinedInner", "main.inlinedOuter", "main.parkInline"], "inlined frames")
        check(not [f for s in stacks.values() for f in s if f.endswith("-fm")], "a method value's wrapper")
        check(len(stacks["main.parkDeep"]) >= 24, "deep stack is cut too early", len(stacks["main.parkDeep"]))


@t.test("labels make groups of their own, whatever is in them, and come out as safe text")
def _():
    with lab() as sv:
        r = gm.gmptop("once", sv.url, "--json", *OPTS)
        tg, = check_object(one_line(r.out))["targets"]
        got = Counter()
        for x in tg["goroutines"]["groups"]:
            if ours([f["func"] for f in x["stack"]]) == "main.parkLabelled":
                got[re.sub("\ufffd+", "\ufffd", x.get("labels", {}).get("note", ""))[:80]] += x["count"]
        want = Counter()
        for e in sv.report["expected"]:
            for label in e.get("labels", []):
                text = bytes.fromhex(label["value_hex"]).decode("utf-8", "replace")
                want[re.sub("\ufffd+", "\ufffd", text)[:80]] += label["count"]
        check(got == want, "labels", f"only gmptop: {got - want}", f"only lab: {want - got}")
        check(r"\u001b[2J" in r.out and r"\u009b31m" in r.out and r"nul \u0000 inside" in r.out,
              r"control characters are written \u00XX")


# ---- stream ----

def lines_of(r):
    return [check_line(x) for x in r.out.splitlines()]


@t.test("stream --count 3 prints three lines an interval apart, with ids that last")
def _():
    with demo() as sv, gm.Service("quiet", "-listen", "127.0.0.1:0") as q:
        r = gm.gmptop("stream", sv.url, f"calm={q.pid}", "--count", "3", "--interval", "500ms")
        equal((r.rc, r.err), (0, ""), "exit code and standard error")
        ls = lines_of(r)
        equal(len(ls), 3, "lines")
        for o in ls:
            healthy(o["targets"][0], sv)
        at = [o["unix_ns"] for o in ls]
        check(all(0.2e9 < b - a for a, b in zip(at, at[1:])), "an interval of 500ms lies between two lines", at)
        check(abs(at[2] / 1e9 - time.time()) < 30, "unix_ns is now", at)
        by_key = {}
        same = 0
        for o in ls:
            for i, tg in enumerate(o["targets"]):
                for x in tg["goroutines"]["groups"]:
                    k = i, group_key(x)
                    same += k in by_key
                    equal(x["id"], by_key.setdefault(k, x["id"]), f"id of the group {k}")
        check(same >= 20, "hardly a group is in two lines", same)


@t.test("rates need two samples and belong to the interval")
def _():
    with gm.paymentd("-traffic", "40") as sv:
        gm.until("traffic", lambda: b'http_request_duration_seconds_count{code="200",handler="pay"' in sv.get("/metrics"))
        o = once(sv.url, "--interval", "2s")
        pay = [x for x in o["targets"][0]["requests"] if x["route"] == "pay"]
        check(pay, "no requests to pay", o["targets"][0]["requests"])
        equal(pay[0]["source"], "metrics", "requests[].source")
        check(5 < pay[0]["rate_per_s"] < 80, "rate of pay, which is most of 40/s", pay)
        check(0 < pay[0]["p50_ms"] <= pay[0]["p99_ms"] < 5000, "p50 and p99", pay)


@t.test("once takes two samples, whatever the interval: what needs two is there")
def _():
    with gm.paymentd("-traffic", "40") as sv:
        gm.until("traffic", lambda: b'http_request_duration_seconds_count{code="200",handler="pay"' in sv.get("/metrics"))
        missing = []
        has_created = b"go_sched_goroutines_created" in sv.get("/metrics")  # Go 1.26
        for target in (sv.url, sv.pid):
            for interval in ("100ms", "200ms", "300ms", "500ms", "700ms", "1s"):
                # A busy box may take longer than the default time-out of twice the interval.
                tg, = once(target, "--interval", interval, "--timeout", "5s")["targets"]
                if has_created and "created_per_s" not in tg["sched"]:
                    missing.append((target, interval, "sched.created_per_s"))
                if not all("rate_per_s" in x for x in tg["requests"] if x["route"] == "pay"):
                    missing.append((target, interval, "requests[].rate_per_s"))
                if interval in ("700ms", "1s") and not any("delta_per_min" in x for x in tg["goroutines"]["groups"]):
                    missing.append((target, interval, "groups[].delta_per_min"))
        check(not missing, "rates are missing", *missing)


class Streaming:
    """gmptop stream in the background, its lines collected as they come."""

    def __init__(self, *args):
        self.p = gm.spawn([gm.GMPTOP, "stream", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, env=gm.environ())
        self.lines, self.err = [], b""
        self.threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_err)]
        for x in self.threads:
            x.start()

    def _read(self):
        for line in self.p.stdout:
            self.lines.append(line.decode("utf-8", "surrogateescape"))

    def _read_err(self):
        self.err = self.p.stderr.read()

    def last(self):
        return gm.parse_json(self.lines[-1]) if self.lines else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        gm.end(self.p)
        for x in self.threads:
            x.join(5)
        self.p.stdout.close()
        self.p.stderr.close()


def ended(by_pid):
    with demo() as sv, Streaming(sv.pid if by_pid else sv.url, "--interval", "300ms") as st:
        gm.until("two lines", lambda: len(st.lines) >= 2)
        sv.p.kill()
        at = time.time()
        check(gm.wait_end(st.p, 8 * gm.SLOW), "stream still runs 8 s after its target was killed",
              st.last()["targets"][0]["sources"])
        for x in st.threads:
            x.join(5)
        equal(st.p.returncode, 0, f"exit code; standard error {st.err!r}")
        src = gm.sources(check_object(st.lines[-1])["targets"][0])
        stamps = {datetime.fromtimestamp(at + d).strftime("%H:%M:%S") for d in range(-2, 6)}
        for name in ("proc", "pprof", "metrics"):
            equal(src[name]["state"], "failed", f"state of {name} in the last line")
            check(any(x in src[name]["detail"] for x in stamps), f"{name} does not tell the time",
                  src[name]["detail"], sorted(stamps))
        before = gm.parse_json(st.lines[0])
        equal(gm.sources(before["targets"][0])["pprof"]["state"], "ok", "pprof in the first line")


t.add("when a target given by PID ends, the last line says failed and when, and stream exits 0", ended, True)
t.add("when a local target given by URL ends, the last line says failed and when, and stream exits 0", ended, False)


@t.test("each line of a stream brings new values: time grows, and no source that is ok is an interval old")
def _():
    with demo() as sv, Streaming(f"a={sv.url}", f"b={sv.pid}", "--interval", "400ms", "--count", "15") as st:
        check(gm.wait_end(st.p, 20 * gm.SLOW), "stream --count 15 still runs after 20 s")
        st.threads[0].join(5)
        objects = [check_object(x) for x in st.lines]
        equal(len(objects), 15, "lines")
        at = [o["unix_ns"] for o in objects]
        check(at == sorted(set(at)), "unix_ns does not grow from line to line", at)
        old = [(i, tg["name"], s["name"], s["age_ms"]) for i, o in enumerate(objects) for tg in o["targets"]
               for s in tg["sources"] if s["state"] == "ok" and s["age_ms"] > max(380 * gm.SLOW, s.get("every_ms", 0))]
        # One answer may be late on a busy host.
        check(len(old) <= 4, "(line, target, source, age_ms) of values that are those of the line before", old)


@t.test("a target that ends leaves the others in the stream")
def _():
    with demo() as a, demo() as b, Streaming(f"a={a.pid}", f"b={b.pid}", "--interval", "300ms") as st:
        gm.until("two lines", lambda: len(st.lines) >= 2)
        a.p.kill()
        gm.until("a is failed", lambda: gm.sources(st.last()["targets"][0])["pprof"]["state"] == "failed")
        n = len(st.lines)
        gm.until("three more lines", lambda: len(st.lines) >= n + 3)
        healthy(st.last()["targets"][1], b)
        check(st.p.poll() is None, "stream ended though a target is left")


# ---- breakers ----

def breakers_tell_the_truth(source, *options):
    with gm.paymentd("-traffic", "60", "-breaker-timeout", "2s") as sv:
        truth, stop = [], threading.Event()

        def watch():
            while not stop.is_set():
                before = time.time_ns()
                states = gm.json.loads(sv.get("/healthz"))["breakers"]
                truth.append((before, time.time_ns(), states))
                stop.wait(0.05)
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with Streaming(sv.url, "--interval", "250ms", *options) as st:
                def now(name):
                    o = st.last()
                    return o and {b["name"]: b["state"] for b in o["targets"][0].get("breakers", [])}.get(name)
                gm.until("payment is closed", lambda: now("payment") == "closed")
                sv.switch("trip", 90)
                gm.until("payment is open", lambda: now("payment") == "open", 15)
                sv.switch("trip", on=False)
                gm.until("payment is half open", lambda: now("payment") == "half_open", 15)
                gm.until("payment is closed again", lambda: now("payment") == "closed", 15)
                time.sleep(0.3)  # so that truth is known past the last line
        finally:
            stop.set()
            watcher.join(10)
        wrong, compared = [], 0
        for line in st.lines:
            tg = check_object(line)["targets"][0]
            age_ns = gm.sources(tg)[source]["age_ms"] * 1e6
            at = gm.parse_json(line)["unix_ns"] - age_ns
            near = [s for a, b, s in truth if a - 0.3e9 < at < b + 0.6e9]
            for b in tg.get("breakers", []):
                states = {s[b["name"]].replace("-", "_") for s in near}
                compared += bool(states)
                if states and b["state"] not in states:
                    wrong.append((b["name"], b["state"], states))
                if source == "metrics" or b["state"] != "half_open":  # stored as open until somebody asks
                    equal(b.get("raw"), {"closed": 0, "half_open": 1, "open": 2}[b["state"]], f"raw of {b}")
                equal(b["source"], source, "breakers[].source")
        check(not wrong, "states differ from State()", wrong)
        check(compared > 20, "hardly anything to compare", compared)
        last = {b["name"]: b for b in st.last()["targets"][0]["breakers"]}["payment"]
        check(last["since_s"] < 15, "since_s counts from the last change", last)
        opened = [b for line in st.lines for b in gm.parse_json(line)["targets"][0].get("breakers", [])
                  if b["name"] == "payment" and b["state"] == "open"]
        check(any(b.get("rejected_per_s", 0) > 1 for b in opened), "an open breaker rejects", opened[-1:])


@t.test("breakers' states are what the breakers themselves say, while they trip and recover")
def _():
    breakers_tell_the_truth("metrics", "--sources", "-memory")


@t.test("breakers read from memory say so too, and metrics add what is rejected")
def _():
    breakers_tell_the_truth("memory")


# ---- leaks ----

LEAKS = {  # switch: function of the site, first wait reason, pattern
    "leak-select": ("main.awaitQuote", "select"),
    "leak-chan": ("main.drainEvents", "chan-receive"),
    "leak-send": ("main.askProvider", "chan-send"),
    "leak-after": ("main.watchEvents", "select"),
    "leak-http": ("main.(*hungClient).fetchSettlement", "http-client"),
    "leak-wg": ("main.settleBatch", "waitgroup"),
    "leak-mutex": ("main.(*account).book", "mutex"),
}


@t.test("every leak is a strong suspect within 20 s at 500 ms, with its site and pattern; quiet has none")
def _():
    args = [x for k in LEAKS for x in (f"-{k}", "5")]
    with gm.paymentd("-traffic", "20", *args) as sv, gm.Service("quiet", "-listen", "127.0.0.1:0") as q, \
            Streaming(f"bad={sv.url}", f"calm={q.url}", "--interval", "500ms", "--for", "20s") as st:
        check(gm.wait_end(st.p, 30 * gm.SLOW), "stream --for 20s still runs after 30 s")
        st.threads[0].join(5)
        equal(st.p.returncode, 0, f"exit code; standard error {st.err!r}")
        objects = [check_object(x) for x in st.lines]
        check(25 <= len(objects) <= 41, "lines of 20 s at 500 ms", len(objects))
        check("leaks" not in objects[0]["targets"][0], "leaks are absent before there are enough samples",
              objects[0]["targets"][0].get("leaks"))
        bad, calm = objects[-1]["targets"]
        problems = []
        for name, (fn, pattern) in LEAKS.items():
            found = [x for x in bad["leaks"] if x.get("site", {}).get("func") == fn]
            if not [x for x in found if x["grade"] == "strong" and pattern in x["pattern"]]:
                problems.append(f"{name}: no strong {pattern} at {fn}, but {found}")
            for x in found:
                if x["count"] < 30 or not 100 < x["delta_per_min"] < 600:
                    problems.append(f"{name}: 5/s for 20 s, but count {x['count']}, {x['delta_per_min']}/min")
        sites = [f for f, _ in LEAKS.values()]
        for x in bad["leaks"]:
            if x["grade"] == "strong" and x.get("site", {}).get("func") not in sites:
                problems.append(f"suspected without reason: {x}")
        check(not problems, "\n".join(problems))
        equal(calm["leaks"], [], "suspects in quiet")
        for o in objects:
            check(not o["targets"][1].get("leaks"), "a suspect in quiet, for a while", o["targets"][1].get("leaks"))
        ids = {x["site"]["func"]: {y["group"] for o in objects for y in o["targets"][0].get("leaks", [])
                                   if y.get("site") == x["site"] and y["pattern"] == x["pattern"]}
               for x in bad["leaks"] if x.get("site", {}).get("func") == "main.drainEvents"}
        equal([len(v) for v in ids.values()], [1], "ids of the leak's group over time")


@t.test("check exits 4 with a line on a leak, 0 on a quiet service, and --severity decides")
def _():
    with gm.paymentd("-leak-chan", "20", "-leak-select", "20") as sv, gm.Service("quiet", "-listen", "127.0.0.1:0") as q:
        # Nothing is to be found in a second, and at the least severity a leak is found in time.
        r = gm.gmptop("check", sv.pid, "--for", "16s", "--interval", "250ms", timeout_s=40)
        equal(r.rc, 4, f"check of a leak ({r})")
        check("main.drainEvents" in r.out or "leaks.go" in r.out, "the finding names its place", r.out)
        r = gm.gmptop("check", sv.pid, "--for", "2s", "--interval", "250ms", "--severity", "proven")
        equal(r.rc, 0, f"no source proves a leak ({r})")
        r = gm.gmptop("check", q.pid, "--for", "4s", "--interval", "250ms")
        equal(r.rc, 0, f"check of quiet ({r})")
        r = gm.gmptop("check", "127.0.0.1:1", "--for", "1s")
        equal(r.rc, 2, f"check of nobody ({r})")


# ---- exit codes ----

USAGE = [
    (["once"], "once without a target"),
    (["once", "--no-such-option", "127.0.0.1:1"], "an unknown option"),
    (["once", "--interval", "banana", "127.0.0.1:1"], "an interval that is none"),
    (["once", "--interval", "-1s", "127.0.0.1:1"], "a negative interval"),
    (["once", "--interval", "127.0.0.1:1"], "an option without its value"),
    (["once", "--count", "-3", "127.0.0.1:1"], "a negative count"),
    (["once", "--count", "x", "127.0.0.1:1"], "a count that is none"),
    (["once", "--sources", "proc,nonsense", "127.0.0.1:1"], "an unknown source"),
    (["once", "--timeout", "0", "127.0.0.1:1"], "a time-out of nothing"),
    (["once", "--bearer-file", "/no/such/file", "127.0.0.1:1"], "a credential file that is not there"),
    (["once", "gmptop-no-such-process"], "an unknown name"),
    (["once", "ftp://127.0.0.1/"], "an unknown scheme"),
    (["once", "http://user:pw@127.0.0.1:1/"], "a password on the command line"),
    (["once", "99999999999"], "a number that is no PID"),
    (["stream", "--severity", "bad", "127.0.0.1:1"], "an option of another command"),
    (["check", "--severity", "bad", "127.0.0.1:1"], "an unknown severity"),
    (["--dump", "--size", "0x0", "127.0.0.1:1"], "a size of nothing"),
    (["--dump", "--size", "80", "127.0.0.1:1"], "a size that is none"),
    (["--color", "mauve", "127.0.0.1:1"], "an unknown colour word"),
]


def usage(args):
    r = gm.gmptop(*args)
    equal(r.rc, 1, f"exit code ({r})")
    equal(r.out, "", "standard output")
    check(r.err.startswith("gmptop: ") and len(r.err) > 15, "a sentence that begins with gmptop:", r.err)


for args, why in USAGE:
    t.add(f"{why}: exit 1, a sentence, nothing on standard output", usage, args)


@t.test("--help and --version print to standard output and exit 0")
def _():
    for args in (["--help"], ["--version"], ["once", "--help"], ["stream", "--help"], ["check", "--help"],
                 ["doctor", "--help"]):
        r = gm.gmptop(*args)
        equal((r.rc, r.err), (0, ""), f"exit code and standard error of {args}")
        check(r.out.count("\n") > 3 or args == ["--version"], f"text of {args}", r.out)


@t.test("a PID that is not there, and one that is not Go: exit 2 and a sentence, with an object")
def _():
    p = gm.spawn(["sleep", "60"])
    try:
        o = once(p.pid, rc=2)
        r = gm.gmptop("once", p.pid, *OPTS)
        check("not a Go program" in r.err or re.search(r"not.* Go ", r.err), "a sentence that says so", r)
        check_sources(o["targets"][0])
    finally:
        gm.end(p)
    o = once(p.pid, rc=2)
    r = gm.gmptop("once", p.pid, *OPTS)
    check(str(p.pid) in r.err and r.err.count("\n") == 1, "a sentence that says so", r)


@t.test("doctor names each source with its state; exit 0 when reached, 2 when not")
def _():
    with demo() as sv:
        r = gm.gmptop("doctor", sv.pid)
        equal(r.rc, 0, f"exit code ({r})")
        for name in gm.SOURCES:
            check(re.search(rf"^\W*{name}\W", r.out, re.M), f"a line for {name}", r.out)
    r = gm.gmptop("doctor", "127.0.0.1:1")
    equal(r.rc, 2, f"exit code ({r})")
    check("refused" in r.out, "the reason", r)


@t.test("a closed pipe ends stream and once quietly")
def _():
    with demo() as sv:
        for cmd in ("stream %s --interval 200ms | head -n 1", "once %s --json --interval 200ms | true",
                    "once %s --interval 200ms | true", "--dump --interval 200ms %s | true"):
            r = gm.run(["sh", "-c", f'"$0" {cmd % sv.url}; true', gm.GMPTOP], timeout_s=15)
            equal(r.err, "", f"standard error of {cmd}")
        check_object(gm.run(["sh", "-c", f'"$0" stream {sv.url} --interval 200ms | head -n 1', gm.GMPTOP]).out)


@t.test("SIGTERM ends stream with 143 and SIGINT with 130, at once and with whole lines")
def _():
    with demo() as sv:
        for sig, rc in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with Streaming(sv.url, "--interval", "300ms") as st:
                gm.until("a line", lambda: st.lines)
                st.p.send_signal(sig)
                check(gm.wait_end(st.p, 3 * gm.SLOW), f"{sig.name}: still runs after 3 s")
                st.threads[0].join(5)
                got = st.p.returncode
                equal(got if got >= 0 else 128 - got, rc, f"exit code after {sig.name}")
                check(all(x.endswith("\n") for x in st.lines), "a torn line", st.lines[-1][-80:])
            equal(st.err, b"", "standard error")


@t.test("standard output that is full is told")
def _():
    if not os.path.exists("/dev/full"):
        raise Skip("no /dev/full")
    with demo() as sv, open("/dev/full", "wb") as full:
        p = gm.spawn([gm.GMPTOP, "once", sv.url, "--json", "--interval", "200ms"], stdout=full, stderr=subprocess.PIPE,
                     env=gm.environ())
        _, err = p.communicate(timeout=20)
        check(p.returncode != 0 and err.startswith(b"gmptop: "), "a disk that is full goes unnoticed", p.returncode, err)


if __name__ == "__main__":
    try:
        code = t.run(workers=5)
    finally:
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
