"""gmptop dump: Go's own goroutine text, once, harmless, after saying what it costs."""
import re
import sys

import gm
from gm import check, equal

t = gm.Tap()


@t.test("dump prints the text of debug=2, says before what it costs and after what it took")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0", "-chan-recv", "200", "-select", "30", "-deep", "3") as sv:
        r = gm.gmptop("dump", sv.pid)
        equal(r.rc, 0, f"exit code ({r})")
        heads = re.findall(r"^goroutine \d+ .*\[(.*)\]", r.out, re.M)
        check(len(heads) >= 233, "goroutines", len(heads))
        equal(sum("chan receive" in x for x in heads), 203, "those that receive")
        check("\n\t/" in r.out, "places keep their tab", r.out[:300])
        before, after = r.err.strip().split("\n")
        check(re.search(r"\d+ goroutines: about \S+ of text; it will stand still for about \S+( in \d+ parts)?", before),
              "what it costs", before)
        check(re.search(rf"{len(heads)} goroutines, in \S+s$", after), "what it took", after)


@t.test("dump of many goroutines asks; without a terminal it is refused, --budget 100 goes on")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0", "-chan-recv", "6000") as sv:
        r = gm.gmptop("dump", sv.url)
        equal((r.rc, r.out), (1, ""), f"exit code and output ({r})")
        check("--budget 100" in r.err, "what would go on", r.err)
        r = gm.gmptop("dump", sv.url, "--budget", "100")
        equal(r.rc, 0, f"exit code ({r.err})")
        check(r.out.count("\ngoroutine ") >= 6000, "goroutines", r.out.count("\ngoroutine "))


@t.test("dump is refused with --read-only, and without pprof")
def _():
    with gm.Service("lab", "-listen", "", "-chan-recv", "2") as sv:
        r = gm.gmptop("dump", sv.pid, "--read-only")
        equal((r.rc, r.out), (1, ""), f"--read-only ({r})")
        r = gm.gmptop("dump", sv.pid)
        equal((r.rc, r.out), (2, ""), f"no endpoint ({r})")
        check("pprof" in r.err, "the sentence", r.err)


@t.test("what a dump holds is harmless, whatever it is")
def _():
    def talk(conn, path, _stop):
        if "debug=2" not in path:
            return gm.serve_good(conn, path, _stop)
        body = b"goroutine 1 [\x1b[2Jrunning]:\nmain.\x00f\xff(\xc2\x9b31m)\n\t/src/\x1b]0;x\x07main.go:1 +0x1d\n" + b"x" * 200000
        return conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    with gm.Server(talk) as s:
        r = gm.gmptop("dump", s.address)
        equal(r.rc, 0, f"exit code ({r.err})")
        bad = gm.bad_bytes(r.raw.replace(b"\t", b""))
        check(not bad, "control characters", bad)
        check("main.?f" in r.out or "main." in r.out, "its text", r.out[:200])


if __name__ == "__main__":
    try:
        code = t.run(workers=2)
    finally:
        gm.end_all()
    sys.exit(code)
