"""What many targets cost gmptop: fleet.py GMPTOP FLEET-SERVICE."""
import json
import os
import subprocess
import sys
import time

SERVICES, KB, SECONDS, SETTLE_S = 200, 160, 20, 5


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def main(gmptop, service):
    fleet = subprocess.Popen([service, "-services", str(SERVICES), "-kb", str(KB), "-for", "2m", "-with-parent",
                              str(os.getpid())], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        urls = json.loads(fleet.stdout.readline())["urls"]
        targets = [f"s{i}={u}/metrics" for i, u in enumerate(urls)]
        with open(os.devnull, "w") as null:
            p = subprocess.Popen([gmptop, "stream", "--sources", "metrics", *targets], stdout=null, stdin=subprocess.DEVNULL)
        try:
            time.sleep(SETTLE_S)
            before, began = cpu_s(p.pid), time.monotonic()
            time.sleep(SECONDS)
            share = (cpu_s(p.pid) - before) * 100 / (time.monotonic() - began)
            print(f"fleet_{SERVICES}x{KB}kB_cpu {share:.2f} % of a core, JSON of all included")
            print(f"fleet_{SERVICES}x{KB}kB_rss {rss_mb(p.pid):.1f} MB")
        finally:
            p.terminate()
            p.wait()
    finally:
        fleet.terminate()
        fleet.wait()


main(*sys.argv[1:])
