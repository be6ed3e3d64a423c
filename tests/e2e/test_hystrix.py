"""Hystrix streams: a real one of hystrix-go, how it is kept open, and streams that misbehave."""
import json
import re
import sys

import gm
from gm import check, equal

t = gm.Tap()
OPTS = ["--json", "--interval", "300ms", "--timeout", "2s"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def event(name="bank", is_open=True, **more):
    return b"data: " + json.dumps({"type": "HystrixCommand", "name": name, "isCircuitBreakerOpen": is_open,
                                   "requestCount": 40, "rollingCountSuccess": 4, "rollingCountFailure": 6,
                                   "rollingCountShortCircuited": 30, **more}).encode() + b"\n\n"


def streaming(send, path="/hystrix.stream"):
    """A server whose stream is `send(conn, stop)`, beside a healthy profile and page."""
    def talk(conn, asked, stop):
        if asked == path:
            send(conn, stop)
        else:
            conn.sendall(gm.good(asked))
    return gm.Server(talk)


def for_ever(piece, every_s=0.2, first=HEAD):
    def send(conn, stop):
        conn.sendall(first)
        while not stop.is_set():
            conn.sendall(piece)
            stop.wait(every_s)
    return send


def once(target, rc=0, *more):
    r = gm.gmptop("once", target, *OPTS, *more, timeout_s=20)
    equal(r.rc, rc, f"exit code ({r})")
    bad = gm.bad_bytes(r.raw)
    check(not bad, "control characters in the output", bad)
    check(gm.SAN or r.rss_bytes < 150 << 20, f"needed {r.rss_bytes >> 20} MB")
    tg, = r.json["targets"]
    return tg


def hystrix_of(tg):
    return gm.sources(tg)["hystrix"]


def lines(target, for_s, *more):
    r = gm.gmptop("stream", target, "--interval", "300ms", "--for", f"{for_s}s", *more, timeout_s=for_s + 15)
    equal(r.rc, 0, f"exit code ({r})")
    return [gm.parse_json(x)["targets"][0] for x in r.out.splitlines()]


# ---- the real one ----

def rows(tg):
    return {b["name"]: b for b in tg.get("breakers", [])}


def real(target_of, source):
    with gm.Service("hystrixd", "-listen", "127.0.0.1:0") as sv:
        with open("/dev/null", "rb") as nothing:
            p = gm.spawn([gm.GMPTOP, "stream", target_of(sv), "--interval", "300ms", "--for", "60s"], stdin=nothing,
                         stdout=gm.subprocess.PIPE)
        try:
            got = []

            def now(name):
                got.append(gm.parse_json(p.stdout.readline().decode())["targets"][0])
                return rows(got[-1]).get(name, {}).get("state")
            gm.until("both circuits are closed", lambda: now("payment") == "closed" and now("fx") == "closed")
            turn(sv, "payment", 100)
            gm.until("payment is open", lambda: now("payment") == "open", 20)
            row = rows(got[-1])["payment"]
            equal((row["source"], row["library"]), (source, "afex/hystrix-go"), "row")
            gm.until("calls are refused", lambda: now("payment") and rows(got[-1])["payment"].get("rejected_per_s", 0) > 1, 20)
            equal(rows(got[-1])["fx"]["state"], "closed", "the other one")
            turn(sv, "payment", 0)
            gm.until("payment is closed again", lambda: now("payment") == "closed", 25)
            names = [b["name"] for b in got[-1]["breakers"]]
            equal(names, sorted(set(names)), "a row for each circuit")
            check(not any("half_open" in json.dumps(g.get("breakers")) for g in got), "a half-open that Hystrix does not have")
        finally:
            gm.end(p)


def turn(sv, name, failing):
    rq = gm.urllib.request.Request(f"{sv.url}/switch?name={name}&failing={failing}", method="POST")
    gm.urllib.request.build_opener(gm.urllib.request.ProxyHandler({})).open(rq, timeout=10).read()


t.add("circuits of hystrix-go open and close, by the stream's address", real, lambda sv: sv.url + "/hystrix.stream", "hystrix")
t.add("circuits in memory and in the stream are one row", real, lambda sv: str(sv.pid), "memory")


@t.test("a stream that no command has fed yet is silent: said so, nobody waits long for it")
def _():
    with gm.Service("hystrixd", "-listen", "127.0.0.1:0", "-idle") as sv:
        r = gm.gmptop("once", sv.url, *OPTS)
        check(r.took_s < 4 * gm.SLOW, "once waits", r.took_s)
        check(hystrix_of(r.json["targets"][0])["state"] in ("absent", "failed"), "state", r.out)


# ---- how it is kept ----

@t.test("one connection is kept open, and no other address is asked meanwhile")
def _():
    with streaming(for_ever(event())) as sv:
        got = lines(sv.address, 3)
        equal(sv.paths.count("/hystrix.stream"), 1, "connections")
        equal(sv.paths.count("/turbine.stream"), 0, "asked for another")
        equal(hystrix_of(got[-1])["state"], "ok", "state")
        equal(rows(got[-1])["bank"]["source"], "metrics", "the row that metrics have too")
        equal(rows(got[-1])["bank"]["rejected_per_s"] if "rejected_per_s" in rows(got[-1])["bank"] else None, None,
              "no rate without a window")


@t.test("a turbine is found where there is no hystrix.stream")
def _():
    with streaming(for_ever(event("far", {"true": 1, "false": 2}, reportingHosts=3)), "/turbine.stream") as sv:
        tg = once(sv.address)
        equal(hystrix_of(tg)["state"], "ok", "state")
        row = rows(tg)["far"]
        equal((row["state"], row["source"]), ("open", "hystrix"), "row")
        check("1 of 3 hosts" in row["detail"], "hosts", row)


@t.test("a stream that ends at once is opened again ever more rarely")
def _():
    def send(conn, _stop):
        conn.sendall(HEAD + event())
    with streaming(send) as sv:
        got = lines(f"http://{sv.address}/hystrix.stream", 8)
        n = sv.paths.count("/hystrix.stream")
        check(2 <= n <= 5, "connections within 8 s: after 1, 2, 4 s", n)
        check("ended" in hystrix_of(got[-1]).get("detail", "ended"), "the reason", hystrix_of(got[-1]))


@t.test("a stream lasts longer than --timeout, and than the largest answer of other sources")
def _():
    with streaming(for_ever(event(), 0.1)) as sv:
        got = lines(f"http://{sv.address}/hystrix.stream", 4, "--timeout", "1s")
        equal(sv.paths.count("/hystrix.stream"), 1, "connections")
        equal([hystrix_of(x)["state"] for x in got[3:]], ["ok"] * len(got[3:]), "states")


@t.test("a service that ends is told as such")
def _():
    with gm.Service("hystrixd", "-listen", "127.0.0.1:0") as sv:
        with open("/dev/null", "rb") as nothing:
            p = gm.spawn([gm.GMPTOP, "stream", str(sv.pid), "--interval", "300ms"], stdin=nothing, stdout=gm.subprocess.PIPE)
        try:
            gm.until("the stream is read", lambda: hystrix_of(gm.parse_json(p.stdout.readline().decode())["targets"][0])["state"] == "ok")
            sv.p.kill()
            rest = p.stdout.read().decode().splitlines()
            tg = gm.parse_json(rest[-1])["targets"][0]
            equal(hystrix_of(tg)["state"], "failed", "state")
            check("exited at" in hystrix_of(tg)["detail"], "the reason", hystrix_of(tg))
            check(not tg.get("breakers"), "circuits of a process that is gone", tg.get("breakers"))
        finally:
            gm.end(p)


# ---- that misbehave ----

DEEP = b'data: {"type":"HystrixCommand","name":' + b"[" * 5000 + b"\n\n"
HOSTILE = [
    ("an endless line", for_ever(b"x" * 65536, 0.01, HEAD + b"data: "), "longer than"),
    ("a flood", for_ever(event() * 2000, 0), "work, a second"),
    ("broken JSON", for_ever(b"data: {\"type\": nope}\n\n"), "broken JSON"),
    ("nesting without end", for_ever(DEEP), "deeper"),
    ("a page of HTML", for_ever(b"<html>\n"), "HTML"),
    ("plain JSON", for_ever(b"{\"a\": 1}\n"), "JSON"),
    ("zeros", for_ever(b"\0" * 100 + b"\n"), "no event stream"),
    ("an end without a word", lambda conn, _stop: conn.sendall(HEAD), "ended"),
    ("a redirect elsewhere", lambda conn, _stop: conn.sendall(
        gm.answer(b"", status="302 Found", more="Location: http://192.0.2.1/\r\n")), "192.0.2.1"),
]


def hostile(send, words):
    with streaming(send) as sv:
        tg = once(f"http://{sv.address}/hystrix.stream", 2)
        equal(hystrix_of(tg)["state"], "failed", "state")
        check(re.search(words, hystrix_of(tg)["detail"]), f"the sentence says {words}", hystrix_of(tg))
        check(not tg.get("breakers"), "circuits of a stream that was refused", tg.get("breakers"))
        tg = once(sv.address)  # beside pages that are fine
        equal([gm.sources(tg)[s]["state"] for s in ("pprof", "metrics")], ["ok", "ok"], "the other sources")
        equal(list(rows(tg)), ["bank"], "the breaker of the metrics")


for name, send, words in HOSTILE:
    t.add(f"{name} for a stream fails in words, other sources are ok", hostile, send, words)


@t.test("wrong types and absurd numbers: no crash, nothing is made up")
def _():
    bad = [event("a", 7), event("b", None), event("c", [True]), event("d", {"true": -1, "false": 1e999}), event("e", "yes"),
           event("f", True, requestCount="many", rollingCountFailure=-5, errorPercentage=[]),
           event("g", False, latencyExecute={"50": -3, "99": "x"}, propertyValue_circuitBreakerSleepWindowInMilliseconds=-1),
           b'data: {"type":"HystrixCommand","name":{"x":1}}\n\n', b'data: {"type":["HystrixCommand"],"name":"z"}\n\n',
           b'data: {}\n\n', b"data:\n\n", b": \xff\xfe\n\n"]
    with streaming(for_ever(b"".join(bad).replace(b"Infinity", b"1e999"))) as sv:
        tg = once(f"http://{sv.address}/hystrix.stream")
        r = rows(tg)
        equal({n: b["state"] for n, b in r.items()},
              {"a": "unknown", "b": "unknown", "c": "unknown", "d": "unknown", "e": "unknown", "f": "open", "g": "closed"},
              "states")
        check("requests" not in r["f"] and "retry_in_s" not in r["g"], "numbers", r)


@t.test("escape sequences in names reach neither JSON, text nor screens; thousands of names are bounded")
def _():
    evil = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202eback\nline"
    many = b"".join(event(f"n{i}") for i in range(1500))
    with streaming(for_ever(event(evil) + event("é" * 300) + many, 1)) as sv:
        tg = once(f"http://{sv.address}/hystrix.stream")
        equal(len(tg["breakers"]), 1000, "rows")
        for args in (["once"], ["doctor"], ["--dump", "--keys", "5"], ["--dump", "--keys", "i"], ["--dump", "--keys", "1"]):
            more = [] if args[0] == "doctor" else ["--interval", "300ms"]
            r = gm.gmptop(*args, f"http://{sv.address}/hystrix.stream", *more, timeout_s=15)
            bad = gm.bad_bytes(r.raw + r.err.encode("utf-8", "surrogateescape"))
            check(not bad, f"{args} lets through", bad)
            check("many" in r.out or args[0] != "doctor", "doctor says that some are left out", r.out)


if __name__ == "__main__":
    try:
        code = t.run()
    finally:
        gm.end_all()
    sys.exit(code)
