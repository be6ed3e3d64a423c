"""/debug/vars: what it tells, how rarely it is asked, and that a command line is never shown."""
import json
import sys
import time

import gm
from gm import check, equal

t = gm.Tap()
SECRET = "hunter2"
MEMSTATS = {"HeapAlloc": 7654321, "NextGC": 9 << 20, "NumGC": 3, "PauseNs": [1000, 90000, 2000], "Mallocs": 50, "StackInuse": 65536}
OWN = {"breakers": {"bank": "open"}, "rate_limiters": {"api": {"limit": 100, "burst": 50, "tokens": 3}}}


def answering(variables, metrics=None):
    """A server of /debug/vars, of /metrics when there are some, and of nothing else."""
    body = json.dumps({"cmdline": ["app", "-token", SECRET], "memstats": MEMSTATS, **variables}).encode()

    def talk(conn, path, _stop):
        if path == "/debug/vars":
            conn.sendall(gm.answer(body, "application/json; charset=utf-8"))
        elif path == "/metrics" and metrics:
            conn.sendall(gm.answer(metrics))
        else:
            conn.sendall(gm.good("/none"))
    return gm.Server(talk)


def stream(*args, for_s=3):
    r = gm.gmptop("stream", *args, "--interval", "250ms", "--for", f"{for_s}s", timeout_s=for_s + 15)
    equal(r.rc, 0, f"exit code ({r})")
    return [gm.parse_json(line)["targets"][0] for line in r.out.splitlines()]


@t.test("memstats, goroutines, breakers and limiters come from /debug/vars when nothing better tells")
def _():
    with answering({**OWN, "goroutines": 12}) as sv:
        r = gm.gmptop("once", sv.address, "--json", "--interval", "300ms")
        equal(r.rc, 0, f"exit code ({r})")
        tg, = r.json["targets"]
        equal(gm.sources(tg)["expvar"]["state"], "ok", "expvar")
        equal(gm.sources(tg)["expvar"]["every_ms"], 30000, "every_ms")
        m = tg["memory"]
        equal((m["heap_live_bytes"], m["heap_goal_bytes"], m["pause_max_ns"], m["stack_bytes"]), (7654321, 9 << 20, 90000, 65536),
              "memory")
        check("gc_per_min" not in m and "gc_cpu_pct" not in m, "rates of a single reading", m)
        equal((tg["goroutines"]["total"], tg["goroutines"]["source"]), (12, "expvar"), "goroutines")
        equal([(b["name"], b["state"], b["source"]) for b in tg["breakers"]], [("bank", "open", "expvar")], "breakers")
        equal([(x["name"], x["limit_per_s"], x["tokens"], x["source"]) for x in tg["limiters"]], [("api", 100, 3, "expvar")],
              "limiters")


@t.test("it is asked once in 30 s, whatever the interval")
def _():
    with answering(OWN) as sv:
        targets = stream(sv.address)
        check(len(targets) > 5, "lines", len(targets))
        equal(sv.paths.count("/debug/vars"), 1, "requests for /debug/vars")
        equal(gm.sources(targets[-1])["expvar"]["state"], "ok", "expvar")


@t.test("an address that names it is asked at each 10 s")
def _():
    with answering(OWN) as sv:
        targets = stream(f"http://{sv.address}/debug/vars", for_s=11)
        equal(sv.paths.count("/debug/vars"), 2, "requests for /debug/vars")
        equal([p for p in sv.paths if p not in ("/debug/vars",)], [], "other pages asked for")
        check("gc_per_min" in targets[-1]["memory"], "rates of two readings", targets[-1]["memory"])


@t.test("what costs the service more is asked more rarely: --budget")
def _():
    def slow(conn, _path, _stop):
        time.sleep(0.3)
        conn.sendall(gm.answer(b'{"n": 1}', "application/json"))
    with gm.Server(slow) as sv:
        r = gm.gmptop("once", f"http://{sv.address}/debug/vars", "--json", "--budget", "1")
        check(gm.sources(r.json["targets"][0])["expvar"]["every_ms"] >= 30000, "0.3 s at 1 %", r.out)


@t.test("where metrics tell of the heap and nothing else is published, it is not asked again, and says so")
def _():
    with answering({}, metrics=gm.PLAIN_METRICS) as sv:
        src = gm.sources(stream(sv.address)[-1])["expvar"]
        equal(sv.paths.count("/debug/vars"), 1, "requests for /debug/vars")
        equal(src["state"], "off", "expvar")
        check("ReadMemStats" in src["detail"], "the reason", src)
    with answering(OWN, metrics=gm.PLAIN_METRICS) as sv:
        tg = stream(sv.address)[-1]
        equal(gm.sources(tg)["expvar"]["state"], "ok", "expvar that publishes something else")
        equal(tg["memory"]["heap_live_bytes"], 1234567, "the heap is that of the metrics")
        equal([(b["name"], b["source"]) for b in tg["breakers"]], [("bank", "metrics")], "one breaker, one row")


@t.test("the command line of the service shows nowhere")
def _():
    with answering({**OWN, "app": {"cmdline": f"-x {SECRET}"}}) as sv:
        looks = [["once", "--json"], ["once"], ["doctor"]] + [["--dump", "--keys", k] for k in ("1", "5", "7", "i")]
        for args in looks:
            r = gm.gmptop(*args, sv.address, *([] if args == ["doctor"] else ["--interval", "200ms"]), timeout_s=15)
            check(SECRET not in r.out + r.err, f"{args} shows it", r.out)


@t.test("a real service: the same breakers as its metrics, and the heap")
def _():
    with gm.paymentd("-traffic", "40") as sv:
        r = gm.gmptop("once", sv.url + "/debug/vars", "--json", "--interval", "300ms")
        tg, = r.json["targets"]
        equal([(b["name"], b["state"]) for b in tg["breakers"]], [(n, "closed") for n in ("fx", "ledger", "mail", "payment")],
              "breakers")
        check(tg["memory"]["heap_live_bytes"] > 100_000 and tg["goroutines"]["total"] > 5, "numbers", tg["memory"])
        check("-traffic" not in r.out, "the command line", r.out)
        doctor = gm.gmptop("doctor", sv.url).out
        check("asked each 30 s only" in doctor, "doctor says how rarely", doctor)


# ---- that misbehave ----

def vars_of(more):
    return b'{"cmdline": ["app"], "memstats": {"HeapAlloc": 5}, ' + more


def says(body):
    return lambda conn, _stop: conn.sendall(gm.answer(body, "application/json"))


def endless(conn, stop):
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + vars_of(b'"a": ['))
    while not stop.is_set():
        conn.sendall(b"1," * 30000)


HOSTILE = [
    ("an answer without end", endless, "larger than 4 MiB"),
    ("a million values", says(vars_of(b'"a": [' + b"1," * 1_000_000 + b"1]}")), "values"),
    ("nesting without end", says(vars_of(b'"a": ' + b"[" * 100_000)), "deeper"),
    ("nesting of objects", says(vars_of(b'"a": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001)), "deeper"),
    ("broken JSON", says(vars_of(b'"a": ' + SECRET.encode() + b"}")), "broken JSON"),
    ("JSON that ends too early", says(vars_of(b'"a": "')), "broken JSON"),
    ("a page of HTML", says(b"<html>It works</html>"), "HTML"),
    ("JSON of another kind", says(b'{"status": "ok", "goroutines": 5}'), "not expvar"),
    ("zeros", says(bytes(5000)), "not a JSON object"),
]


def hostile(send, words):
    def talk(conn, path, stop):
        send(conn, stop) if path == "/debug/vars" else conn.sendall(gm.good(path))
    with gm.Server(talk) as sv:
        r = gm.gmptop("once", sv.address, "--json", "--interval", "300ms", "--timeout", "3s", timeout_s=20)
        equal(r.rc, 0, f"exit code ({r})")
        check(gm.SAN or r.rss_bytes < 150 << 20, f"needed {r.rss_bytes >> 20} MB")
        src = gm.sources(r.json["targets"][0])
        equal([src[s]["state"] for s in ("expvar", "pprof", "metrics")], ["failed", "ok", "ok"], "states")
        check(words in src["expvar"]["detail"], f"the sentence says {words}", src["expvar"])
        check(SECRET not in r.out, "the answer is quoted", src["expvar"])
        equal(sv.paths.count("/debug/vars"), 1, "asked again at once")


for name, send, words in HOSTILE:
    t.add(f"{name} for /debug/vars fails in words, other sources are ok", hostile, send, words)


@t.test("wrong types and absurd numbers: no crash, nothing is made up")
def _():
    body = (b'{"cmdline": 5, "memstats": {"HeapAlloc": -3, "NextGC": "x", "StackInuse": 1e999, "NumGC": [], "PauseNs": {}, '
            b'"Sys": null}, "goroutines": {"a": 1}, "breakers": {"a": 7, "b": "ajar", "c": [], "": 1}, "rate_limiters": "open"}')
    with gm.Server(lambda conn, path, _stop: says(body)(conn, _stop) if path == "/debug/vars" else conn.sendall(gm.good("/"))) as sv:
        r = gm.gmptop("once", sv.address, "--json", "--interval", "300ms")
        equal(r.rc, 0, f"exit code ({r})")
        tg, = r.json["targets"]
        equal({k: v for k, v in tg["memory"].items() if k != "rss_bytes"}, {}, "memory")
        check("goroutines" not in tg, "goroutines", tg.get("goroutines"))
        equal([b["state"] for b in tg["breakers"]], [], "breakers")


@t.test("escape sequences in names reach neither JSON, text nor screens")
def _():
    evil = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202eback\nline"
    with answering({"breakers": {evil: "open"}, "rate_limiters": {evil: {"limit": 5}}, evil: {evil: 5}}) as sv:
        for args in (["once", "--json"], ["once"], ["doctor"], ["--dump", "--keys", "5"], ["--dump", "--keys", "1"]):
            r = gm.gmptop(*args, sv.address, *([] if args == ["doctor"] else ["--interval", "200ms"]), timeout_s=15)
            bad = gm.bad_bytes(r.raw + r.err.encode("utf-8", "surrogateescape"))
            check(not bad, f"{args} lets through", bad)


if __name__ == "__main__":
    try:
        code = t.run()
    finally:
        gm.end_all()
    sys.exit(code)
