"""What gmptop and its peers write to a terminal, one after the other: terminal.py GMPTOP TARGET."""
import fcntl
import os
import pty
import select
import shutil
import struct
import sys
import termios
import time

SECONDS, SETTLED_S = 20, 3
PEERS = (("htop", ["-d", "10"]), ("atop", ["1"]), ("btop", []))


def run(args, w, h):
    """Frames as [when, bytes], CPU seconds and RSS in bytes of SECONDS on a terminal of w columns and h rows."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        os.execv(args[0], args)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", h, w, 0, 0))
    start = time.monotonic()
    frames = []
    while time.monotonic() - start < SECONDS:
        if select.select([fd], [], [], 0.5)[0]:
            try:
                data = os.read(fd, 1 << 16)
            except OSError:
                break
            now = time.monotonic() - start
            if frames and now - frames[-1][0] < 0.02:
                frames[-1][1] += len(data)
            else:
                frames.append([now, len(data)])
    with open(f"/proc/{pid}/statm") as f:
        rss = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    os.write(fd, b"q")
    time.sleep(0.5)
    if os.waitpid(pid, os.WNOHANG)[0] == 0:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    os.close(fd)
    return frames, cpu_s, rss


def measure(name, args):
    for w, h in ((80, 24), (200, 60)):
        frames, cpu_s, rss = run(args, w, h)
        if not frames:
            print(f"terminal_{w}x{h}_{name} missing: it drew nothing")
            continue
        later = [n for t, n in frames if t > SETTLED_S]
        print(f"terminal_{w}x{h}_{name}_first_frame {frames[0][0] * 1000:.0f} ms {frames[0][1]} bytes")
        print(f"terminal_{w}x{h}_{name}_refresh {sum(later) / (SECONDS - SETTLED_S):.0f} bytes/s "
              f"({len(later) / (SECONDS - SETTLED_S):.1f} frames/s)")
        print(f"terminal_{w}x{h}_{name}_cpu {cpu_s * 100 / SECONDS:.2f} % of a core")
        print(f"terminal_{w}x{h}_{name}_rss {rss / 1e6:.1f} MB")


measure("gmptop", sys.argv[1:3])
for peer, options in PEERS:
    path = shutil.which(peer)
    if path:
        measure(peer, [path, *options])
    else:
        print(f"terminal_{peer} missing: not installed")
