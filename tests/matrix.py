"""Builds lab with many Go toolchains in many ways, without endpoint, and compares what gmptop reads from outside with
what lab says of itself. Usage: GMPTOP=FILE matrix.py [VERSION...] (`make matrix`). Needs a go client that may download toolchains; takes
some minutes, so it is no part of `make test`."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "e2e"))
import gm  # noqa: E402
import test_memory  # noqa: E402

VERSIONS = ["1.19.13", "1.20.14", "1.21.13", "1.22.12", "1.23.12", "1.24.6", "1.25.12", "1.26.11", "1.27.4"]
MODES = {
    "plain": ([], "0"),
    "-s -w": (["-ldflags=-s -w"], "0"),
    "pie": (["-buildmode=pie", "-ldflags=-s -w"], "0"),
    "cgo": ([], "1"),
    "static cgo": (["-ldflags=-s -w -linkmode external -extldflags -static"], "1"),
    "race": (["-race"], "1"),
}


def build(version, mode, path):
    flags, cgo = MODES[mode]
    return subprocess.run(["go", "build", "-buildvcs=false", *flags, "-o", path, "./lab"], cwd="tests/services",
                          env={**os.environ, "GOTOOLCHAIN": "go" + version, "CGO_ENABLED": cgo},
                          capture_output=True, text=True)


def compare(path):
    with gm.Service("lab", "-listen", "", *test_memory.lab_args(test_memory.LAB), path=path) as sv:
        tg = test_memory.once(sv.pid)
        gm.equal(test_memory.memory(tg)["state"], "ok", "memory")
        test_memory.same_population(tg, sv.report)
        gm.equal(test_memory.labels_of(tg).total(), test_memory.LAB["labels"], "labelled goroutines")
        return test_memory.notes(sv.pid)


def main():
    bad = 0
    with tempfile.TemporaryDirectory(prefix="gmptop-matrix-") as tmp:
        for version in sys.argv[1:] or VERSIONS:
            for mode in MODES:
                path = os.path.join(tmp, f"lab-{version}-{mode.replace(' ', '')}")
                r = build(version, mode, path)
                try:
                    gm.equal(r.returncode, 0, "go build: " + r.stderr[-300:])
                    says = compare(path)
                except gm.Failed as e:
                    bad, says = bad + 1, "NOT THE SAME: " + str(e)
                print(f"{version:9} {mode:11} {says}", flush=True)
                if os.path.exists(path):
                    os.unlink(path)
    print(f"{bad} of {len(sys.argv[1:] or VERSIONS) * len(MODES)} builds differ")
    return bad != 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        gm.end_all()
