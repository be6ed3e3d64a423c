"""What reading costs the target: effect.py GMPTOP LOAD [PAIRS [SECONDS [INTERVAL [GOROUTINES]]]].

gmptop reads the memory of a busy Go program, and is stopped and continued by turns, in windows so short that
whatever else runs on the machine is much the same in both of a pair. Printed are the median of the changes
between the two, within its 95 % confidence bounds, and the quartiles of the changes."""
import json, os, signal, statistics, subprocess, sys, time

GMPTOP, LOAD = sys.argv[1:3]
PAIRS = int(sys.argv[3]) if len(sys.argv) > 3 else 60
SECONDS = float(sys.argv[4]) if len(sys.argv) > 4 else 0.4
INTERVAL = sys.argv[5] if len(sys.argv) > 5 else "100ms"
PARKED = [int(sys.argv[6])] if len(sys.argv) > 6 else [1000, 100000]


class Load:
    def __init__(self, *args):
        self.process = subprocess.Popen([LOAD, "-for", "30m", f"-with-parent={os.getpid()}", *args],
                                        env=dict(os.environ, GOMAXPROCS="1"),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hello = json.loads(self.process.stdout.readline())

    def since(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.terminate()
        self.process.wait()


def cpu_s(pid):
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def window(target, client):
    target.since()
    if client:
        client.since()
    time.sleep(SECONDS)
    t = target.since()
    figures = {"ops_per_wall_s": t["ops"] / t["wall_ns"] * 1e9, "ops_per_cpu_s": t["ops"] / t["cpu_ns"] * 1e9}
    if client:
        c = client.since()
        figures.update(p50=c["p50_us"], p99=c["p99_us"])
    return figures


def compare(name, target, client=None):
    reader = subprocess.Popen([GMPTOP, "stream", "--sources", "memory", "--interval", INTERVAL,
                               str(target.hello["pid"])], stdout=subprocess.DEVNULL)
    time.sleep(2)  # attached, the first sweep done
    spent, changes, level = 0.0, {}, {}
    for i in range(PAIRS):
        figures = {}
        for on in (True, False) if i % 2 else (False, True):  # ABBA: a drift cancels out
            os.kill(reader.pid, signal.SIGCONT if on else signal.SIGSTOP)
            time.sleep(0.05)
            before = cpu_s(reader.pid)
            figures[on] = window(target, client)
            spent += cpu_s(reader.pid) - before if on else 0
        for k in figures[True]:
            changes.setdefault(k, []).append((figures[True][k] / figures[False][k] - 1) * 100)
            level.setdefault(k, []).append(figures[False][k])
    os.kill(reader.pid, signal.SIGCONT)
    reader.terminate()
    reader.wait()
    for k, v in changes.items():
        v.sort()
        low, _, high = statistics.quantiles(v, n=4)
        off = int(0.98 * len(v) ** 0.5)  # ranks of the bounds of a median: n/2 +- 1.96 sqrt(n)/2
        bounds = v[max(len(v) // 2 - off, 0)], v[min(len(v) // 2 + off, len(v) - 1)]
        print(f"effect_{name}_{k} {statistics.median(v):+.2f} % (median within {bounds[0]:+.2f} to {bounds[1]:+.2f}; "
              f"quartiles {low:+.2f}, {high:+.2f}) of {statistics.median(level[k]):.0f}", flush=True)
    print(f"effect_{name}_reader {spent / (PAIRS * SECONDS) * 100:.2f} % of a core", flush=True)


# Both as fast as they can, each on one thread: with more, where the kernel runs them is what is measured.
for parked in PARKED:
    target = Load("-pairs=1", f"-parked={parked}")
    compare(f"pingpong_{parked}", target)
    target.end()
    target = Load("-listen=127.0.0.1:0", f"-parked={parked}")
    client = Load(f"-get={target.hello['url']}/api/item", "-rate=0", "-conns=2")
    compare(f"http_{parked}", target, client)
    client.end()
    target.end()
