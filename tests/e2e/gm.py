"""What the end-to-end scripts share: TAP, processes that are always ended, a profile writer.

Each test_*.py runs from the top of the checkout, with B (build folder) and GMPTOP in the environment.
"""
import concurrent.futures
import faulthandler
import gzip
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

B = os.environ.get("B", "build")
GMPTOP = os.path.abspath(os.environ.get("GMPTOP", os.path.join(B, "gmptop")))
SOURCES = ["memory", "bpf", "proc", "pprof", "metrics", "expvar", "hystrix", "prometheus"]
READY_S = 20
MARGIN_S = 2  # beyond a time-out, on a busy host


def _sanitized():
    with open(GMPTOP, "rb") as f:
        return b"__asan_init" in f.read()


SAN = _sanitized()  # memory figures say nothing then, and all is slower
SLOW = 3 if SAN else 1


# ---- TAP ----

class Skip(Exception):
    pass


class Failed(Exception):
    pass


def check(ok, why, *got):
    """Failed with `why`, and with what was got, unless `ok`."""
    if not ok:
        raise Failed(why + "".join("\n  got: " + str(g)[:1500] for g in got))


def equal(got, want, what):
    check(got == want, f"{what}: want {want!r}, got {got!r}")


class Tap:
    def __init__(self):
        self.tests = []

    def test(self, name):
        def add(fn):
            self.add(name, fn)
            return fn
        return add

    def add(self, name, fn, *args):
        self.tests.append((name, fn, args))

    def run(self, workers=4, first=1, last=True):
        """Runs all, several at a time, and prints in order; numbers from `first`, and prints the plan when these are
        the last. Returns the exit code."""
        faulthandler.dump_traceback_later(240 * SLOW, exit=True)  # a script that hangs says where
        only = sys.argv[1] if len(sys.argv) > 1 else ""
        self.tests = [t for t in self.tests if only in t[0]]
        bad = 0
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            jobs = [pool.submit(fn, *args) for _, fn, args in self.tests]
            for i, ((name, _, _), job) in enumerate(zip(self.tests, jobs), first):
                try:
                    job.result()
                    print(f"ok {i} - {name}", flush=True)
                except Skip as e:
                    print(f"ok {i} - {name} # SKIP {e}", flush=True)
                except Exception as e:
                    bad += 1
                    text = str(e) if isinstance(e, Failed) else traceback.format_exc()
                    print(f"not ok {i} - {name}")
                    print("".join(f"# {line}\n" for line in printable(text).split("\n")), end="", flush=True)
        faulthandler.cancel_dump_traceback_later()
        if last:
            print(f"1..{len(self.tests) + first - 1}", flush=True)
        return 1 if bad else 0


def printable(s):
    return "".join(c if c == "\n" or c.isprintable() else repr(c)[1:-1] for c in s)


# ---- processes ----

_running = set()
_lock = threading.Lock()


def spawn(args, **kw):
    p = subprocess.Popen(args, **kw)
    with _lock:
        _running.add(p)
    return p


def wait_end(p, timeout_s):
    """Waits for the end of a process and returns its rusage; None when it still runs."""
    fd = os.pidfd_open(p.pid) if p.returncode is None else -1
    try:
        if fd >= 0 and not select.select([fd], [], [], timeout_s)[0]:
            return None
        if p.returncode is None:
            _, status, usage = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
            return usage
    finally:
        if fd >= 0:
            os.close(fd)
    return resource.struct_rusage([0] * 16)


def end(p, sig=signal.SIGTERM):
    """Ends a process of ours by its id, whatever it does."""
    if p.poll() is None:
        p.send_signal(sig)
        try:
            p.wait(3)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait(10)
    with _lock:
        _running.discard(p)


def end_all():
    with _lock:
        left = list(_running)
    for p in left:
        end(p, signal.SIGKILL)


class Result:
    """How a program ended: rc as a shell sees it (143 for SIGTERM)."""

    def __init__(self, rc, out, err, took_s, rss_bytes):
        self.rc = rc if rc >= 0 else 128 - rc
        self.raw, self.took_s, self.rss_bytes = out, took_s, rss_bytes
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    @property
    def json(self):
        return parse_json(self.out)

    def __str__(self):
        return f"exit {self.rc} after {self.took_s:.1f} s, stderr {self.err!r}, stdout {self.out[:600]!r}"


def run(args, timeout_s=30, env=None, cwd=None):
    """Runs a program to its end, standard input empty; Failed when it does not end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        p = spawn(args, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environ(env), cwd=cwd)
        try:
            usage = wait_end(p, timeout_s * SLOW)
            took_s = time.monotonic() - began
            check(usage is not None, f"{' '.join(args)}: still runs after {took_s:.1f} s")
        finally:
            end(p, signal.SIGKILL)
        out.seek(0)
        err.seek(0)
        return Result(p.returncode, out.read(), err.read(), took_s, usage.ru_maxrss * 1024)


def environ(more=None):
    """A plain environment: what the caller's shell exports must not change a result."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("NO_COLOR", "LC_ALL", "LC_CTYPE", "XDG_CONFIG_HOME") and not k.lower().endswith("_proxy") and
           not k.startswith("GMPTOP_")}
    env.update({"LANG": "C.UTF-8", "TERM": "xterm-256color"})
    for k, v in (more or {}).items():
        env.pop(k, None)
        if v is not None:
            env[k] = v
    return env


def gmptop(*args, **kw):
    return run([GMPTOP, *map(str, args)], **kw)


def until(what, cond, timeout_s=10, every_s=0.03):
    """Polls until cond() is true and returns its value."""
    give_up = time.monotonic() + timeout_s * SLOW
    while True:
        v = cond()
        if v:
            return v
        check(time.monotonic() < give_up, f"{what}: not within {timeout_s * SLOW} s")
        time.sleep(every_s)


class Service:
    """One of tests/services, up and ready; ended when the with block is left."""

    def __init__(self, name, *args, path=None):
        self.path = path or os.path.join(B, "services", name)
        self.p = spawn([self.path, "-with-parent", str(os.getpid()), "-for", "5m", *map(str, args)],
                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.pid = self.p.pid
        ready = select.select([self.p.stdout], [], [], READY_S * SLOW)[0]
        line = self.p.stdout.readline().decode() if ready else ""
        if not line:
            end(self.p)
            raise Failed(f"{name} did not start")
        if line.startswith("{"):
            self.report = json.loads(line)
            self.url = self.report["url"]
        else:
            self.url = re.search(r" on (http\S+)", line).group(1)

    @property
    def address(self):
        return self.url.removeprefix("http://")

    def get(self, path, timeout_s=10):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=timeout_s) as r:
            return r.read()

    def switch(self, name, rate=None, on=True):
        q = f"/switch?name={name}" + (f"&rate={rate}" if rate is not None else "") + ("" if on else "&on=0")
        rq = urllib.request.Request(self.url + q, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(rq, timeout=10) as r:
            return json.load(r)

    def close(self):
        end(self.p)
        self.p.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def paymentd(*args, **kw):
    return Service("paymentd", "-listen", "127.0.0.1:0", *args, **kw)


def copy_of(name, new_name, folder):
    """A service under a name that no other process has."""
    path = os.path.join(folder, new_name)
    shutil.copy2(os.path.join(B, "services", name), path)
    return path


# ---- JSON ----

def parse_json(text):
    """Strict: no NaN, no key twice."""
    def pairs(kv):
        d = {}
        for k, v in kv:
            check(k not in d, f"key {k!r} stands twice in one object")
            d[k] = v
        return d

    def constant(s):
        raise Failed(f"{s} is no JSON number")
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as e:
        raise Failed(f"no JSON: {e}: …{text[max(0, e.pos - 100):e.pos + 100]!r}") from None


def sources(target):
    return {s["name"]: s for s in target["sources"]}


def bad_bytes(raw, escape_ok=False):
    """The first byte that must not reach a terminal, with what stands around it; '' when there is none."""
    m = re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", raw)
    if m:
        return repr(raw[max(0, m.start() - 60):m.start() + 60])
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as e:
        return f"{e}: {raw[max(0, e.start - 60):e.start + 60]!r}"
    return ""


# ---- a goroutine profile (profile.proto), written by hand ----

def _varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 0x7f:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def pb_int(field, n):
    return _varint(field << 3) + _varint(n)


def pb_bytes(field, b):
    return _varint(field << 3 | 2) + _varint(len(b)) + b


def profile(groups, kind=b"goroutine", unit=b"count", pack=True, program=None):
    """A profile of [(count, [(function, file, line)…] leaf first, {label: value})]; gzipped."""
    strings, index = [b""], {b"": 0}

    def s(x):
        x = x if isinstance(x, bytes) else x.encode()
        if x not in index:
            index[x] = len(strings)
            strings.append(x)
        return index[x]

    value_type = pb_int(1, s(kind)) + pb_int(2, s(unit))
    body = bytearray(pb_bytes(1, value_type))
    functions, locations = {}, {}
    tail = bytearray()
    for count, stack, labels in groups:
        ids = []
        for fn, file, line in stack:
            if (fn, file) not in functions:
                functions[fn, file] = len(functions) + 1
                tail += pb_bytes(5, pb_int(1, len(functions)) + pb_int(2, s(fn)) + pb_int(3, s(fn)) +
                                 pb_int(4, s(file)))
            if (fn, file, line) not in locations:
                locations[fn, file, line] = len(locations) + 1
                row = pb_int(1, functions[fn, file]) + pb_int(2, line)
                tail += pb_bytes(4, pb_int(1, len(locations)) + pb_int(3, 0x401000 + len(locations)) +
                                 pb_bytes(4, row))
            ids.append(locations[fn, file, line])
        sample = pb_bytes(1, b"".join(map(_varint, ids))) + pb_bytes(2, _varint(count))
        for k, v in labels.items():
            sample += pb_bytes(3, pb_int(1, s(k)) + pb_int(2, s(v)))
        body += pb_bytes(2, sample)
    body += tail
    if program:
        body += pb_bytes(3, pb_int(1, 1) + pb_int(2, 0x400000) + pb_int(3, 0x800000) + pb_int(5, s(program)))
    for x in strings:
        body += pb_bytes(6, x)
    body += pb_int(9, time.time_ns()) + pb_bytes(11, value_type) + pb_int(12, 1)
    return gzip.compress(bytes(body)) if pack else bytes(body)


GOPARK = [("runtime.gopark", "/go/src/runtime/proc.go", 424), ("runtime.chanrecv", "/go/src/runtime/chan.go", 664),
          ("runtime.chanrecv1", "/go/src/runtime/chan.go", 506)]
PLAIN_PROFILE = profile([
    (7, GOPARK + [("main.work", "/src/app/main.go", 42)], {}),
    (1, GOPARK + [("main.main", "/src/app/main.go", 12), ("runtime.main", "/go/src/runtime/proc.go", 283)], {}),
])
PLAIN_METRICS = b"""# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 8
# HELP go_info Information about the Go environment.
# TYPE go_info gauge
go_info{version="go1.22.1"} 1
# TYPE go_memstats_heap_alloc_bytes gauge
go_memstats_heap_alloc_bytes 1234567
# HELP circuit_breaker_state State of the circuit breaker: 0=closed, 1=half-open, 2=open.
# TYPE circuit_breaker_state gauge
circuit_breaker_state{name="bank"} 2
"""


def answer(body, ctype="text/plain; version=0.0.4", status="200 OK", more=""):
    return (f"HTTP/1.1 {status}\r\nContent-Type: {ctype}\r\nContent-Length: {len(body)}\r\n{more}"
            "Connection: close\r\n\r\n").encode() + body


def good(path):
    """What a healthy service answers."""
    if path.startswith("/debug/pprof/goroutine"):
        return answer(PLAIN_PROFILE, "application/octet-stream")
    if path.startswith("/metrics"):
        return answer(PLAIN_METRICS)
    return answer(b"not found\n", "text/plain", "404 Not Found")


# ---- a server of raw sockets: what it says is up to `talk` ----

class Server:
    """Listens on a port of the kernel's choice, or on a unix socket. talk(conn, path) answers one request; with
    read=False it is called as soon as the connection stands, path is then ''."""

    def __init__(self, talk, read=True, unix_path=None, wrap=None):
        self.talk, self.read, self.wrap = talk, read, wrap
        self.paths = []
        self.s = socket.socket(socket.AF_UNIX if unix_path else socket.AF_INET)
        self.s.bind(unix_path or ("127.0.0.1", 0))
        self.s.listen(64)
        self.s.settimeout(0.2)
        self.stop = threading.Event()
        self.port = None if unix_path else self.s.getsockname()[1]
        self.address = f"unix:{unix_path}" if unix_path else f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.stop.is_set():
            try:
                conn, _ = self.s.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        try:
            conn.settimeout(20)
            if self.wrap:
                conn = self.wrap(conn)
            path = ""
            if self.read:
                head = b""
                while b"\r\n\r\n" not in head and len(head) < 65536:
                    got = conn.recv(4096)
                    if not got:
                        return
                    head += got
                path = head.split(b" ")[1].decode("latin-1") if head.count(b" ") > 1 else "?"
            self.paths.append(path)
            self.talk(conn, path, self.stop)
        except OSError:
            pass  # the other end has had enough
        finally:
            conn.close()

    def close(self):
        self.stop.set()
        self.s.close()
        self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def serve_good(conn, path, _stop):
    conn.sendall(good(path))
