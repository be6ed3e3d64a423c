"""Metrics pages in every format, over HTTP: what is asked for, and what is read."""
import struct
import sys

import gm
from gm import check, equal

t = gm.Tap()
PROTO = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
NAME = "http_request_duration_seconds"


def accept_of(conn):
    """The Accept header of one request, and its path."""
    head = b""
    while b"\r\n\r\n" not in head:
        got = conn.recv(4096)
        if not got:
            return "", ""
        head += got
    lines = head.decode("latin-1").split("\r\n")
    return next((x[8:] for x in lines if x.lower().startswith("accept: ")), ""), lines[0].split(" ")[1]


def native_page(count):
    """One native histogram with all in (2^-4, 2^-3] seconds."""
    zigzag = lambda n: n << 1 ^ n >> 63
    h = gm.pb_int(1, count) + b"\x11" + struct.pack("<d", count / 10) + gm.pb_int(5, zigzag(0))
    h += gm.pb_bytes(12, gm.pb_int(1, zigzag(-3)) + gm.pb_int(2, 1)) + gm.pb_int(13, zigzag(count))
    label = lambda k, v: gm.pb_bytes(1, gm.pb_bytes(1, k) + gm.pb_bytes(2, v))
    metric = label(b"handler", b"/pay") + label(b"code", b"200") + gm.pb_bytes(7, h)
    family = gm.pb_bytes(1, NAME.encode()) + gm.pb_int(3, 4) + gm.pb_bytes(4, metric)
    return gm._varint(len(family)) + family


def text_page(count):
    labels = 'handler="/pay",code="200"'
    return (f'# TYPE {NAME} histogram\n{NAME}_bucket{{{labels},le="+Inf"}} {count}\n'
            f"{NAME}_sum{{{labels}}} {count / 10}\n{NAME}_count{{{labels}}} {count}\n").encode()


def lines_of(talk, n):
    with gm.Server(talk, read=False) as sv:
        r = gm.gmptop("stream", f"http://{sv.address}/metrics", "--count", str(n), "--interval", "300ms")
    equal(r.rc, 0, f"exit code ({r.err})")
    return [gm.parse_json(x)["targets"][0] for x in r.out.splitlines()]


@t.test("a native histogram, of which text keeps nothing, is asked for as protobuf")
def _():
    asked = []

    def talk(conn, _path, _stop):
        accept, path = accept_of(conn)
        if not path.startswith("/metrics"):
            return conn.sendall(gm.answer(b"", status="404 Not Found"))
        asked.append(accept)
        n = 100 * len(asked)
        if accept.startswith("application/vnd.google.protobuf"):
            return conn.sendall(gm.answer(native_page(n), PROTO))
        return conn.sendall(gm.answer(text_page(n)))

    last = lines_of(talk, 5)[-1]
    for kind in ("text/plain;version=0.0.4", "text/plain;version=1.0.0", "application/openmetrics-text;version=1.0.0",
                 "application/openmetrics-text;version=0.0.1", "application/vnd.google.protobuf", "escaping=allow-utf-8"):
        check(kind in asked[0], f"{kind} is offered", asked[0])
    check(asked[0].startswith("text/plain;version=0.0.4"), "text goes first", asked[0])
    check(asked[1].startswith("application/vnd.google.protobuf"), "then protobuf does", asked[1])
    row = last["requests"][0]
    equal((row["route"], row["p99_lo_ms"], row["p99_ms"]), ("/pay", 62.5, 125), "the bucket of the 99th per cent")


@t.test("protobuf that brings no native histogram is not asked for again")
def _():
    asked = []

    def talk(conn, _path, _stop):
        accept, path = accept_of(conn)
        if path.startswith("/metrics"):
            asked.append(accept)
        conn.sendall(gm.answer(text_page(len(asked))))

    lines_of(talk, 5)
    equal([a.startswith("application/vnd") for a in asked[:4]], [False, True, False, False], "what was asked for")


@t.test("OpenMetrics and protobuf that end early are refused, whole they are read")
def _():
    pages = [(OPENMETRICS, b"# TYPE go_goroutines gauge\ngo_goroutines 42\n# EOF\n", True),
             (OPENMETRICS, b"# TYPE go_goroutines gauge\ngo_goroutines 4\n", False),
             (PROTO, native_page(5), True), (PROTO, native_page(5)[:-2], False)]
    for ctype, page, whole in pages:
        def talk(conn, _path, _stop):
            accept_of(conn)
            conn.sendall(gm.answer(page, ctype))

        with gm.Server(talk, read=False) as sv:
            r = gm.gmptop("once", f"http://{sv.address}/metrics")
        equal(r.rc, 0 if whole else 2, f"exit code for {page[-20:]}")
        check(whole or "the page is cut" in r.err, "says that it is cut", r.err)


if __name__ == "__main__":
    try:
        code = t.run(workers=2)
    finally:
        gm.end_all()
    sys.exit(code)
