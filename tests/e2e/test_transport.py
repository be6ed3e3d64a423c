"""The way to a target: TLS, HTTP/2, credentials from files and the environment, an API server's proxy path, proxies."""
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.request

import gm
from gm import check, equal

t = gm.Tap()
tmp = tempfile.mkdtemp(prefix="gmptop-transport-")
POD = "/api/v1/namespaces/shop/pods/payment-5d9c:6060/proxy"
OPTS = ["--interval", "300ms", "--timeout", "2s"]
behind = gm.paymentd()


def secret(name, text, mode=0o600):
    path = os.path.join(tmp, name)
    with open(path + ".new", "w") as f:
        f.write(text + "\n")
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)
    return path


class Gateway(gm.Service):
    """An API server before `behind`."""

    def __init__(self, name, *args):
        self.dir = os.path.join(tmp, name)
        os.mkdir(self.dir)
        super().__init__("gateway", "-to", behind.url, "-dir", self.dir, *args)
        self.ca = os.path.join(self.dir, "ca.pem")
        self.client = os.path.join(self.dir, "client.pem")
        self.pod = self.url + POD

    def seen(self):
        """Requests by protocol."""
        ctx = ssl.create_default_context(cafile=self.ca)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ctx))
        with opener.open(self.url + "/seen", timeout=10) as r:
            return json.load(r)


def look(target, *args, env=None):
    r = gm.gmptop("once", "--json", target, *OPTS, *args, env=env)
    return r, gm.sources(r.json["targets"][0]), r.json["targets"][0]


def is_whole(r, src, row):
    equal(r.rc, 0, f"exit code ({r})")
    equal((src["pprof"]["state"], src["metrics"]["state"]), ("ok", "ok"), f"states ({src})")
    check(row["goroutines"]["total"] > 5 and row["goroutines"]["source"] == "pprof", "goroutines", row["goroutines"])
    equal((src["memory"]["state"], src["proc"]["state"]), ("absent", "absent"), "the gateway passes for the service")
    check("pid" not in row and "gateway" in src["memory"]["detail"], "the sentence", src["memory"]["detail"])
    equal(sorted(b["name"] for b in row["breakers"]), ["fx", "ledger", "mail", "payment"], "breakers")


def is_refused(r, src, words):
    equal(r.rc, 2, f"exit code ({r})")
    for s in ("pprof", "metrics"):
        equal(src[s]["state"], "denied", f"{s} ({src[s]})")
        check(words in src[s]["detail"], f"{s}: the sentence says {words}", src[s]["detail"])


@t.test("a pod behind an API server: TLS, HTTP/2, a token from a file")
def _():
    token = secret("token", "t0ken.of.a-pod")
    with Gateway("pod", "-bearer-file", token) as g:
        is_whole(*look(g.pod, "--cacert", g.ca, "--bearer-file", token))
        is_whole(*look(g.pod + "/", "--cacert", g.ca, "--bearer-file", token))
        equal(list(g.seen()), ["HTTP/2.0"], "protocols")
        r, src, _row = look(g.pod, "--cacert", g.ca, "--bearer-file", secret("wrong", "other"))
        is_refused(r, src, "401")
        check("other" not in r.out + r.err, "the token is printed")
        r, src, _row = look(g.pod, "--cacert", g.ca)
        is_refused(r, src, "--bearer-file")
        r, src, _row = look(g.url + POD.replace(":6060", ""), "--cacert", g.ca, "--bearer-file", token)
        equal((r.rc, src["metrics"]["state"]), (2, "failed"), "a pod that cannot be reached")
        check("503" in src["metrics"]["detail"], "its sentence", src["metrics"]["detail"])


@t.test("one page of a pod by its whole address")
def _():
    token = secret("token-page", "abc")
    with Gateway("page", "-bearer-file", token) as g:
        r, src, row = look(g.pod + "/metrics", "--cacert", g.ca, "--bearer-file", token)
        equal((r.rc, src["metrics"]["state"], src["pprof"]["state"]), (0, "ok", "off"), "states")
        check(row["breakers"], "breakers")


@t.test("a token from the environment works, and is not to be seen in /proc")
def _():
    token = secret("token-env", "from-the-environment")
    with Gateway("env", "-bearer-file", token) as g:
        is_whole(*look(g.pod, "--cacert", g.ca, env={"GMPTOP_BEARER": "from-the-environment"}))
        is_whole(*look(g.pod, env={"GMPTOP_BEARER": "from-the-environment", "GMPTOP_CACERT": g.ca}))
        p = gm.spawn([gm.GMPTOP, "stream", g.pod, "--cacert", g.ca, *OPTS], stdout=subprocess.PIPE,
                     stdin=subprocess.DEVNULL, env=gm.environ({"GMPTOP_BEARER": "from-the-environment"}))
        try:
            check(b'"pprof"' in p.stdout.readline(), "a line")
            for name in ("environ", "cmdline"):
                with open(f"/proc/{p.pid}/{name}", "rb") as f:
                    check(b"from-the" not in f.read(), f"the token stands in /proc/PID/{name}")
        finally:
            gm.end(p)
            p.stdout.close()


@t.test("a token that is replaced while gmptop runs is used at once")
def _():
    token, asked = secret("mine", "first"), secret("asked", "first")
    with Gateway("rotate", "-bearer-file", asked) as g:
        p = gm.spawn([gm.GMPTOP, "stream", g.pod, "--cacert", g.ca, "--bearer-file", token, *OPTS],
                     stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=gm.environ())
        try:
            def state():
                return gm.sources(json.loads(p.stdout.readline())["targets"][0])["metrics"]["state"]
            gm.until("the first token is taken", lambda: state() == "ok")
            secret("asked", "second")
            gm.until("the first token is refused", lambda: state() == "denied", timeout_s=20)
            secret("mine", "second")
            gm.until("the second token is taken", lambda: state() == "ok", timeout_s=40)
        finally:
            gm.end(p)
            p.stdout.close()


@t.test("name and password from a file or the environment")
def _():
    user = secret("user", "ops:p:w")
    with Gateway("basic", "-user-file", user) as g:
        is_whole(*look(g.pod, "--cacert", g.ca, "--user-file", user))
        is_whole(*look(g.pod, "--cacert", g.ca, env={"GMPTOP_USER": "ops:p:w"}))
        is_refused(*look(g.pod, "--cacert", g.ca, env={"GMPTOP_USER": "ops:no"})[:2], "401")


@t.test("a file that others can read is refused, one that cannot be changed is not")
def _():
    r = gm.gmptop("once", "127.0.0.1:9", "--bearer-file", secret("open", "x", 0o644))
    equal(r.rc, 1, f"exit code ({r})")
    check("chmod 600" in r.err, "how to fix it", r.err)
    for path, words in ((os.path.join(tmp, "none"), "No such file"), (secret("empty", ""), "empty")):
        r = gm.gmptop("once", "127.0.0.1:9", "--bearer-file", path)
        equal(r.rc, 1, f"exit code ({r})")
        check(words in r.err, words, r.err)


@t.test("a certificate of the client's own")
def _():
    with Gateway("mtls", "-client-cert") as g:
        r, src, _row = look(g.pod, "--cacert", g.ca)
        equal(r.rc, 2, f"exit code without one ({r})")
        check("certificate" in src["metrics"]["detail"] and "--cert" in src["metrics"]["detail"], "the sentence",
              src["metrics"]["detail"])
        is_whole(*look(g.pod, "--cacert", g.ca, "--cert", g.client, "--key", g.client))
        is_whole(*look(g.pod, env={"GMPTOP_CERT": g.client, "GMPTOP_KEY": g.client, "GMPTOP_CACERT": g.ca}))


@t.test("an expired certificate and one for another host are refused, each in words")
def _():
    for kind, words in (("expired", "expired"), ("other", "another host")):
        with Gateway(kind, "-cert", kind) as g:
            r, src, row = look(g.pod, "--cacert", g.ca)
            is_refused(r, src, words)
            check("goroutines" not in row, "nothing of it is shown", row.get("goroutines"))


@t.test("a certificate file that is none is told before anything is asked")
def _():
    bad = secret("bad.pem", "no certificate")
    for opt in ("--cacert", "--cert", "--key"):
        for path, words in ((bad, "no PEM"), (os.path.join(tmp, "none.pem"), "No such file")):
            r = gm.gmptop("once", "127.0.0.1:9", opt, path)
            equal(r.rc, 1, f"exit code ({r})")
            check(path in r.err and words in r.err, f"{opt}: the file is named", r.err)


@t.test("proxies of the environment are not asked for this host's own addresses")
def _():
    proxied = []

    def talk(conn, path, _stop):
        proxied.append(path)
        conn.sendall(gm.answer(b"", status="502 Bad Gateway"))
    with gm.Server(talk) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            for host in ("127.0.0.1", "localhost"):
                url = behind.url.replace("127.0.0.1", host)
                r, src, row = look(url, env={name: f"http://{proxy.address}"})
                equal((r.rc, src["metrics"]["state"], row["pid"]), (0, "ok", behind.pid), "of this host")
        equal(proxied, [], "requests at the proxy")
        look("http://shop.example.test:8080", env={"http_proxy": f"http://{proxy.address}"})
        check(any(p.startswith("http://shop.example.test:8080/") for p in proxied), "another host goes by the proxy", proxied)


@t.test("a go-between that holds the port does not pass for the service behind it")
def _():
    def talk(conn, path, _stop):
        body = gm.profile([(7, gm.GOPARK + [("main.work", "/src/app/main.go", 42)], {})], program=program)
        if path.startswith("/debug/pprof/goroutine"):
            conn.sendall(gm.answer(body))
        else:
            conn.sendall(gm.answer(gm.PLAIN_METRICS + told) if path.startswith("/metrics") else gm.good(path))
    own = os.path.realpath(sys.executable)
    for told, program, pid in ((b"process_start_time_seconds 1.70000000025e+09\n", own, None), (b"", "/srv/api", None),
                               (b"", own, os.getpid()), (b"", None, os.getpid())):
        with gm.Server(talk) as sv:
            r, src, row = look(sv.address)
            equal((r.rc, src["metrics"]["state"], row.get("pid")), (0, "ok", pid), f"pid ({src})")
            if not pid:
                check(str(os.getpid()) in src["proc"]["detail"] and "passes on" in src["proc"]["detail"], "the sentence",
                      src["proc"]["detail"])


@t.test("when another process takes over the port, the old one no longer passes for it")
def _():
    with open("/proc/stat") as f:
        boot = float(re.search(r"^btime (\d+)", f.read(), re.M).group(1))
    with open("/proc/self/stat") as f:
        own = boot + int(f.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    start = [own]

    def talk(conn, path, _stop):
        page = gm.PLAIN_METRICS + b"process_start_time_seconds %.2f\n" % start[0]
        conn.sendall(gm.answer(page) if path == "/metrics" else gm.answer(b"", status="404 Not Found"))
    with gm.Server(talk) as sv:
        p = gm.spawn([gm.GMPTOP, "stream", f"http://{sv.address}", *OPTS], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                     env=gm.environ())
        try:
            def row():
                return json.loads(p.stdout.readline())["targets"][0]
            gm.until("the process is known", lambda: row().get("pid") == os.getpid())
            start[0] = own + 1000
            gm.until("it no longer counts", lambda: gm.sources(row())["proc"]["state"] == "absent")
            detail = gm.until("a sentence", lambda: gm.sources(row())["proc"].get("detail"))
            check("passes on" in detail or "another process" in detail, "the sentence", detail)
            start[0] = own
            check(gm.sources(row())["metrics"]["state"] == "ok", "metrics")
        finally:
            gm.end(p)
            p.stdout.close()


@t.test("a service with very many goroutines is asked for profiles rarely, unless --budget 100")
def _():
    body = gm.profile([(50_000, gm.GOPARK + [("main.f", "/src/app/main.go", 1)], {})])

    def talk(conn, path, _stop):
        conn.sendall(gm.answer(body) if path.startswith("/debug") else gm.good(path))
    for budget, least, most in (("1", 2, 3), ("100", 10, 50)):
        with gm.Server(talk) as sv:
            r = gm.gmptop("stream", "--sources", "pprof,metrics", f"e=http://{sv.address}", "--interval", "100ms", "--count", "25",
                          "--budget", budget)
            equal(r.rc, 0, f"exit code ({r})")
            asked = sum(p.startswith("/debug/pprof/goroutine") for p in sv.paths)
            check(least <= asked <= most, f"profiles asked for with --budget {budget}", asked)
            check(sum(p == "/metrics" for p in sv.paths) >= 10, "metrics come in each round", sv.paths)
            last = json.loads(r.out.splitlines()[-1])["targets"][0]
            equal((last["goroutines"]["total"], gm.sources(last)["pprof"]["state"]), (50_000, "ok"), "goroutines")


@t.test("a very large page of metrics is asked for rarely, unless --budget 100")
def _():
    page = gm.PLAIN_METRICS + b"".join(b'rows_total{table="t%d"} 1\n' % i for i in range(40_000))  # 1.1 MB: 11 ms

    def talk(conn, path, _stop):
        conn.sendall(gm.answer(page) if path == "/metrics" else gm.good(path))
    for budget, least, most in (("1", 2, 6), ("100", 10, 60)):
        with gm.Server(talk) as sv:
            r = gm.gmptop("stream", "--sources", "metrics", f"e=http://{sv.address}", "--interval", "100ms", "--count", "30",
                          "--budget", budget)
            equal(r.rc, 0, f"exit code ({r})")
            asked = sum(p == "/metrics" for p in sv.paths)
            check(least <= asked <= most, f"pages asked for with --budget {budget}", asked)
            last = json.loads(r.out.splitlines()[-1])["targets"][0]
            equal((len(last["breakers"]), gm.sources(last)["metrics"]["state"]), (1, "ok"), "what it tells")


# ---- a handshake that goes wrong ----

HELLO = bytes.fromhex("160303004a020000460303") + bytes(32) + bytes.fromhex("00c02f000000")


def no_handshake(conn, _path, stop):
    conn.recv(4096)
    stop.wait(20)


def half_handshake(conn, _path, stop):
    conn.recv(4096)
    conn.sendall(HELLO[:30])
    stop.wait(20)


def cut_handshake(conn, _path, _stop):
    conn.recv(4096)
    conn.sendall(HELLO[:30])


def wrong_handshake(conn, _path, stop):
    conn.recv(4096)
    conn.sendall(b"\x16\x03\x03\x40\x00" + b"\xff" * 16384)
    stop.wait(5)


def alert(conn, _path, _stop):
    conn.recv(4096)
    conn.sendall(bytes.fromhex("15030300020228"))


@t.test("a TLS handshake that hangs, is cut, is nonsense or is refused: in time, in words, the neighbour unaffected")
def _():
    for talk, words in ((no_handshake, "within"), (half_handshake, "within"), (cut_handshake, "TLS"), (wrong_handshake, "TLS"),
                        (alert, "TLS")):
        with gm.Server(talk, read=False) as sv:
            r = gm.gmptop("once", "--json", f"bad=https://{sv.address}", f"good={behind.url}", "--interval", "300ms",
                          "--timeout", "1s")
            equal(r.rc, 3, f"{talk.__name__}: exit code ({r})")
            bad, good = r.json["targets"]
            s = gm.sources(bad)["metrics"]
            equal(s["state"], "failed", f"{talk.__name__}: state")
            check(words in s["detail"], f"{talk.__name__}: the sentence says {words}", s["detail"])
            equal(gm.sources(good)["metrics"]["state"], "ok", "the neighbour")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        code = t.run(workers=3)
    finally:
        behind.close()
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
