"""make demo without a terminal: the screens as text, exit 0, and no process left behind."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import gm
from gm import check, equal

t = gm.Tap()
tmp = tempfile.mkdtemp(prefix="gmptop-demo-")


def children(pid):
    """All descendants of a process, as {pid: (start time, command)}."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    head, _, tail = f.read().rpartition(")")
                f = tail.split()
                parents[int(name)] = (int(f[1]), f[19], head.partition("(")[2])
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, more = {}, [pid]
    while more:
        at = more.pop()
        for p, (parent, start, comm) in parents.items():
            if parent == at:
                found[p] = (start, comm)
                more.append(p)
    return found


def alive(pid, start):
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
            return fields[19] == start and fields[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Demo:
    """A demo in the background; every process that it started is known."""

    def __init__(self, *command):
        self.out = tempfile.TemporaryFile()
        self.folder = tempfile.mkdtemp(dir=tmp)
        self.p = gm.spawn(command, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT,
                          start_new_session=True,
                          env=gm.environ({"MAKEFLAGS": None, "MAKELEVEL": None, "MFLAGS": None, "TMPDIR": self.folder}))
        self.known = {}
        self.stop = threading.Event()
        self.watcher = threading.Thread(target=self._watch)
        self.watcher.start()

    def _watch(self):
        while not self.stop.wait(0.05):
            self.known.update(children(self.p.pid))

    def find(self, name):
        return next((p for p, (start, comm) in self.known.items() if comm == name and alive(p, start)), None)

    def text(self):
        self.out.seek(0)
        return self.out.read().decode("utf-8", "replace")

    def left(self):
        return {p: c for p, (start, c) in self.known.items() if alive(p, start)}

    def none_left(self, timeout_s=5):
        gm.until(f"every process that the demo started ends (now {self.left()})", lambda: not self.left(), timeout_s)
        check("paymentd" in [c for _, c in self.known.values()], "the watch saw no paymentd", self.known)

    def close(self):
        self.stop.set()
        self.watcher.join(5)
        for p in self.left():
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        gm.end(self.p, signal.SIGKILL)
        self.out.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def make_demo():
    return Demo("make", "demo", f"B={gm.B}")


def script():
    """What make demo runs in the end, without looking again whether all is built."""
    return Demo("sh", "tests/demo.sh", gm.GMPTOP, os.path.join(gm.B, "services", "paymentd"))


@t.test("make demo without a terminal prints Overview, Sched, Leaks and Breakers, each with its process line, and exits 0")
def _():
    with make_demo() as d:
        check(gm.wait_end(d.p, 80 * gm.SLOW), f"make demo still runs after 80 s:\n{d.text()[-2000:]}")
        d.stop.set()
        text = d.text()
        equal(d.p.returncode, 0, f"exit code; {text[-2000:]}")
        line = r"^ paymentd +pid \d+ +go1\.\S+ .*LIVE"
        heads = [m.start() for m in re.finditer(line, text, re.M)]
        equal(len(heads), 4, f"process lines in\n{text}\n")
        screens = [text[a:b] for a, b in zip(heads, heads[1:] + [len(text)])]
        for name, screen, words in zip(("Overview", "Sched", "Leaks", "Breakers"), screens,
                                       (("Goroutines", "Breakers"), ("GOMAXPROCS", "threads"),
                                        ("main.awaitQuote|leaks.go", "STRONG"), ("payment", "fx", "limiter"))):
            for w in words:
                check(re.search(w, screen), f"{name} shows {w}", screen)
        bad = gm.bad_bytes(text.encode())
        check(not bad, "control characters", bad)
        d.none_left()


def killed(who, sig):
    with script() as d:
        gm.until("gmptop and paymentd run", lambda: d.find("gmptop") and d.find("paymentd"), 20)
        os.kill(d.find("gmptop") if who == "gmptop" else d.p.pid if who == "demo.sh" else d.find("paymentd"), sig)
        check(gm.wait_end(d.p, 45 * gm.SLOW), f"the demo still runs after {who} got {sig.name}")
        if who == "gmptop":
            check(d.p.returncode != 0, "the demo succeeds though gmptop was killed")
        # paymentd looks twice a second whether its parent lives; gmptop ends with its target, or when it is done.
        d.none_left(45)
        if (who, sig) != ("demo.sh", signal.SIGKILL):
            check(not os.listdir(d.folder), "files are left", os.listdir(d.folder))


for who, sig in (("gmptop", signal.SIGKILL), ("gmptop", signal.SIGTERM), ("demo.sh", signal.SIGTERM),
                 ("demo.sh", signal.SIGKILL), ("paymentd", signal.SIGKILL)):
    t.add(f"no process is left behind when {who} gets {sig.name} meanwhile", killed, who, sig)


@t.test("without a service that starts, the demo says so and exits with an error")
def _():
    r = gm.run(["sh", "tests/demo.sh", gm.GMPTOP, "/bin/false"], timeout_s=20)
    check(r.rc != 0 and "demo: " in r.err, "a sentence", r)


if __name__ == "__main__":
    try:
        code = t.run(workers=6)
    finally:
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
