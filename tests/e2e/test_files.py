"""Goroutine texts and profiles from files and pipes."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import gm
from gm import check, equal

t = gm.Tap()
tmp = tempfile.mkdtemp(prefix="gmptop-files-")
LAB = ["-chan-recv", "120", "-select", "30", "-mutex", "7", "-deep", "2", "-labels", "6", "-syscall", "1"]


def save(name, data):
    path = os.path.join(tmp, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def once(target, rc=0, stdin=None):
    p = gm.spawn([gm.GMPTOP, "once", target, "--json"], stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = p.communicate(stdin, timeout=60 * gm.SLOW)
    equal(p.returncode, rc, f"exit code ({err})")
    return gm.parse_json(out.decode())["targets"][0], err.decode()


@t.test("debug=2, debug=1 and a profile of one process hold the same goroutines; a file or a pipe is one")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0", *LAB) as sv:
        texts = {d: sv.get(f"/debug/pprof/goroutine?debug={d}") for d in (0, 1, 2)}
    count = len(re.findall(rb"^goroutine \d+", texts[2], re.M))
    for debug, text in texts.items():
        tg, _ = once(save(f"d{debug}.txt", text))
        equal(tg["name"], f"d{debug}.txt", "name")
        # Each was asked for over a connection of its own, whose goroutines come and go.
        check(abs(tg["goroutines"]["total"] - count) <= 4, "total", debug, tg["goroutines"]["total"], count)
        by_func = {f["func"]: x["count"] for x in tg["goroutines"]["groups"] for f in x["stack"]}
        equal((by_func["main.parkChanRecv"], by_func["main.parkSelect"]), (120, 30), f"counts of debug={debug}")
        piped, _ = once("-", stdin=text)
        equal(piped["goroutines"]["groups"], tg["goroutines"]["groups"], "the same from a pipe")
        equal({s["name"]: s["state"] for s in tg["sources"] if s["state"] != "off"}, {"pprof": "ok"}, "sources")
    tg, _ = once(save("d2.txt", texts[2]))
    mutex = [x for x in tg["goroutines"]["groups"] if any(f["func"] == "main.parkMutex" for f in x["stack"])]
    equal(sum(x["count"] for x in mutex), 7, "those that wait for a mutex")
    check(all(x["created_by"]["func"].startswith("main.") for x in mutex), "created_by", mutex)


@t.test("what SIGQUIT leaves behind, also pasted from a log, holds every goroutine of the program")
def _():
    p = gm.spawn([os.path.join(gm.B, "services", "lab"), "-listen", "", "-for", "5m", *LAB], stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE, env={**os.environ, "GOTRACEBACK": "all"})
    try:
        total = gm.json.loads(p.stdout.readline())["total"]
        os.kill(p.pid, signal.SIGQUIT)
        text = p.stderr.read()
    finally:
        gm.end(p)
        p.stdout.close()
        p.stderr.close()
    tg, _ = once("-", stdin=text)
    equal(tg["goroutines"]["total"], total + 2, "total, with main and os/signal")
    log = b"".join(b"payment-1  | " + line + b"\r\n" for line in text.split(b"\n"))
    pasted, _ = once("-", stdin=log)
    equal(pasted["goroutines"]["total"], total + 2, "total from a log")


@t.test("what is none is refused in words")
def _():
    for name, data, words in (("empty.txt", b"", "empty"), ("page.html", b"<html>no</html>\n", "not a profile"),
                              ("torn.pb.gz", b"\x1f\x8b\x08\x00torn", "gzip|damaged|cut|ends")):
        tg, err = once(save(name, data), rc=2)
        check(re.search(words, err), f"the sentence for {name}", err)
        check("goroutines" not in tg, "0 is not absent", tg.get("goroutines"))
    _, err = once(tmp, rc=2)
    check("directory" in err, "a folder", err)


@t.test("a long dump costs memory for its stacks, not for its length")
def _():
    def dump(n):
        for i in range(n):
            yield (f"goroutine {i + 1} [select, {i % 90} minutes]:\nmain.wait(0xc{i:09x}, 0x{i:x})\n"
                   f"\t/src/app/a.go:{i % 200 + 1} +0x1d\nnet/http.(*conn).serve(0xc{i:09x})\n\t/go/server.go:2102 +0x623\n"
                   "created by main.start in goroutine 1\n\t/src/app/main.go:9 +0x5\n\n").encode()
    small = gm.run([gm.GMPTOP, "once", save("small.txt", b"".join(dump(100))), "--json"])
    large = os.path.join(tmp, "large.txt")
    with open(large, "wb") as f:  # piece by piece: what this script takes would count as gmptop's
        for piece in dump(300000):
            f.write(piece)
    r = gm.run([gm.GMPTOP, "once", large, "--json"])
    equal((small.rc, r.rc), (0, 0), f"exit codes ({r.err})")
    equal(r.json["targets"][0]["goroutines"]["total"], 300000, "total")
    grown = (r.rss_bytes - small.rss_bytes) / (1 << 20)
    check(gm.SAN or grown < 8, f"{os.path.getsize(large) >> 20} MB took {grown:.1f} MiB more than a small one")


@t.test("what a text holds is harmless")
def _():
    text = b"goroutine 1 [\x1b[2Jselect]:\nmain.f\xff\xc2\x9b(0x1)\n\t/src/\x1b]0;x\x07a.go:1 +0x1d\n"
    for args in (["once", "-"], ["once", "-", "--json"], ["--dump", "--keys", "3<Enter>", "-"]):
        p = gm.spawn([gm.GMPTOP, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = p.communicate(text, timeout=30 * gm.SLOW)
        equal(p.returncode, 0, f"exit code of {args} ({err})")
        bad = gm.bad_bytes(out)
        check(not bad, f"control characters from {args}", bad)


if __name__ == "__main__":
    try:
        code = t.run(workers=2)
    finally:
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
