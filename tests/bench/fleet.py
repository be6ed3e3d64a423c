"""What many targets cost gmptop: fleet.py GMPTOP FLEET-SERVICE."""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

SERVICES, KB, SECONDS, SETTLE_S = 200, 160, 20, 5


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def drain(fd, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if select.select([fd], [], [], 0.1)[0]:
            os.read(fd, 1 << 16)


def measure(name, args, env):
    """Runs it on a terminal of 80x24 and prints what it takes once it has settled."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(args[0], args, {**os.environ, **env})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    drain(fd, SETTLE_S)
    before, began = cpu_s(pid), time.monotonic()
    drain(fd, SECONDS)
    share = (cpu_s(pid) - before) * 100 / (time.monotonic() - began)
    print(f"fleet_{SERVICES}x{KB}kB_{name}_cpu {share:.2f} % of a core")
    print(f"fleet_{SERVICES}x{KB}kB_{name}_rss {rss_mb(pid):.1f} MB")
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    os.close(fd)


def main(gmptop, service):
    fleet = subprocess.Popen([service, "-services", str(SERVICES), "-kb", str(KB), "-for", "3m", "-with-parent",
                              str(os.getpid())], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        urls = json.loads(fleet.stdout.readline())["urls"]
        targets = [f"s{i}={u}/metrics" for i, u in enumerate(urls)]
        env = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        measure("live", [gmptop, "--sources", "metrics", *targets], env)
        # To a file, since a terminal would take longer than gmptop.
        stream = 'exec "$@" >/dev/null'
        measure("stream", ["/bin/sh", "-c", stream, "sh", gmptop, "stream", "--sources", "metrics", *targets], env)
    finally:
        fleet.terminate()
        fleet.wait()


main(*sys.argv[1:])
