"""Runs gmptop on a pty and counts what it costs: terminal.py GMPTOP TARGET."""
import fcntl, os, pty, resource, select, struct, sys, termios, time

SECONDS = 20


def run(gmptop, target, w, h):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ["LC_ALL"] = "C.UTF-8"
        os.execv(gmptop, [gmptop, target])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", h, w, 0, 0))
    start = time.monotonic()
    frames, first_ms = [], None
    while time.monotonic() - start < SECONDS:
        if select.select([fd], [], [], 0.5)[0]:
            data = os.read(fd, 1 << 16)
            now = time.monotonic() - start
            if frames and now - frames[-1][0] < 0.02:
                frames[-1][1] += len(data)
            else:
                frames.append([now, len(data)])
                first_ms = first_ms or now * 1000
    with open(f"/proc/{pid}/statm") as f:
        rss = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    os.write(fd, b"q")
    os.waitpid(pid, 0)
    later = [n for t, n in frames if t > 3]
    print(f"terminal_{w}x{h}_first_frame {first_ms:.0f} ms {frames[0][1]} bytes")
    print(f"terminal_{w}x{h}_refresh {sum(later) / SECONDS:.0f} bytes/s "
          f"({len(later) / (SECONDS - 3):.1f} frames/s)")
    print(f"terminal_{w}x{h}_cpu {cpu * 100 / SECONDS:.2f} % of a core")
    print(f"terminal_{w}x{h}_rss {rss / 1e6:.1f} MB")


for size in ((80, 24), (200, 60)):
    run(sys.argv[1], sys.argv[2], *size)
