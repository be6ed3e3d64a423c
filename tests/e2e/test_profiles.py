"""Profiles from files, pipes and exact addresses: the table, the JSON, what is refused."""
import os
import subprocess
import sys
import time

import jsonschema

import gm
from gm import check, equal

t = gm.Tap()
FIXTURES = "tests/fixtures/profile"
validator = jsonschema.Draft202012Validator(gm.run([gm.GMPTOP, "docs", "schema"]).json)


def read(name):
    with open(os.path.join(FIXTURES, name), "rb") as f:
        return f.read()


def fits_schema(doc):
    wrong = [e.message for e in validator.iter_errors(doc)]
    check(not wrong, "does not fit the schema", wrong[:3])


def profile_of(doc, kind):
    found = [p for p in doc["targets"][0]["profiles"] if p["kind"] == kind]
    equal(len(found), 1, f"profiles of {kind}")
    return found[0]


@t.test("a file and a pipe give the functions of a profile, in its default type")
def _():
    path = os.path.join(FIXTURES, "etcd-heap.pb.gz")
    r = gm.run([gm.GMPTOP, "once", path, "--json"])
    equal(r.rc, 0, f"exit code ({r.err})")
    fits_schema(r.json)
    p = profile_of(r.json, "heap")
    equal((p["type"], p["total_bytes"], p["samples"]), ("inuse_space", 9486776, 498), "type, total, samples")
    equal({x["name"] for x in p["types"]}, {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}, "types")
    top = p["sites"][0]
    check(top["func"].endswith("(*InternalRaftRequest).Marshal") and top["flat_bytes"] == top["cum_bytes"], "top", top)
    check("flat_ns" not in top, "a value of another unit", top)
    piped = gm.spawn([gm.GMPTOP, "once", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = piped.communicate(read("etcd-cpu.pb.gz"), timeout=60 * gm.SLOW)
    equal(piped.returncode, 0, f"exit code ({err})")
    text = out.decode()
    check("runtime/internal/syscall.Syscall6" in text and "dynamic dispatch" in text, "the table", text)
    check("samples 73 count" in text, "the other type", text)


@t.test("an exact address gives that profile; a CPU profile is taken once, and not with --read-only")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0", "-chan-recv", "20") as sv:
        base = f"http://{sv.address}/debug/pprof"
        for kind in ("heap", "allocs", "threadcreate"):
            r = gm.run([gm.GMPTOP, "once", f"{base}/{kind}", "--json"])
            equal(r.rc, 0, f"exit code of {kind} ({r.err})")
            fits_schema(r.json)
            profile_of(r.json, kind)
        start = time.monotonic()
        r = gm.run([gm.GMPTOP, "once", f"{base}/profile?seconds=2", "--json"])
        equal(r.rc, 0, f"exit code ({r.err})")
        fits_schema(r.json)
        p = profile_of(r.json, "cpu")
        check(1.5 < p["duration_s"] < 10 and time.monotonic() - start >= 2, "its length", p)
        for kind, call in (("mutex", "SetMutexProfileFraction"), ("block", "SetBlockProfileRate")):
            r = gm.run([gm.GMPTOP, "once", f"{base}/{kind}", "--json"])
            check(call in profile_of(r.json, kind).get("detail", ""), f"what an empty {kind} profile means", r)
        r = gm.run([gm.GMPTOP, "--read-only", "once", f"{base}/profile?seconds=2"])
        check(r.rc == 1 and "--read-only" in r.err, "--read-only", r)
    r = gm.run([gm.GMPTOP, "once", f"{base}/profile?seconds=100"])
    check(r.rc == 1 and "1 to 60 seconds" in r.err, "a long one", r)


@t.test("what is no profile, and another one than was asked for, is named")
def _():
    for body, says in ((b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", "debug=1 (ask for debug=0)"),
                       (read("etcd-cpu.pb.gz"), "a cpu profile, not heap"),
                       (read("etcd-heap.pb.gz")[:-9], "cut short"), (b"<html>", "looks like HTML")):
        def talk(conn, _path, _stop, body=body):
            conn.sendall(gm.answer(body, "application/octet-stream"))
        with gm.Server(talk) as sv:
            r = gm.run([gm.GMPTOP, "once", f"http://{sv.address}/debug/pprof/heap"])
            check(r.rc == 2 and says in r.err, says, r)


if __name__ == "__main__":
    try:
        code = t.run(workers=2)
    finally:
        gm.end_all()
    sys.exit(code)
