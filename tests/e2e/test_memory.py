"""The memory tier: a Go process without endpoint, symbols or debug information is seen whole, from outside; what
cannot be seen is refused in a sentence."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter

import gm
from gm import Skip, check, equal

t = gm.Tap()
tmp = tempfile.mkdtemp(prefix="gmptop-memory-")
os.chmod(tmp, 0o755)
OPTS = ["--interval", "300ms", "--timeout", "2s"]
LAB = {"chan-recv": 300, "chan-send": 31, "select": 47, "select0": 3, "nilchan": 4, "nilsend": 5, "mutex": 20,
       "rwmutex-r": 6, "rwmutex-w": 7, "wg": 8, "cond": 9, "sleep": 11, "iowait": 12, "syscall": 2, "deep": 13,
       "generic": 14, "closure": 15, "method": 16, "inline": 17, "labels": 28}


def lab_args(kinds):
    return [x for k, n in kinds.items() for x in (f"-{k}", str(n))]


def once(target, *args, rc=0):
    r = gm.gmptop("once", target, "--json", *OPTS, *args)
    equal(r.rc, rc, f"exit code ({r})")
    return r.json["targets"][0]


def memory(tg):
    return gm.sources(tg)["memory"]


def same_population(tg, report):
    """Every kind of lab's goroutines: how many wait for what, where, and since which function."""
    problems = []
    for want in report["expected"]:
        found = Counter()
        for x in tg["goroutines"]["groups"]:
            at = next((f for f in x["stack"] if f["func"].startswith("main.")), None)
            if at and at["func"] == want["func"]:
                found[x["state"], os.path.basename(at["file"]), at["line"]] += x["count"]
                if x["entry"]["func"] != want["entry"] and want["kind"] not in ("deep", "labels"):
                    problems.append(f"{want['kind']}: began in {x['entry']}, not in {want['entry']}")
                if not x.get("created_by", {}).get("func", "").startswith("main."):
                    problems.append(f"{want['kind']}: created by {x.get('created_by')}")
        if found != Counter({(want["wait"], want["file"], want["line"]): want["count"]}):
            problems.append(f"{want['kind']}: want {want['wait']} {want['file']}:{want['line']} x{want['count']}, "
                            f"got {dict(found)}")
    check(not problems, "\n".join(problems))
    equal(tg["goroutines"]["total"], report["total"] + 2, "goroutines.total, with those of main and os/signal")
    equal(tg["goroutines"]["source"], "memory", "goroutines.source")


def labels_of(tg):
    got = Counter()
    for x in tg["goroutines"]["groups"]:
        if any(f["func"] == "main.parkLabelled" for f in x["stack"]):
            got[re.sub("\ufffd+", "\ufffd", x["labels"]["note"])[:80]] += x["count"]
    return got


@t.test("without endpoint: counts by wait reason, place, creator and label are the program's own")
def _():
    with gm.Service("lab", "-listen", "", *lab_args(LAB)) as sv:
        tg = once(sv.pid)
        equal(memory(tg)["state"], "ok", "memory")
        same_population(tg, sv.report)
        want = Counter()
        for e in sv.report["expected"]:
            for label in e.get("labels", []):
                text = bytes.fromhex(label["value_hex"]).decode("utf-8", "replace")
                want[re.sub("\ufffd+", "\ufffd", text)[:80]] += label["count"]
        equal(labels_of(tg), want, "labels")
        r = gm.gmptop("stream", sv.pid, "--count", "6", *OPTS)
        groups = gm.parse_json(r.out.splitlines()[-1])["targets"][0]["goroutines"]["groups"]
        old = [x for x in groups if x["state"] == "chan receive" and x["count"] >= 300]
        check(old and sum(old[0].get("ages", [])) == old[0]["count"], "ages of goroutines that never moved", old)
        check(0 < old[0]["oldest_s"] < 60, "oldest_s", old[0]["oldest_s"])


def notes(pid):
    """How memory is read, as doctor says it."""
    r = gm.gmptop("doctor", pid)
    return re.search(r"^  memory +ok +(.*)$", r.out, re.M).group(1)


def stripped(name, *flags):
    go = shutil.which("go")
    if not go:
        raise Skip("no go here")
    path = os.path.join(tmp, name)
    r = gm.run([go, "build", "-buildvcs=false", "-ldflags=-s -w", *flags, "-o", path, "./lab"], timeout_s=240,
               cwd="tests/services", env={"CGO_ENABLED": "0"})
    equal(r.rc, 0, f"go build ({r})")
    return path


@t.test("a stripped binary tells the same")
def _():
    path = stripped("lab-stripped")
    with gm.Service("lab", "-listen", "", *lab_args(LAB), path=path) as sv:
        tg = once(sv.pid)
        equal(tg["build"]["stripped"], True, "build.stripped")
        same_population(tg, sv.report)
        check(re.search(r"12 of 12 variables, 0 by symbol; checks passed", notes(sv.pid)), "how", notes(sv.pid))


@t.test("Ps, Ms and queues of a saturated process: every P runs, the rest stands in queues")
def _():
    with gm.paymentd("-saturate", "8") as sv:
        ps = len(os.sched_getaffinity(sv.pid))
        deepest = 0
        for _ in range(5):
            tg = once(sv.pid, "--sources", "memory,proc")
            s = tg["sched"]
            equal(s["gomaxprocs"], ps, "gomaxprocs")
            equal([p["id"] for p in s["ps"]], list(range(ps)), "ids of the Ps")
            check(all(p["runq_max"] >= p["runq"] for p in s["ps"]), "runq_max", s["ps"])
            equal(s["runq_total"], sum(p["runq"] for p in s["ps"]), "runq_total")
            deepest = max(deepest, sum(p["runq_max"] for p in s["ps"]) + s["global_runq"])
            ms = {m["id"]: m for m in s["ms"]}
            tids = {int(x) for x in os.listdir(f"/proc/{sv.pid}/task")}
            check({m["tid"] for m in s["ms"]} <= tids, "an M's thread that is not there", s["ms"], tids)
            for p in s["ps"]:
                check("m" not in p or ms[p["m"]].get("p") == p["id"], "a P's M has another P", p, ms.get(p.get("m")))
            if s["idle_ps"] == 0 and "latency" in s:
                check(s["latency"]["p50_lo_ns"] < s["latency"]["p99_ns"], "latency", s["latency"])
        check(deepest >= 8 - ps - 2, "goroutines wait in queues", deepest)
        check(all(p.get("sched_per_s", 0) > 0 for p in s["ps"]), "every P schedules", s["ps"])


@t.test("the heap, its goal and the collections are those of runtime/metrics")
def _():
    with gm.paymentd("-demo") as sv:
        tg = once(sv.url)
        text = sv.get("/metrics").decode()
        live = float(re.search(r"^go_memstats_heap_alloc_bytes ([0-9.e+]+)", text, re.M).group(1))
        goal = float(re.search(r"^go_memstats_next_gc_bytes ([0-9.e+]+)", text, re.M).group(1))
        m = tg["memory"]
        check(live / 4 < m["heap_live_bytes"] < live * 4, "heap_live_bytes", m, live)
        check(goal / 2 < m["heap_goal_bytes"] < goal * 2, "heap_goal_bytes", m, goal)
        check(m["gc_phase"] in ("off", "mark", "mark termination"), "gc_phase", m)
        equal(m["gogc_pct"], 100, "gogc_pct")


# ---- what changes under the reader ----

@t.test("a stopped process is read as it stands")
def _():
    with gm.Service("lab", "-listen", "", *lab_args(LAB)) as sv:
        os.kill(sv.pid, signal.SIGSTOP)
        try:
            tg = once(sv.pid)
            same_population(tg, sv.report)
        finally:
            os.kill(sv.pid, signal.SIGCONT)


@t.test("a process that ends is said to have ended")
def _():
    with gm.Service("lab", "-listen", "", "-chan-recv", "50") as sv:
        p = gm.spawn([gm.GMPTOP, "stream", str(sv.pid), *OPTS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            first = gm.parse_json(p.stdout.readline().decode())["targets"][0]
            equal(memory(first)["state"], "ok", "memory")
            gm.end(sv.p)
            last = None
            for line in p.stdout:
                last = gm.parse_json(line.decode())["targets"][0]
            equal(memory(last)["state"], "failed", "memory")
            check(re.search(r"exited at|has ended", memory(last)["detail"]), "the sentence", memory(last))
            check("goroutines" not in last, "values of a process that is gone", last.get("goroutines"))
        finally:
            gm.end(p)
            p.stdout.close()


BECOMES = """package main

import (
	"os"
	"syscall"
	"time"
)

func main() {
	for {
		if _, err := os.Stat(os.Args[1]); err == nil {
			panic(syscall.Exec(os.Args[2], os.Args[2:], os.Environ()))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
"""


@t.test("--sources memory alone notices the end, and opens no connection")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0", "-chan-recv", "50") as sv:
        p = gm.spawn([gm.GMPTOP, "stream", str(sv.pid), "--sources", "memory", *OPTS], stdout=subprocess.PIPE,
                     stderr=subprocess.DEVNULL)
        try:
            first = gm.parse_json(p.stdout.readline().decode())["targets"][0]
            equal((first.get("pid"), memory(first)["state"]), (sv.pid, "ok"), "pid, memory")
            inodes = {os.readlink(f"/proc/{p.pid}/fd/{x}").strip("socket:[]") for x in os.listdir(f"/proc/{p.pid}/fd")}
            with open("/proc/net/tcp") as f:
                tcp = {line.split()[9] for line in f.read().splitlines()[1:]}
            check(not inodes & tcp, "a TCP socket", inodes & tcp)
            gm.end(sv.p)
            lines = p.stdout.read().decode().splitlines()
            equal(p.wait(10), 0, "exit code once no target is left")
            equal(memory(gm.parse_json(lines[-1])["targets"][0])["state"], "failed", "memory")
        finally:
            gm.end(p)
            p.stdout.close()


@t.test("exec into another Go program is noticed, and that one is read")
def _():
    go = shutil.which("go")
    if not go:
        raise Skip("no go here")
    src, exe, flag = (os.path.join(tmp, x) for x in ("becomes.go", "becomes", "go-on"))
    with open(src, "w") as f:
        f.write(BECOMES)
    equal(gm.run([go, "build", "-o", exe, src], timeout_s=120).rc, 0, "go build")
    lab = os.path.abspath(os.path.join(gm.B, "services", "lab"))
    p = gm.spawn([exe, flag, lab, "-listen", "", "-for", "5m", "-select", "77"], stdout=subprocess.DEVNULL)
    s = gm.spawn([gm.GMPTOP, "stream", str(p.pid), *OPTS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        first = gm.parse_json(s.stdout.readline().decode())["targets"][0]
        equal(memory(first)["state"], "ok", "memory")
        check(first["goroutines"]["total"] < 10, "goroutines of the first program", first["goroutines"]["total"])
        open(flag, "w").close()
        for _ in range(60):
            tg = gm.parse_json(s.stdout.readline().decode())["targets"][0]
            if tg.get("goroutines", {}).get("total", 0) >= 77:
                break
        check(tg.get("goroutines", {}).get("total", 0) >= 77, "the new program was not read", memory(tg))
        check([g for g in tg["goroutines"]["groups"] if g["count"] == 77 and g["state"] == "select"], "its goroutines")
    finally:
        gm.end(s)
        s.stdout.close()
        gm.end(p)


# ---- refusals ----

@t.test("a process that is not Go is refused in a sentence")
def _():
    p = gm.spawn(["/bin/sleep", "100"])
    try:
        tg = once(p.pid, rc=2)
        check("not a Go program" in memory(tg)["detail"], "the sentence", memory(tg))
    finally:
        gm.end(p)


@t.test("another user's process is denied, with what would help")
def _():
    if os.getuid() != 0 or not shutil.which("setpriv"):
        raise Skip("needs root and setpriv")
    exe = os.path.join(tmp, "gmptop")
    shutil.copy2(gm.GMPTOP, exe)
    os.chmod(exe, 0o755)
    with gm.Service("lab", "-listen", "", "-chan-recv", "5") as sv:
        r = gm.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", exe, "once", str(sv.pid), "--json",
                    *OPTS], cwd="/")
        m = gm.sources(r.json["targets"][0])["memory"]
        equal(m["state"], "denied", "memory")
        check(re.search(r"root|CAP_SYS_PTRACE", m["detail"]), "the sentence says what would help", m)


@t.test("nothing is written to the target, and it is never traced or signalled")
def _():
    if not shutil.which("strace"):
        raise Skip("no strace here")
    log = os.path.join(tmp, "strace.log")
    with gm.Service("lab", "-listen", "", *lab_args(LAB)) as sv:
        r = gm.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=ptrace,process_vm_writev,kill,tgkill,openat,pidfd_send_signal",
                    gm.GMPTOP, "once", str(sv.pid), "--json", *OPTS], timeout_s=60)
        equal(r.rc, 0, f"exit code ({r})")
        with open(log) as f:
            text = f.read()
        bad = [x for x in text.splitlines()
               if re.search(r"ptrace\(|process_vm_writev\(|kill\(|send_signal\(", x)
               or (f"/proc/{sv.pid}/" in x and re.search(r"O_RDWR|O_WRONLY", x))]
        check(not bad, "touches the target", *bad[:5])
        with open(f"/proc/{sv.pid}/status") as f:
            equal(re.search(r"TracerPid:\s*(\d+)", f.read()).group(1), "0", "TracerPid")


if __name__ == "__main__":
    try:
        code = t.run(workers=4)
    finally:
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
