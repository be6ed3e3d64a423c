"""Servers that misbehave: each gets a sentence of its own, in time and in little memory, and no other target suffers."""
import gzip
import os
import re
import shutil
import socket
import ssl
import struct
import sys
import tempfile
import threading
import zlib

import gm
from gm import check, equal

t = gm.Tap()
heavy = gm.Tap()  # servers that send as fast as they can: one after the other, so that they starve nobody here
tmp = tempfile.mkdtemp(prefix="gmptop-hostile-")
TIMEOUT_S = 1 * gm.SLOW
OPTS = ["--json", "--interval", "400ms", "--timeout", f"{TIMEOUT_S}s"]
RSS_MAX = 150 << 20
details = {}  # name of the case: the sentences of pprof and metrics

# Worthless: made for this test, for 127.0.0.1.
CERT = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTz8opboqcriPBFah
VVhcXwSRGqSnXeO+UB06CxCgzD+hRANCAARr8458UnDKACroybOk3DZrcFGe2Z70
xD8/ylnN2nub3vJLUwxkl9ueM4jjGC4S5rBlYgynMbXbzoYiE0MTaBos
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBbjCCARSgAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA50ZXN0IG9m
IGdtcHRvcDAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1OVowGTEXMBUG
A1UEAwwOdGVzdCBvZiBnbXB0b3AwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARr
8458UnDKACroybOk3DZrcFGe2Z70xD8/ylnN2nub3vJLUwxkl9ueM4jjGC4S5rBl
YgynMbXbzoYiE0MTaBoso0swSTAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3Qw
DAYDVR0TBAUwAwEB/zAdBgNVHQ4EFgQU8RML6D6RHMQBzLVX5nZcdWDogpwwCgYI
KoZIzj0EAwIDSAAwRQIhAON6S/OIAbwWe5xPRWHaqwkugtiAWUlg3Sez6bmWZWQw
AiAzSQfOSrgcuoNcJQl47tYzT5dySE7fNqfH7lS7lwcVtg==
-----END CERTIFICATE-----
"""


# ---- how a server can misbehave: talk(conn, path, stop) ----

def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(conn, _path, stop):
    stop.wait(20)


def rst_at_once(conn, _path, _stop):
    reset(conn)


def rst_after_headers(conn, path, stop):
    conn.sendall(gm.good(path).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    stop.wait(0.05)
    reset(conn)


def close_at_once(conn, _path, _stop):
    conn.shutdown(socket.SHUT_RDWR)


def drip(conn, path, stop):
    drip_bytes(conn, gm.good(path), stop)


def drip_bytes(conn, data, stop):
    for b in data:
        conn.sendall(bytes([b]))
        if stop.wait(1):
            return


def drip_body(conn, path, stop):
    h, _, body = gm.good(path).partition(b"\r\n\r\n")
    conn.sendall(h + b"\r\n\r\n")
    drip_bytes(conn, body, stop)


def head(ctype="text/plain; version=0.0.4", more=""):
    return f"HTTP/1.1 200 OK\r\nContent-Type: {ctype}\r\n{more}Connection: close\r\n\r\n".encode()


def for_ever(first, piece):
    def talk(conn, _path, stop):
        conn.sendall(first)
        while not stop.is_set():
            conn.sendall(piece)
    return talk


endless_headers = for_ever(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"m" * 1000 + b"\r\n")
endless_header_line = for_ever(b"HTTP/1.1 200 OK\r\nX-More: ", b"m" * 8192)
flood_1xx = for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
endless_line = for_ever(head() + b"go_goroutines{a=\"", b"x" * 65536)
endless_zeros = for_ever(head("application/octet-stream"), b"\0" * 65536)
endless_page = for_ever(head(), b"".join(b"m_%d_total 1\n" % i for i in range(4000)))
endless_comments = for_ever(head(), b"# nothing to see here\n" * 3000)


def bomb(size):
    """size zeros, deflated about 1000:1, as pieces of a gzip stream."""
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(size >> 20):
        yield z.compress(bytes(1 << 20))
    yield z.flush()


BOMB = b"".join(bomb(1 << 30))


def gzip_encoded(conn, _path, _stop):
    conn.sendall(head(more="Content-Encoding: gzip\r\n") + BOMB)


def gzip_body(conn, _path, _stop):
    conn.sendall(head("application/octet-stream") + BOMB)


def says(body, ctype="text/plain; version=0.0.4", status="200 OK", more=""):
    return lambda conn, _path, _stop: conn.sendall(gm.answer(body, ctype, status, more))


def raw(data):
    return lambda conn, _path, _stop: conn.sendall(data)


def wrong_length(by):
    def talk(conn, path, _stop):
        h, _, body = gm.good(path).partition(b"\r\n\r\n")
        length = b"Content-Length: %d" % max(1, len(body) + by if by > 0 else len(body) // 2)
        conn.sendall(re.sub(rb"Content-Length: \d+", length, h) + b"\r\n\r\n" + body)
    return talk


def redirect(where):
    def talk(conn, path, _stop):
        to = where.format(path=path, port=conn.getsockname()[1])
        conn.sendall(gm.answer(b"moved\n", "text/plain", "302 Found", f"Location: {to}\r\n"))
    return talk


def only(prefix, talk):
    """Misbehaves on one page, is fine on the others."""
    def mixed(conn, path, stop):
        talk(conn, path, stop) if path.startswith(prefix) else conn.sendall(gm.good(path))
    return mixed


HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works</h1>{</body></html>\n"
BINARY = bytes(range(256)) * 64
HEAP = gm.profile([(5, [("main.alloc", "/src/app/main.go", 7)], {})], kind=b"inuse_space", unit=b"bytes")
torn = gm.profile([(3, gm.GOPARK + [(f"main.work{i}", "/src/app/main.go", i)], {}) for i in range(300)])
torn_pb = gzip.compress(gzip.decompress(torn)[:-700])

FAILED, DENIED, ABSENT = "failed", "denied", "absent"

FLOODS = (endless_headers, endless_header_line, flood_1xx, endless_line, endless_zeros, endless_page, endless_comments,
          gzip_encoded, gzip_body)

# name, talk, state, what the sentence must contain (any of, lower case), options of the server
ALL_PAGES = [
    ("accepts and never answers", hang, FAILED, "no answer|time|within", {}),
    ("resets the connection at once", rst_at_once, FAILED, "reset|broke|closed", {"read": False}),
    ("closes the connection without a word", close_at_once, FAILED, "closed|without|ended|reset|broke", {"read": False}),
    ("resets after the headers", rst_after_headers, FAILED, "reset|broke|ended|closed|early", {}),
    ("sends a byte a second", drip, FAILED, "within|time|slow|end", {}),
    ("sends its body a byte a second", drip_body, FAILED, "end within", {}),
    ("sends headers without end", endless_headers, FAILED, "header", {}),
    ("sends one header without end", endless_header_line, FAILED, "header|large|long", {}),
    ("floods with 100 Continue", flood_1xx, FAILED, "header|within|informational|100|end", {}),
    ("compresses zeros 1000:1 as Content-Encoding", gzip_encoded, FAILED, "large|inflat|mib|compress|long|gzip|metric", {}),
    ("ends before its Content-Length", wrong_length(500), FAILED, "early|end|short|miss", {}),
    ("breaks its chunks", raw(head(more="Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\nzz not hex\r\n"), FAILED,
     "chunk|broken|hex|early|encoding", {}),
    ("answers 204", raw(b"HTTP/1.1 204 No Content\r\n\r\n"), FAILED, "204|empty", {}),
    ("redirects to another host", redirect("http://192.0.2.1:8080{path}"), FAILED, "192.0.2.1:8080", {}),
    ("redirects to another port", redirect("http://127.0.0.1:9{path}"), FAILED, "127.0.0.1:9", {}),
    ("redirects to itself", redirect("{path}"), FAILED, "redirect", {}),
    ("redirects to a file", redirect("file:///etc/passwd"), FAILED, "file:///etc/passwd", {}),
    ("answers 401", says(b"who are you\n", status="401 Unauthorized"), DENIED, "401", {}),
    ("answers 403", says(b"no\n", status="403 Forbidden"), DENIED, "403", {}),
    ("answers 404", says(b"404 page not found\n", status="404 Not Found"), ABSENT, "404", {}),
    ("answers 500", says(b"oops\n", status="500 Internal Server Error"), FAILED, "500", {}),
    ("answers 503", says(b"later\n", status="503 Service Unavailable"), FAILED, "503", {}),
    ("answers HTML with 200", says(HTML, "text/html"), FAILED, "html", {}),
    ("answers HTML with 200 as text/plain", says(HTML), FAILED, "html", {}),
    ("answers JSON with 200", says(b'{"status":"ok","goroutines":5}\n', "application/json"), FAILED, "json", {}),
    ("answers binary garbage with 200", says(BINARY, "application/octet-stream"), FAILED,
     "binary|not a|no gzip|not gzip|profile|metric|line", {}),
    ("answers nothing with 200", says(b""), FAILED, "empty|nothing|no ", {}),
    ("speaks no HTTP", raw(b"220 mail.example.test ESMTP ready\r\n" * 4), FAILED, "http", {}),
    ("speaks HTTP/0.9", raw(b"hello\n"), FAILED, "http", {}),
]

# name, page, talk, states allowed for that page's source, words
ONE_PAGE = [
    ("an endless page of metrics", "/metrics", endless_page, [FAILED], "large|many|limit|within|end"),
    ("an endless page of comments", "/metrics", endless_comments, [FAILED], "large|many|limit|within|end"),
    ("an endless line of metrics", "/metrics", endless_line, [FAILED], "line|long|large"),
    ("an endless profile", "/debug/pprof/goroutine", endless_zeros, [FAILED], "large|mib|profile|gzip|within"),
    ("a profile that inflates 1000:1", "/debug/pprof/goroutine", gzip_body, [FAILED], "large|inflat|unpack|expand|mib"),
    ("a page of metrics that inflates 1000:1", "/metrics", gzip_body, [FAILED], "large|inflat|unpack|mib|binary|text|line"),
    ("a profile whose gzip is torn", "/debug/pprof/goroutine", says(torn[:-150]), [FAILED], "torn|end|early|trunc|gzip|short"),
    ("a profile whose gzip has a wrong checksum", "/debug/pprof/goroutine",
     says(torn[:-8] + b"\1\2\3\4" + torn[-4:]), [FAILED], "gzip|check|crc|damag|broken|torn"),
    ("a profile whose protobuf is torn", "/debug/pprof/goroutine", says(torn_pb), [FAILED],
     "torn|end|early|trunc|profile|string|damag"),
    ("a profile cut by its Content-Length", "/debug/pprof/goroutine", wrong_length(-1), [FAILED], "torn|end|early|trunc|gzip|short"),
    ("a heap profile", "/debug/pprof/goroutine", says(HEAP), [FAILED], "goroutine"),
    ("HTML for a profile", "/debug/pprof/goroutine", says(HTML, "text/html"), [FAILED], "html"),
    ("goroutines as text (debug=1)", "/debug/pprof/goroutine", says(b"goroutine profile: total 8\n8 @ 0x1\n"),
     [FAILED, "ok"], "profile|text|gzip"),
    ("a profile for metrics", "/metrics", says(gm.PLAIN_PROFILE), [FAILED], "."),
]


healthy = gm.paymentd()


@t.test("the test servers themselves are sound: when they behave, exit 0")
def _():
    with gm.Server(gm.serve_good) as sv:
        bad, _ = look(sv.address, 0)
        src = gm.sources(bad)
        equal((src["pprof"]["state"], src["metrics"]["state"]), ("ok", "ok"), "states")
        is_good(bad)


def is_good(row):
    """What gm.good() serves."""
    equal([(g["count"], g["state"]) for g in row["goroutines"]["groups"]], [(7, "chan receive"), (1, "chan receive")],
          "groups")
    equal([(b["name"], b["state"]) for b in row["breakers"]], [("bank", "open")], "breakers")
    equal(row["memory"]["heap_live_bytes"], 1234567, "heap")


def neighbour_is_whole(tg):
    src = gm.sources(tg)
    equal([src[s]["state"] for s in ("proc", "pprof", "metrics")], ["ok"] * 3, f"states of the healthy neighbour ({src})")
    check(tg["goroutines"]["total"] == sum(g["count"] for g in tg["goroutines"]["groups"]) > 5, "neighbour's goroutines",
          tg["goroutines"])
    equal([(b["name"], b["state"]) for b in tg["breakers"]],
          [(n, "closed") for n in ("fx", "ledger", "mail", "payment")], "neighbour's breakers")
    equal(tg["pid"], healthy.pid, "neighbour's pid")
    check(tg["memory"]["heap_live_bytes"] > 100_000 and "build" in tg and "sched" in tg, "neighbour's other values")


def look(target, rc, *more):
    """once on the hostile target and a healthy neighbour; within bounds. Returns the hostile row, and the result."""
    r = gm.gmptop("once", f"bad={target}", f"good={healthy.url}", *OPTS, *more, timeout_s=20)
    equal(r.rc, rc, f"exit code ({r})")
    in_bounds(r)
    bad, good = r.json["targets"]
    neighbour_is_whole(good)
    equal(bad["name"], "bad", "name of the row")
    return bad, r


def in_bounds(r):
    limit_s = TIMEOUT_S + gm.MARGIN_S * gm.SLOW
    check(r.took_s < limit_s, f"took {r.took_s:.1f} s with a time-out of {TIMEOUT_S} s")
    check(gm.SAN or r.rss_bytes < RSS_MAX, f"needed {r.rss_bytes >> 20} MB")
    bad = gm.bad_bytes(r.raw)
    check(not bad, "control characters in the output", bad)


def told(source, words, state):
    check(source["state"] in (state if isinstance(state, list) else [state]), f"{source['name']}: want {state}", source)
    if source["state"] != "ok":
        check(re.search(words, source["detail"], re.I), f"{source['name']}: the sentence should say {words}",
              source["detail"])
        check("successful" not in source["detail"].lower() and "(null)" not in source["detail"], "the sentence",
              source["detail"])


def nothing_known(row):
    for key in ("goroutines", "breakers", "limiters", "requests"):
        check(not row.get(key), f"{key} of a server that gave none", row.get(key))


def all_pages(name, talk, state, words, opts):
    with gm.Server(talk, **opts) as sv:
        bad, r = look(sv.address, 3)
        src = gm.sources(bad)
        for s in ("pprof", "metrics"):
            told(src[s], words, state)
        nothing_known(bad)
        check("root:" not in r.out, "the answer of a file got in")
        details[name] = [src["pprof"]["detail"], src["metrics"]["detail"]]
        alone = gm.gmptop("once", sv.address, *OPTS, timeout_s=20)
        equal(alone.rc, 2, f"exit code when alone ({alone})")
        in_bounds(alone)
        check(alone.err.startswith("gmptop: ") and sv.address in alone.err, "a sentence with the target", alone.err)
        nothing_known(alone.json["targets"][0])


def one_page(name, page, talk, states, words):
    source, other = ("metrics", "pprof") if page == "/metrics" else ("pprof", "metrics")
    with gm.Server(only(page, talk)) as sv:
        bad, _ = look(sv.address, 0)
        src = gm.sources(bad)
        told(src[source], words, states)
        equal(src[other]["state"], "ok", f"{other}, which is fine")
        if src[source]["state"] != "ok":
            details[name] = [src[source]["detail"]]
        check(bad["goroutines"]["total"] == 8, "goroutines from the page that is fine", bad["goroutines"])
        if source == "metrics":
            check("breakers" not in bad, "breakers of a page that was refused", bad.get("breakers"))


def refused():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))  # taken, and nobody listens
    try:
        bad, r = look("127.0.0.1:%d" % s.getsockname()[1], 3)
        src = gm.sources(bad)
        for name in ("pprof", "metrics"):
            told(src[name], "refused", FAILED)
        check(r.took_s < 2.5 * gm.SLOW, "a refused connection needs no waiting", r.took_s)
        details["refused"] = [src["pprof"]["detail"], src["metrics"]["detail"]]
        equal(gm.gmptop("once", "127.0.0.1:%d" % s.getsockname()[1], *OPTS).rc, 2, "exit code when alone")
    finally:
        s.close()


t.add("nobody listens: failed, refused", refused)
for case in ALL_PAGES:
    (heavy if case[1] in FLOODS else t).add(f"a server that {case[0]}: {case[2]}, in words", all_pages, *case)
for case in ONE_PAGE:
    (heavy if case[2] in FLOODS else t).add(f"{case[0]}: that source fails in words, the other is ok", one_page, *case)


@t.test("an unknown host name is told")
def _():
    bad, _ = look("no-such-host.invalid:80", 3)
    told(gm.sources(bad)["pprof"], "name|host|resolv|within|known", FAILED)


# ---- TLS ----

def tls_server():
    path = os.path.join(tmp, f"tls-{threading.get_ident()}.pem")
    with open(path, "w") as f:
        f.write(CERT)
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(path)
    return gm.Server(gm.serve_good, wrap=lambda c: ctx.wrap_socket(c, server_side=True)), path


@t.test("https with a certificate that nobody signed is refused in words; --cacert trusts it")
def _():
    sv, path = tls_server()
    with sv:
        bad, _ = look(f"https://{sv.address}", 3)
        for s in ("pprof", "metrics"):
            told(gm.sources(bad)[s], "certificate", [FAILED, DENIED])
        nothing_known(bad)
        details["certificate"] = [gm.sources(bad)["pprof"]["detail"]]
        good, _ = look(f"https://{sv.address}", 0, "--cacert", path)
        equal(good["goroutines"]["total"], 8, "goroutines over TLS")


@t.test("a TLS server asked in plain, and a plain one asked for TLS, are told apart")
def _():
    sv, _path = tls_server()
    with sv:
        bad, _ = look(sv.address, 3)
        told(gm.sources(bad)["pprof"], "http|tls|closed|broke|reset", FAILED)
    with gm.paymentd() as sv:
        bad, _ = look(f"https://{sv.address}", 3)
        told(gm.sources(bad)["pprof"], "tls|ssl", FAILED)
        details["no TLS"] = [gm.sources(bad)["pprof"]["detail"]]


# ---- content that is absurd ----

@t.test("a redirect within the same host, port and scheme is followed")
def _():
    def talk(conn, path, _stop):
        if path.startswith("/moved"):
            conn.sendall(gm.good(path.removeprefix("/moved")))
        elif path.startswith(("/metrics", "/debug")):
            conn.sendall(gm.answer(b"", status="301 Moved Permanently", more=f"Location: /moved{path}\r\n"))
        else:
            conn.sendall(gm.good(path))
    with gm.Server(talk) as sv:
        row, _ = look(sv.address, 0)
        is_good(row)


@t.test("counts that cannot be: no crash, no absurd number")
def _():
    for count in (-5, 0, 1 << 62, (1 << 64) - 1):
        body = gm.profile([(count, gm.GOPARK + [("main.f", "/f.go", 1)], {}), (3, gm.GOPARK + [("main.g", "/f.go", 2)], {})])
        with gm.Server(only("/debug", says(body))) as sv:
            row, r = look(sv.address, 0)
        s = gm.sources(row)["pprof"]
        if s["state"] == "ok":
            g = row["goroutines"]
            check(0 <= g["total"] < 1 << 40, f"total with a count of {count}", g["total"])
            check(all(0 < x["count"] < 1 << 40 for x in g.get("groups", [])), f"groups with a count of {count}", g)
        else:
            told(s, ".", FAILED)


@t.test("ids and indices that point nowhere fail in words, without a crash")
def _():
    vt = gm.pb_bytes(1, gm.pb_int(1, 1) + gm.pb_int(2, 2))
    strings = b"".join(gm.pb_bytes(6, s) for s in (b"", b"goroutine", b"count"))
    big = (1 << 64) - 1
    location = gm.pb_bytes(4, gm.pb_int(1, big) + gm.pb_bytes(4, gm.pb_int(1, big) + gm.pb_int(2, big)))
    function = gm.pb_bytes(5, gm.pb_int(1, big) + gm.pb_int(2, big) + gm.pb_int(4, 1 << 40))
    sample = gm.pb_bytes(2, gm.pb_int(1, big) + gm.pb_int(2, 4) + gm.pb_bytes(3, gm.pb_int(1, 99) + gm.pb_int(2, big)))
    nowhere = gm.pb_bytes(2, gm.pb_int(1, 7) + gm.pb_int(2, 4))
    deep = gm.pb_bytes(2, gm.pb_bytes(1, b"\x01" * 200_000) + gm.pb_int(2, 4))
    many = b"".join(gm.pb_bytes(2, gm.pb_int(1, i) + gm.pb_int(2, 1)) for i in range(300_000))
    for name, body in (("huge ids", vt + sample + location + function + strings), ("no such location", vt + nowhere + strings),
                       ("200,000 frames", vt + deep + strings), ("300,000 samples", vt + many + strings),
                       ("no sample type", sample + strings), ("only strings", strings), ("nothing", b""),
                       ("a length beyond the end", vt + b"\x12\xff\xff\xff\xff\x0f" + strings)):
        with gm.Server(only("/debug", says(gzip.compress(body)))) as sv:
            row, _ = look(sv.address, 0)
        s = gm.sources(row)["pprof"]
        check(s["state"] in ("ok", FAILED), f"{name}: state of pprof", s)
        if s["state"] == "ok":
            check(len(row["goroutines"].get("groups", [])) <= 300_000, name)


@t.test("a page of metrics with a bad line keeps its good ones, or fails in words")
def _():
    page = gm.PLAIN_METRICS + b"this is { not a metric = 5\n\xff\xfe{ 7\ngo_threads 12\n"
    with gm.Server(only("/metrics", says(page))) as sv:
        row, _ = look(sv.address, 0)
    s = gm.sources(row)["metrics"]
    check(s["state"] in ("ok", FAILED), "state", s)
    if s["state"] == "ok":
        equal([(b["name"], b["state"]) for b in row["breakers"]], [("bank", "open")], "breakers of the good lines")
    else:
        told(s, "line", FAILED)


@t.test("NaN, infinities and absurd numbers are absent, never numbers")
def _():
    page = (b"# TYPE go_goroutines gauge\ngo_goroutines NaN\ngo_threads +Inf\ngo_memstats_heap_alloc_bytes -Inf\n"
            b"go_memstats_next_gc_bytes 1e308\nprocess_resident_memory_bytes -5\ngo_sched_gomaxprocs_threads 1e30\n"
            b"# TYPE circuit_breaker_state gauge\ncircuit_breaker_state{name=\"nan\"} NaN\n"
            b"circuit_breaker_state{name=\"inf\"} +Inf\ncircuit_breaker_state{name=\"big\"} 1e99\n"
            b"circuit_breaker_state{name=\"half\"} 0.5\n"
            b"# TYPE h histogram\nhttp_request_duration_seconds_bucket{le=\"NaN\"} NaN\n"
            b"http_request_duration_seconds_count NaN\nhttp_request_duration_seconds_sum +Inf\n")
    with gm.Server(only("/metrics", says(page))) as sv:
        row, r = look(sv.address, 0)
    check("heap_live_bytes" not in row.get("memory", {}), "a heap of -Inf", row.get("memory"))
    check("threads" not in row.get("sched", {}) or row["sched"]["threads"] < 1e6, "threads of +Inf", row.get("sched"))
    for b in row.get("breakers", []):
        equal(b["state"], "unknown", f"state of breaker {b['name']}")
    check(not re.search(r"\b(nan|inf)\b[,}]", r.out, re.I), "NaN or Inf in JSON", r.out)


@heavy.test("a million series of metrics: bounded in time and memory, and told")
def _():
    def million(conn, _path, _stop):
        conn.sendall(head() + gm.PLAIN_METRICS + b"# TYPE x_total counter\n")
        for i in range(200):
            conn.sendall(b"".join(b'x_total{id="%d",path="/users/%d/orders"} %d\n' % (k, k, k)
                                  for k in range(i * 5000, i * 5000 + 5000)))
    with gm.Server(only("/metrics", million)) as sv:
        row, _ = look(sv.address, 0)
    s = gm.sources(row)["metrics"]
    check(s["state"] in ("ok", FAILED), "state", s)
    equal(row["goroutines"]["total"], 8, "goroutines")


@heavy.test("100,000 breakers, limiters and routes: bounded, and the object is still one")
def _():
    def many(conn, _path, _stop):
        conn.sendall(head() + gm.PLAIN_METRICS)
        for name, label in (("circuit_breaker_state", "name"), ("rate_limiter_allowed_total", "name"),
                            ("http_request_duration_seconds_count", "handler")):
            conn.sendall(b"# TYPE %s %s\n" % (name.encode(), b"gauge" if "state" in name else b"counter"))
            conn.sendall(b"".join(b'%s{%s="n%d"} 1\n' % (name.encode(), label.encode(), i) for i in range(100_000)))
    with gm.Server(only("/metrics", many)) as sv:
        row, r = look(sv.address, 0)
    check(len(r.raw) < 64 << 20, "the object is huge", len(r.raw))


@heavy.test("labels of 64 kB and 10,000 labels on one series: bounded")
def _():
    page = (gm.PLAIN_METRICS + b'a_total{x="' + b"y" * 65536 + b'"} 1\n' +
            b"b_total{" + b",".join(b'l%d="v"' % i for i in range(10_000)) + b"} 1\n" + b"n" * 70_000 + b" 1\n")
    with gm.Server(only("/metrics", says(page))) as sv:
        row, _ = look(sv.address, 0)
        equal(row["goroutines"]["total"], 8, "goroutines")


@heavy.test("20,000 groups of goroutines: all counted, bounded in memory")
def _():
    n = 20_000
    body = gm.profile([(1, gm.GOPARK + [(f"main.f{i}", "/src/app/main.go", i)], {"id": str(i)}) for i in range(n)])
    with gm.Server(only("/debug", says(body))) as sv:
        r = gm.gmptop("once", sv.address, *OPTS[:-1], "5s")
    equal(r.rc, 0, f"exit code ({r})")
    check(gm.SAN or r.rss_bytes < RSS_MAX, f"needed {r.rss_bytes >> 20} MB")
    g = r.json["targets"][0]["goroutines"]
    equal(g["total"], n, "goroutines.total")
    check(len(g["groups"]) == n or len(g["groups"]) < g["groups_total"] == n, "groups are cut only with groups_total",
          len(g["groups"]), g.get("groups_total"))


# ---- escape sequences ----

EVIL = ["\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\u009b31mC1", "bell\x07 tab\t cr\r nul\x00 del\x7f", "\u202eright to left"]
EVIL_BYTES = [e.encode() for e in EVIL] + [b"raw \x9b31m \xff\xfe \xc3( \xed\xa0\x80", b"two\nlines"]


def evil_metrics():
    page = gm.PLAIN_METRICS
    for e in EVIL_BYTES:
        v = e.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b'"', b'\\"')
        page += b'circuit_breaker_state{name="' + v + b'"} 2\n'
        page += b'rate_limiter_limit{name="' + v + b'"} 5\n'
        page += b'http_request_duration_seconds_count{handler="' + v + b'",method="' + v + b'",code="500"} 7\n'
        page += b'go_info{version="' + v + b'"} 1\n'
        page += b"# HELP circuit_breaker_state " + v + b"\n"
    return page


def evil_profile():
    return gm.profile([(9 - i, gm.GOPARK + [(b"main." + e, b"/src/" + e + b".go", 3)], {b"k" + e: e})
                       for i, e in enumerate(EVIL_BYTES)])


@t.test("escape sequences in names, labels and files reach neither JSON, text nor any screen")
def _():
    page, body = evil_metrics(), evil_profile()
    evil_error = gm.answer(b"\x1b[2J<html>\x9b", "text/html\x1b[31m", "500 \x1b[31mOops")

    def talk(conn, path, _stop):
        if path.startswith("/debug"):
            conn.sendall(gm.answer(body))
        elif path.startswith("/metrics"):
            conn.sendall(gm.answer(page))
        else:
            conn.sendall(evil_error)
    with gm.Server(talk) as sv:
        looks = [["once", "--json"], ["once"], ["check", "--for", "1s"], ["doctor"]]
        looks += [["--dump", "--keys", k, "--size", s] for k in ("1", "2", "3", "4", "5", "6", "7", "8", "3<Enter>", "5<Enter>")
                  for s in ("80x24", "200x60")]
        seen = ""
        for args in looks:
            more = [] if args[0] == "doctor" else ["--interval", "200ms", "--timeout", "3s"]
            r = gm.gmptop(*args, f"e=http://{sv.address}", *more, timeout_s=15)
            check(r.rc in (0, 4), f"exit code of {args} ({r})")
            bad = gm.bad_bytes(r.raw + r.err.encode("utf-8", "surrogateescape"))
            check(not bad, f"{' '.join(args)} lets through", bad)
            seen += r.out
        check("main." in seen and "red" in seen, "nothing of the names was shown", seen[-800:])


@t.test("an answer's own words reach the detail without escape sequences")
def _():
    for talk in (raw(gm.answer(b"\x1b[2J<html>\xc2\x9b31m", "text/html\x1b[31m", "200 \x1b[31mOK")),
                 raw(b"HTTP/1.1 500 \x1b[31mOops\r\nContent-Length: 0\r\n\r\n"),
                 raw(b"HTTP/1.1 302 Found\r\nLocation: http://\x1b[31m\xc2\x9b.example.test/\r\nContent-Length: 0\r\n\r\n")):
        with gm.Server(talk) as sv:
            for args in (["once", "--json"], ["once"], ["doctor"], ["--dump"], ["--dump", "--keys", "1"]):
                r = gm.gmptop(*args, sv.address, *([] if args[0] == "doctor" else ["--interval", "200ms"]), timeout_s=15)
                bad = gm.bad_bytes(r.raw + r.err.encode("utf-8", "surrogateescape"))
                check(not bad, f"{' '.join(args)} lets through", bad)


@t.test("the text of once and the screen tell what is wrong with a server")
def _():
    with gm.Server(says(HTML, "text/html")) as sv:
        r = gm.gmptop("once", sv.address, "--interval", "300ms", "--timeout", "3s")
        equal(r.rc, 2, f"exit code ({r})")
        check("HTML" in r.out, "the text tells HTML", r.out)
        r = gm.gmptop("--dump", "--interval", "300ms", "--timeout", "3s", "--keys", "i", sv.address)
        check("HTML" in r.out, "the screen tells HTML", r.out)


def apart():
    """Sentences that differ only by numbers and addresses are the same sentence."""
    def plain(s):
        return re.sub(r"\S*\d\S*", "#", s.lower())
    same_class = [{"resets the connection at once", "closes the connection without a word", "resets after the headers"},
                  {"answers HTML with 200", "answers HTML with 200 as text/plain", "HTML for a profile"},
                  {"speaks no HTTP", "speaks HTTP/0.9"},
                  {"accepts and never answers", "sends a byte a second"},
                  {"sends headers without end", "sends one header without end", "floods with 100 Continue"},
                  {n for n in details if n.startswith("redirects")},
                  {"answers 401", "answers 403"}, {"answers 500", "answers 503"},
                  {"sends its body a byte a second", "an endless page of metrics", "an endless page of comments",
                   "an endless profile", "a profile that inflates 1000:1", "a page of metrics that inflates 1000:1",
                   "an endless line of metrics", "compresses zeros 1000:1 as Content-Encoding",
                   "answers binary garbage with 200", "a profile for metrics"},
                  {"a profile whose gzip is torn", "a profile whose gzip has a wrong checksum",
                   "a profile cut by its Content-Length", "a profile whose protobuf is torn",
                   "ends before its Content-Length"}]
    first = {}
    clashes = []
    for name, sentences in details.items():
        for s in map(plain, sentences):
            before = first.setdefault(s, name)
            if before != name and not any({before, name} <= c for c in same_class):
                clashes.append(f"{before} = {name}: {s}")
    check(not clashes, "the same sentence for different things:\n" + "\n".join(clashes))
    check(len(details) >= 20 or len(sys.argv) > 1, "few cases were looked at", sorted(details))


if __name__ == "__main__":
    try:
        heavy.add("different misbehaviour has different sentences", apart)
        code = t.run(workers=4, last=False)
        code |= heavy.run(workers=1, first=len(t.tests) + 1)
        if "-v" in os.environ.get("GM", ""):
            for k, v in details.items():
                print("#", k, gm.printable(str(v)))
    finally:
        healthy.close()
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
