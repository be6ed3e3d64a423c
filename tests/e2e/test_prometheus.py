"""A Prometheus server as a source: a fleet by its up series, a target's past, and servers that misbehave. The server
is a small one of ours: what it is asked, it can count."""
import email.utils
import json
import re
import sys
import time
import urllib.parse

import jsonschema

import gm
from gm import check, equal

t = gm.Tap()


def matches(query, labels):
    """Whether the matchers of a selector take these labels, as PromQL reads its quotes and expressions."""
    for name, op, value in re.findall(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"', query):
        value = value.encode().decode("unicode_escape")
        have = labels.get(name, "")
        if op == "=" and have != value or op == "!=" and have == value:
            return False
        if op == "=~" and not re.fullmatch(value, have) or op == "!~" and re.fullmatch(value, have):
            return False
    return True


def number(v):
    return {"nan": "NaN", "inf": "+Inf"}.get(repr(float(v)), repr(float(v)))


class World:
    """What the server has scraped: services of [(job, instance, is up)], every `every_s` seconds."""

    def __init__(self, services, every_s=1.0, ahead_s=0):
        self.services, self.every_s, self.ahead_s = services, every_s, ahead_s
        self.queries = []

    def times(self, window_s):
        now = time.time() + self.ahead_s
        last = now - now % self.every_s
        n = int(window_s / self.every_s)
        return [round(last - i * self.every_s, 3) for i in range(n, -1, -1) if last - i * self.every_s > now - window_s]

    def series(self, i, job, instance, at):
        age = at % 100000
        return {"go_goroutines": 100 + i, "process_cpu_seconds_total": age * 0.25,
                "go_memstats_heap_alloc_bytes": 1000000 + i, "process_resident_memory_bytes": 5000000,
                'http_requests_total{code="200",handler="/pay"}': age * 10,
                'circuit_breaker_state{name="bank"}': 2}

    def rows(self, query, times):
        out = []
        for i, (job, instance, up) in enumerate(self.services):
            base = {"job": job, "instance": instance, "zone": "z"}
            if query.startswith("up"):
                if matches(query, {"__name__": "up", **base}):
                    out.append(({"__name__": "up", **base}, [[x, str(int(up))] for x in times]))
                continue
            for key in self.series(i, job, instance, 0) if up else ():
                name, _, own = key.partition("{")
                labels = {"__name__": name, **base, **dict(re.findall(r'(\w+)="([^"]*)"', own))}
                if matches(query, labels):
                    out.append((labels, [[x, number(self.series(i, job, instance, x)[key])] for x in times]))
        return [{"metric": m, "values": v} for m, v in out]

    def answer(self, path):
        url = urllib.parse.urlsplit(path)
        q = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        self.queries.append((url.path, q.get("query", "")))
        if url.path.endswith("/api/v1/targets"):
            return {"activeTargets": [
                {"labels": {"job": j, "instance": i}, "health": "up" if up else "down",
                 "lastError": "" if up else f"dial tcp {i}: connection refused"} for j, i, up in self.services]}
        if url.path.endswith("/api/v1/metadata"):
            return {q["metric"]: [{"type": "gauge", "help": "0=closed, 1=half-open, 2=open"}]}
        if url.path.endswith("/api/v1/query_range"):
            start, end, step = (float(q[k]) for k in ("start", "end", "step"))
            times = [start + k * step for k in range(int((end - start) / step) + 1)]
            return {"resultType": "matrix", "result": self.rows(q["query"], times)}
        if url.path.endswith("/api/v1/query"):
            window_s = float(re.search(r"\[(\d+)([sm])\]$", q["query"]).group(1))
            return {"resultType": "matrix", "result": self.rows(q["query"], self.times(window_s))}
        return None

    def talk(self, conn, path, _stop):
        data = self.answer(path)
        if data is None:
            conn.sendall(gm.answer(b"404 page not found\n", "text/plain", "404 Not Found"))
            return
        body = json.dumps({"status": "success", "data": data}).encode()
        date = email.utils.formatdate(time.time() + self.ahead_s, usegmt=True)
        conn.sendall(gm.answer(body, "application/json", more=f"Date: {date}\r\n"))


def by_name(out):
    return {x["name"]: x for x in out["targets"]}


def prometheus(target):
    return gm.sources(target)["prometheus"]


@t.test("each service of a server is a target with the numbers that the server has of it; one that is down says why")
def _():
    world = World([("pay", "10.0.0.1:80", True), ("pay", "10.0.0.2:80", True), ("mail", "[fd00::1]:9", True),
                   ("db", "10.0.0.9:80", False)])
    with gm.Server(world.talk) as sv:
        r = gm.gmptop("once", f"prometheus:http://{sv.address}/prefix", "--json")
    equal(r.rc, 3, f"exit code, one is down ({r.err})")
    with open("docs/gmptop.schema.json") as f:
        jsonschema.Draft202012Validator(json.load(f)).validate(r.json)
    rows = by_name(r.json)
    equal(sorted(rows), sorted([sv.address, "pay 10.0.0.1:80", "pay 10.0.0.2:80", "mail [fd00::1]:9", "db 10.0.0.9:80"]),
          "targets")
    one = rows["pay 10.0.0.2:80"]
    equal(one["goroutines"], {"total": 101, "source": "prometheus"}, "goroutines")
    equal(one["memory"]["heap_live_bytes"], 1000001, "heap")
    check(abs(one["process"]["cpu_pct"] - 25) < 0.1, "CPU from a counter", one["process"])
    check(abs(one["requests"][0]["rate_per_s"] - 10) < 0.1, "requests", one["requests"])
    equal((one["breakers"][0]["name"], one["breakers"][0]["state"]), ("bank", "open"), "breaker")
    equal(one["breakers"][0]["source"], "prometheus", "source of the breaker")
    equal({s["state"] for s in one["sources"] if s["name"] != "prometheus"}, {"off"}, "other sources")
    check(prometheus(one)["age_ms"] < 2500 * gm.SLOW, "age", prometheus(one))
    down = rows["db 10.0.0.9:80"]
    equal(prometheus(down)["state"], "failed", "state of the one that is down")
    check("dial tcp 10.0.0.9:80: connection refused" in prometheus(down)["detail"], "why", prometheus(down))
    check("goroutines" not in down, "0 is not absent", down.get("goroutines"))
    check("goroutines" not in rows[sv.address], "a server is no service", rows[sv.address])
    check(all(p.startswith("/prefix/api/v1/") for p, _ in world.queries), "prefix", world.queries)


@t.test("a fleet costs its server few questions, and none before it has something new")
def _():
    world = World([("j", f"10.0.{i // 100}.{i % 100}:80", True) for i in range(150)], every_s=30)
    with gm.Server(world.talk) as sv:
        r = gm.gmptop("stream", f"prometheus:{sv.address}", "--for", "4s")
        check(gm.SAN or len(r.out.split("\n")) >= 4, "a line a second", len(r.out.split("\n")))
        kinds = [p.rsplit("/", 1)[1] + ("" if q.startswith("up") else " pages") for p, q in world.queries]
        equal(kinds, ["query", "query pages", "metadata pages", "query pages", "query pages"], "questions in 4 s")
    few = World(world.services[:2], every_s=30)
    with gm.Server(few.talk) as sv:
        gm.gmptop("stream", f"prometheus:{sv.address}", "--for", "3s", "--interval", "500ms")
    check(sum(q.startswith("up") for _, q in few.queries) > 1, "asked for oftener, it asks", few.queries)
    last = gm.parse_json(r.out.strip().split("\n")[-1])
    equal(sum("goroutines" in x for x in last["targets"]), 150, "services with numbers")


@t.test("of very many services the first 200 are shown and the others counted; a label narrows it")
def _():
    world = World([("api" if i % 40 else "web", f"h{i:03}:80", True) for i in range(230)])
    with gm.Server(world.talk) as sv:
        r = gm.gmptop("doctor", f"prometheus:{sv.address}")
        few = gm.gmptop("once", f"prometheus:{sv.address}#job=web,instance=~h0.*", "--json")
        bad = gm.gmptop("once", f"prometheus:{sv.address}#web")
    check("230 services by their up series" in r.out and "the first 200 are shown" in r.out, "sentence", r.out[:900])
    equal(len(re.findall(r"^(?:api|web) h\d+:80", r.out, re.M)), 200, "services shown")
    equal(few.rc, 0, f"exit code ({few})")
    equal(sorted(by_name(few.json)), sorted([sv.address, "web h000:80", "web h040:80", "web h080:80"]), "narrowed")
    equal((bad.rc, "not a label and its value" in bad.err), (1, True), f"a word alone ({bad.err})")


@t.test("what a server knows of the hour before stands in the charts before what gmptop saw")
def _():
    with gm.Server(gm.serve_good) as target:
        world = World([("svc", f"localhost:{target.port}", True), ("svc", "other:1", True)])
        with gm.Server(world.talk) as sv:
            plain = gm.gmptop("--dump", "--keys", "7", target.address, "--interval", "400ms")
            r = gm.gmptop("--dump", "--keys", "7", target.address, "--prometheus", f"http://{sv.address}", "--interval",
                          "400ms", "--timeout", "5s")
            doctor = gm.gmptop("doctor", target.address, "--prometheus", sv.address, "--timeout", "5s")
    equal((plain.rc, r.rc, doctor.rc), (0, 0, 0), f"exit codes ({plain.err}{r.err}{doctor.err})")
    spans = [re.findall(r"-(\d+m|1h)\S* .*now", x.out) for x in (plain, r)]
    equal(spans[0], [], "a chart without it begins now")
    check(len(spans[1]) == 2, "heap and RSS begin earlier", r.out)
    check(re.search(rf"prometheus +ok +.*the hour before, as job svc instance localhost:{target.port}", doctor.out),
          "doctor", doctor.out)
    check(not any("__name__" in q and "other" in q for _, q in world.queries), "others are not asked for", world.queries)


@t.test("which service of the server a target is, is said when it is not clear")
def _():
    with gm.Server(gm.serve_good) as target:
        here = f"127.0.0.1:{target.port}"
        cases = [
            ([("a", here, True), ("b", here, True)], "", "several services like that .a .*, b .*--prometheus URL#job="),
            ([("a", "elsewhere:1", True)], "", "scrapes no service of that address .name it: --prometheus URL#instance="),
            ([("a", "elsewhere:1", True)], "#instance=elsewhere:1", "works|the hour before, as job a instance elsewhere:1"),
            ([("a", here, True), ("b", here, True)], "#job=b", "the hour before, as job b"),
        ]
        for services, wanted, words in cases:
            with gm.Server(World(services).talk) as sv:
                r = gm.gmptop("doctor", target.address, "--prometheus", sv.address + wanted, "--timeout", "5s")
            equal(r.rc, 0, f"exit code: the target itself answers ({r.err})")
            line = next(x for x in r.out.split("\n") if x.strip().startswith("prometheus "))
            check(re.search(words, line), f"sentence for {services} {wanted}", line)
        r = gm.gmptop("doctor", target.address)
        check("no server named (--prometheus URL)" in r.out, "without one", r.out)
        r = gm.gmptop("once", target.address, "--prometheus", "ftp://x")
        equal((r.rc, "--prometheus: " in r.err), (1, True), f"no address ({r.err})")


# ---- servers that misbehave ----

def sends(body, ctype="application/json", status="200 OK", more=""):
    return lambda conn, _path, _stop: conn.sendall(gm.answer(body, ctype, status, more))


def cut_short(conn, _path, _stop):
    body = b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"j"},"val'
    conn.sendall(gm.answer(body, "application/json"))


def hang(conn, _path, stop):
    stop.wait(20)


OK = b'{"status":"success","data":{"resultType":"matrix","result":[%s]}}'
MISBEHAVIOURS = [
    ("a web page", sends(b"<!doctype html><p>hello", "text/html"), "failed", "not an answer of the Prometheus HTTP API.*HTML"),
    ("a page of metrics", sends(gm.PLAIN_METRICS), "failed", "looks like a page of metrics"),
    ("another JSON", sends(b'{"hello":[1,2,3]}'), "failed", "it has no status"),
    ("no such path", sends(b"no", "text/plain", "404 Not Found"), "failed", "no Prometheus HTTP API there: HTTP 404"),
    ("no credentials", sends(b"no", "text/plain", "401 Unauthorized"), "denied", "HTTP 401: not allowed .--bearer-file"),
    ("forbidden", sends(b"no", "text/plain", "403 Forbidden"), "denied", "HTTP 403"),
    ("a query that it refuses", sends(b'{"status":"error","errorType":"execution","error":"too many samples"}',
                                      status="422 Unprocessable Entity"), "failed",
     "the server refuses: execution: too many samples"),
    ("an error page of a proxy", sends(b"<h1>upstream down</h1>", "text/html", "502 Bad Gateway"), "failed", "HTTP 502"),
    ("a redirect elsewhere", sends(b"", status="302 Found", more="Location: http://login.example/\r\n"), "failed",
     "redirects to http://login.example/"),
    ("half an answer", cut_short, "failed", "ends in the middle"),
    ("a vector", sends(b'{"status":"success","data":{"resultType":"vector","result":[]}}'), "failed", "does not answer up"),
    ("values of another type", sends(OK % b'{"metric":{"job":"j"},"values":[[1,1]]}'), "failed", "not a time and a value"),
    ("labels of another type", sends(OK % b'{"metric":{"job":7}}'), "failed", "a word is missing"),
    ("very deep brackets", sends(b"[" * 100000), "failed", "nested more than 32 deep"),
    ("a label without end", sends(OK % (b'{"metric":{"a":"' + b"x" * 100000 + b'"}}')), "failed", "longer than 64 kB"),
    ("more series than any", sends(OK % (b'{"metric":{}},' * 262145 + b"{}")), "failed", "more than 262144 series"),
    ("silence", hang, "failed", "no answer within 1"),
]


@t.test("a server that misbehaves gets a sentence, and no other target suffers")
def _():
    servers = [gm.Server(talk) for _, talk, _, _ in MISBEHAVIOURS]
    try:
        with gm.Server(gm.serve_good) as good:
            for at in range(0, len(servers), 8):  # at most so many servers at once
                some = list(zip(servers, MISBEHAVIOURS))[at:at + 8]
                r = gm.gmptop("once", f"good={good.address}", *[f"prometheus:{s.address}" for s, _ in some], "--json", "--timeout", "1s")
                equal(r.rc, 3, f"exit code ({r.err})")
                rows = by_name(r.json)
                equal(rows["good"]["goroutines"]["total"], 8, "the neighbour")
                for s, (name, _, state, words) in some:
                    got = prometheus(rows[s.address])
                    equal(got["state"], state, f"state of {name} ({got})")
                    check(re.search(words, got["detail"]), f"sentence for {name}", got["detail"])
                check(not gm.bad_bytes(r.raw), "control characters", gm.bad_bytes(r.raw))
    finally:
        for s in servers:
            s.close()


@t.test("more servers than gmptop asks at once are refused, and one whose source is left out")
def _():
    r = gm.gmptop("once", "prometheus:127.0.0.1:1", "--sources", "memory")
    equal((r.rc, "left out by --sources" in r.err), (1, True), f"left out ({r.err})")
    r = gm.gmptop("once", *[f"prometheus:127.0.0.1:{i}" for i in range(1, 10)])
    equal((r.rc, "more than 8 Prometheus servers" in r.err), (1, True), f"nine servers ({r.err})")


@t.test("a service of which there is too much goes without numbers, alone")
def _():
    class Big(World):
        def answer(self, path):
            data = super().answer(path)
            for row in data.get("result", [])[:1]:
                if row["metric"].get("__name__") != "up" and "big" in self.queries[-1][1]:
                    data["result"] = [{"metric": {}}] * 262145
            return data
    world = Big([("j", "a:1", True), ("j", "big:1", True), ("j", "c:1", True)])
    with gm.Server(world.talk) as sv:
        r = gm.gmptop("once", f"prometheus:{sv.address}", "--json", "--timeout", f"{20 * gm.SLOW}s", "--interval", "500ms",
                      timeout_s=60)
    rows = by_name(r.json)
    check("more than 262144 series" in prometheus(rows["j big:1"]).get("detail", ""), "the big one", rows["j big:1"])
    for name in ("j a:1", "j c:1"):
        equal(rows[name].get("goroutines", {}).get("source"), "prometheus", f"numbers of {name} ({r.err})")


@t.test("a warning, a name with control characters, NaN and what is no Go program are shown as they are")
def _():
    class Odd(World):
        def talk(self, conn, path, stop):
            body = json.dumps({"status": "success", "warnings": ["one store did not answer"], "data": self.answer(path)})
            conn.sendall(gm.answer(body.encode(), "application/json"))

        def series(self, i, job, instance, at):
            if job == "nan":
                return {"go_goroutines": float("nan"), "process_resident_memory_bytes": float("inf")}
            return super().series(i, job, instance, at) if job != "php" else {}
    world = Odd([("php", "p:1", True), ("nan", "n:1", True), ("\x1b[2Jx\u202e", "q:1", True)])
    with gm.Server(world.talk) as sv:
        r = gm.gmptop("once", f"prometheus:{sv.address}", "--json")
        d = gm.gmptop("doctor", f"prometheus:{sv.address}")
        screen = gm.gmptop("--dump", f"prometheus:{sv.address}")
    rows = by_name(r.json)
    equal(prometheus(rows["php p:1"])["state"], "absent", "a service without metrics of Go")
    check("none of its metrics that gmptop knows" in prometheus(rows["php p:1"])["detail"], "why")
    equal(prometheus(rows["nan n:1"])["state"], "ok", "NaN")
    check("total" not in rows["nan n:1"].get("goroutines", {}), "NaN is absent", rows["nan n:1"].get("goroutines"))
    check("it warns: one store did not answer" in d.out, "warning", d.out)
    for x in (r, d, screen):
        check(not gm.bad_bytes(x.raw), "control characters", gm.bad_bytes(x.raw))


@t.test("a server whose clock is wrong is told so, and its samples are as old as they are")
def _():
    for ahead_s, words in ((3600, r"its clock is 3[56]\d\d s ahead of ours"), (-7200, r"its clock is 7[12]\d\d s behind ours"),
                           (0, None)):
        with gm.Server(World([("j", "a:1", True)], ahead_s=ahead_s).talk) as sv:
            r = gm.gmptop("once", f"prometheus:{sv.address}", "--json")
            d = gm.gmptop("doctor", f"prometheus:{sv.address}")
        equal(bool(re.search(words or "its clock", d.out)), words is not None, f"sentence at {ahead_s} s ({d.out[-200:]})")
        age_ms = prometheus(by_name(r.json)["j a:1"])["age_ms"]
        check(age_ms < 4000 * gm.SLOW, f"age at {ahead_s} s", age_ms)
        check("cpu_pct" in by_name(r.json)["j a:1"]["process"], "rates", r.json)


@t.test("when the server falls silent, what it told is no longer shown")
def _():
    world = World([("j", "a:1", True)], every_s=0.5)
    deaf = []

    def talk(conn, path, stop):
        if deaf:
            conn.sendall(gm.answer(b"no", "text/plain", "503 Service Unavailable"))
        else:
            world.talk(conn, path, stop)
    with gm.Server(talk) as sv:
        p = gm.spawn([gm.GMPTOP, "stream", f"prometheus:{sv.address}", "--interval", "500ms"], stdout=gm.subprocess.PIPE,
                     stderr=gm.subprocess.DEVNULL, env=gm.environ())
        seen = []
        try:
            while len(seen) < 60:
                row = by_name(gm.parse_json(p.stdout.readline().decode())).get("j a:1")
                seen.append(row)
                if row and "goroutines" in row:
                    deaf.append(1)
                if deaf and prometheus(row)["state"] == "failed":
                    break
        finally:
            gm.end(p)
            p.stdout.close()
    check(deaf, "numbers were there", seen[-1])
    check("goroutines" not in seen[-1], "a number that nobody tells any more", seen[-1])
    check("HTTP 503" in prometheus(seen[-1])["detail"], "why", prometheus(seen[-1]))
    check(re.search("no samples for .*HTTP 503", seen[-1]["findings"][0]["text"]), "finding", seen[-1]["findings"])


@t.test("the table of services opens one by Enter, at each size")
def _():
    world = World([("payment-service", "10.11.12.1:19480", True), ("payment-service", "10.11.12.2:19480", True)])
    with gm.Server(world.talk) as sv:
        for size in ("80x24", "200x60", "40x10"):
            r = gm.gmptop("--dump", "--size", size, "--keys", "", "--keys", "<Down><Down><Enter>", f"prometheus:{sv.address}")
            equal(r.rc, 0, f"exit code at {size} ({r.err})")
            w, h = map(int, size.split("x"))
            table, one = r.out.split("\n")[:h], "\n".join(r.out.split("\n")[h:])
            if w >= 80:
                names = {x.split()[0] + " " + x.split()[1] for x in table if "101" in x or "100" in x}
                check(len(names) == 2, f"names tell services apart at {size}", table)
                check("101" in one and "Goroutines" in one, f"one service at {size}", one)


if __name__ == "__main__":
    try:
        code = t.run(workers=2)
    finally:
        gm.end_all()
    sys.exit(code)
