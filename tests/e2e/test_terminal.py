"""gmptop in a real terminal (tmux): keys, sizes, signals, other terminals; and --dump, which needs none."""
import os
import re
import select
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
import unicodedata

import gm
from gm import Skip, check, equal

t = gm.Tap()
tmp = tempfile.mkdtemp(prefix="gmptop-term-")
CALM = ["--interval", "300ms"]
_count = iter(range(1 << 20))
_lock = threading.Lock()


class Term:
    """A tmux server of its own with one shell, in which gmptop runs."""

    def __init__(self, w=80, h=24, **env):
        if not shutil.which("tmux"):
            raise Skip("no tmux here")
        with _lock:
            self.name = f"gmptop-e2e-{next(_count)}"
        self.env = gm.environ({"TERM": "xterm-256color", "TMUX_TMPDIR": tmp, "HISTFILE": "/dev/null", "TMUX": None,
                               "PROMPT_COMMAND": None, "COLUMNS": None, "LINES": None, **env})
        rc = os.path.join(tmp, self.name + ".rc")
        with open(rc, "w") as f:  # tmux sets its own TERM for what runs in it
            f.write("PS1='ready> '\n" + (f"export TERM={self.env['TERM']}\n" if "TERM" in self.env else "unset TERM\n"))
        try:
            self.tmux("new-session", "-d", "-x", w, "-y", h, "-s", "t", f"bash --noprofile --rcfile {rc} -i")
            self.pid = int(self.tmux("display", "-p", "#{pid}"))
            gm.until("a prompt", lambda: "ready>" in self.text())
        except gm.Failed:
            self.close()
            raise

    def tmux(self, *args):
        r = gm.run(["tmux", "-u", "-L", self.name, "-f", "/dev/null", *map(str, args)], env=self.env, timeout_s=15)
        if r.rc and args[0] != "kill-server":
            raise gm.Failed(f"tmux {args[0]}: {r}")
        return r.out

    def say(self, line):
        self.tmux("send-keys", "-t", "t", "-l", line)
        self.tmux("send-keys", "-t", "t", "Enter")

    def keys(self, *keys):
        self.tmux("send-keys", "-t", "t", *keys)

    def type(self, text):
        self.tmux("send-keys", "-t", "t", "-l", text)

    def text(self, escapes=False):
        return self.tmux("capture-pane", "-t", "t", "-p", *(["-e"] if escapes else []))

    def lines(self):
        return self.text().split("\n")

    def shows(self, pattern, timeout_s=10):
        """Waits until the screen matches, and returns it."""
        screen = ""

        def look():
            nonlocal screen
            screen = self.text()
            return re.search(pattern, screen, re.M)
        try:
            gm.until(pattern, look, timeout_s)
        except gm.Failed:
            raise gm.Failed(f"the screen does not show {pattern!r}:\n{screen}") from None
        return screen

    def view(self, word):
        """Waits until what stands below the tabs matches, and returns the screen."""
        try:
            gm.until(word, lambda: re.search(word, "\n".join(self.lines()[3:])))
        except gm.Failed:
            raise gm.Failed(f"no view with {word!r}:\n{self.text()}") from None
        return self.text()

    def alternate(self):
        return self.tmux("display", "-p", "-t", "t", "#{alternate_on}").strip() == "1"

    def start(self, *args):
        """Runs gmptop between two stty -a; its exit code and what it left behind go to files."""
        self.files = [os.path.join(tmp, f"{self.name}-{x}") for x in ("before", "after", "rc", "pid")]
        before, after, rc, pid = map(shlex.quote, self.files)
        command = " ".join(map(shlex.quote, [gm.GMPTOP, *map(str, args)]))
        script = os.path.join(tmp, self.name + ".sh")
        with open(script, "w") as f:  # the shell tells gmptop's id, then becomes gmptop
            f.write(f"echo $$ >{pid}\nexec {command}\n")
        self.say(f"stty -a >{before}; bash {script}; echo $? >{rc}; stty -a >{after} 2>&1; echo end''ed")

    def gmptop_pid(self):
        return int(gm.until("gmptop's id", lambda: self.read(3)))

    def read(self, i):
        try:
            with open(self.files[i]) as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def ended(self, rc, timeout_s=10):
        """Waits for the end; the terminal is as it was."""
        self.shows(r"^ended", timeout_s)
        equal(int(self.read(2)), rc, f"exit code; the screen:\n{self.text()}\n")
        self.as_before()

    def as_before(self):
        equal(self.read(1), self.read(0), "stty -a")
        check(not self.alternate(), "the alternate screen is left")
        flags = self.tmux("display", "-p", "-t", "t", "#{cursor_flag}#{mouse_any_flag}#{keypad_flag}").strip()
        equal(flags[:2], "10", "cursor shown, mouse off")

    def close(self):
        self.tmux("kill-server")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


_service = None


def service():
    """One paymentd for all that only look."""
    global _service
    with _lock:
        if not _service:
            _service = gm.paymentd("-demo")
        return _service


def target():
    return f"shop={service().url}"


TABS = {"1": "Goroutines", "2": "GOMAXPROCS", "3": "count.*state", "4": "grade|suspect", "5": "payment.*(closed|OPEN|HALF)",
        "6": "route|pay", "7": "heap|Heap", "8": "layer|finding"}
FIRST = r"shop +pid \d+ "


# ---- screens and keys ----

def every_view(w, h):
    with Term(w, h) as term:
        term.start(target(), *CALM)
        screen = term.shows(FIRST)
        check(re.search(FIRST, screen) and "LIVE" in screen.split("\n")[0], "line 1 tells the process", screen)
        check(term.alternate(), "a full screen is the alternate one")
        for key, word in TABS.items():
            term.keys(key)
            screen = term.view(word)
            equal(len(screen.rstrip("\n").split("\n")), h, f"rows of view {key}")
        term.keys("q")
        term.ended(0)


t.add("at 80x24: every view by its key; q ends with 0 and a clean terminal", every_view, 80, 24)
t.add("at 200x60: every view by its key; q ends with 0 and a clean terminal", every_view, 200, 60)


@t.test("y copies the stack through tmux or by OSC 52, Y the command; a shell can take it")
def _():
    with Term() as term:
        term.start(service().address, *CALM)
        term.shows(r"^ 1 Overview")
        term.keys("3")
        term.view("blocked at")
        term.keys("y")
        term.shows(r"copied [0-9.]+[KB]: ")
        stack = term.tmux("show-buffer")
        check(re.match(r"[\d,]+ goroutines: ", stack) and "\n\t/" in stack, "the stack", stack)
        term.keys("Y")
        term.shows(r"copied [0-9.]+[KB]: (curl|gmptop)")
        command = term.tmux("show-buffer")
        check(command.startswith(("gmptop once --json '", "curl -sS 'http://127.0.0.1:")), "the command", command)
        if command.startswith("gmptop"):  # memory tells the groups
            r = gm.run(["bash", "-c", command.split("|")[0].replace("gmptop", gm.GMPTOP, 1)])
            check(gm.parse_json(r.out)["targets"][0]["goroutines"], "what the command tells")
        term.keys("q")
        term.ended(0)
    with Term(TMUX="", STY=None) as term:  # outside tmux, as it seems to gmptop: OSC 52, which this tmux takes
        term.tmux("set", "-s", "set-clipboard", "on")
        term.say("unset TMUX")
        term.start(service().address, *CALM)
        term.shows(r"^ 1 Overview")
        term.keys("3")
        term.view("blocked at")
        term.keys("y")
        term.shows(r"copied [0-9.]+[KB]: ")
        gm.until("tmux has it", lambda: "goroutines: " in term.tmux("list-buffers"))
        check("\n\t/" in term.tmux("show-buffer"), "the stack", term.tmux("show-buffer"))
        term.keys("q")
        term.ended(0)


@t.test("D twice writes all stacks into a file of our own; once only says what it costs; --read-only refuses")
def _():
    for args, refused in ((CALM, False), ([*CALM, "--read-only"], True)):
        with Term() as term:
            where = os.path.join(tmp, f"dumps-{refused}")
            os.mkdir(where)
            term.say(f"cd {shlex.quote(where)}")
            term.start(service().address, *args)
            term.shows(r"^ 1 Overview")
            gm.until("pprof answers", lambda: "pprof\u25cf" in term.lines()[0])
            term.keys("D")
            term.shows(r"D again: [\d,]+ goroutines: about .* stand still")
            equal(os.listdir(where), [], "files")
            term.keys("D")
            term.shows("not with --read-only" if refused else r"gmptop-dump-.*: [\d,]+ goroutines.* in ")
            files = os.listdir(where)
            equal(len(files), 0 if refused else 1, "files")
            for name in files:
                path = os.path.join(where, name)
                equal(os.stat(path).st_mode & 0o777, 0o600, "mode")
                r = gm.gmptop("once", "--json", path)
                check(r.json["targets"][0]["goroutines"]["total"] > 5, "what it holds", r.out)
            term.keys("q")
            term.ended(0)


@t.test("themes: colours without red and green, and none at all where attributes do")
def _():
    def colours(*args):
        with Term() as term:
            term.start(service().address, *CALM, *args)
            term.shows(r"^ 1 Overview")
            term.shows(r"pprof\u25cf")
            screen = term.text(escapes=True)
            term.keys("q")
            term.ended(0)
        return set(re.findall(r"\x1b\[(?:\d+;)*(3[0-7])(?:;\d+)*m", screen))
    check("32" in colours(), "green by default")
    seen = colours("--theme", "colorblind")
    check(seen and not seen & {"31", "32"}, "neither red nor green", seen)
    for theme in ("contrast", "mono"):
        equal(colours("--theme", theme), set(), f"colours of {theme}")


@t.test(": finds an action by its words and does it; help is searched the same way")
def _():
    with Term() as term:
        term.start(service().address, *CALM)
        term.shows(r"^ 1 Overview")
        term.type(":leaks: groups")
        term.shows("view-leaks")
        term.keys("Enter")
        term.view("leak suspects|grade")
        term.type("?/scheduler")
        term.shows("view-sched")
        term.keys("Enter")
        term.view("GOMAXPROCS")
        term.keys("q")
        term.ended(0)


@t.test("the mouse picks a view, a row, and opens it; --no-mouse leaves it to the terminal")
def _():
    def press(term, row, col, button=0):
        at = f"\033[<{button};{col + 1};{row + 1}"  # pressed and, unless it is the wheel, let go
        term.tmux("set-buffer", "-b", "mouse", "--", f"{at}M" + ("" if button >= 64 else f"{at}m"))
        term.tmux("paste-buffer", "-r", "-b", "mouse", "-t", "t")  # in one piece

    with Term() as term:
        term.start(service().address, *CALM)
        term.shows(r"^ 1 Overview")
        gm.until("the mouse is asked for", lambda: "1" in term.tmux("display", "-p", "#{mouse_any_flag}"))
        press(term, 2, 22)
        term.view("blocked at")
        term.keys("Space")  # so that no row moves between two clicks
        term.shows("PAUSED")
        press(term, 5, 30)
        press(term, 5, 30)
        term.shows("\u203a")  # below the view
        term.keys("Escape")
        gm.until("the list again", lambda: "\u203a" not in term.text())
        term.view("blocked at")
        press(term, 10, 10, 65)
        term.keys("Space")
        term.shows("LIVE")
        press(term, 2, 3)
        term.view("Run queues")
        term.keys("q")
        term.ended(0)
    with Term() as term:
        term.start(service().address, *CALM, "--no-mouse")
        term.shows(r"^ 1 Overview")
        equal(term.tmux("display", "-p", "#{mouse_any_flag}").strip(), "0", "mouse")
        term.keys("q")
        term.ended(0)


@t.test("? and F1 open help, Esc closes it; / searches, \\ filters, Space pauses")
def _():
    with Term() as term:
        term.start(target(), *CALM)
        term.shows(FIRST)
        for key in ("?", "F1"):
            term.keys(key)
            term.shows(r"open this help")
            term.keys("Escape")
            gm.until("help is closed", lambda: "open this help" not in term.text())
        term.keys("3")
        term.shows(r"main\.")
        term.keys("/")
        term.type("awaitQuote")
        term.shows(r"awaitQuote *$")
        term.keys("Enter")
        term.keys("\\")
        term.type("nothing-has-this-name")
        term.keys("Enter")
        gm.until("the filter leaves nothing", lambda: "main." not in "\n".join(term.lines()[3:-2]))
        term.keys("Escape")
        term.shows(r"main\.")
        term.keys("Space")
        term.shows(r"PAUSED")
        term.keys("Space")
        term.shows(r"LIVE")
        term.keys("q")
        term.ended(0)


@t.test("Enter opens a group's stack, Esc goes back")
def _():
    with Term() as term:
        term.start(target(), *CALM)
        term.shows(FIRST)
        term.keys("3")
        term.view(r"count.*state")
        term.view(r"awaitQuo|main\.aw")
        term.keys("\\")
        term.type("awaitQuote")
        term.view(r"filter: awaitQuote")
        term.keys("Enter")
        term.view(r"awaitQuo|main\.aw")
        term.keys("Enter")
        term.view(r"runtime\.gopark")
        term.keys("Escape")
        term.view(r"count.*state")
        term.keys("q")
        term.ended(0)


@t.test("resized down to 1x1 and back, it draws a whole screen again")
def _():
    with Term() as term:
        term.start(target(), *CALM)
        term.shows(FIRST)
        for w, h in ((79, 23), (60, 15), (40, 10), (39, 9), (30, 5), (20, 3), (10, 2), (2, 2), (1, 1), (1, 24), (200, 1), (200, 60)):
            term.tmux("resize-window", "-t", "t", "-x", w, "-y", h)
            time.sleep(0.05)  # so that each size is seen; nothing depends on it
        term.tmux("resize-window", "-t", "t", "-x", 80, "-y", 24)
        screen = term.shows(r"cost +\d")
        rows = screen.rstrip("\n").split("\n")
        equal(len(rows), 24, "rows")
        check("F1 help" in rows[-1] and "1 Overview" in rows[2], "the frame is whole", screen)
        term.keys("3")
        term.shows(r"count.*state")
        term.keys("q")
        term.ended(0)


@t.test("^Z gives the shell a sane terminal, fg brings the screen back")
def _():
    with Term() as term:
        term.say(f"stty -a >{tmp}/z-before")
        term.say("clear; " + " ".join(map(shlex.quote, [gm.GMPTOP, target(), *CALM])) + "; echo rc=$?")
        term.shows(FIRST)
        for _ in range(2):
            term.keys("C-z")
            term.shows(r"Stopped")
            check(not term.alternate(), "the shell is on the normal screen")
            term.say(f"stty -a >{tmp}/z-stopped; echo stop''ped-now")
            term.shows(r"^stopped-now")
            with open(f"{tmp}/z-before") as a, open(f"{tmp}/z-stopped") as b:
                equal(b.read(), a.read(), "stty -a")
            term.say("clear; fg")
            term.shows(FIRST)
            term.keys("3")
            term.shows(r"count.*state")
        term.keys("q")
        gm.until("the end", lambda: not term.alternate())


@t.test("^C ends it with 130 and a clean terminal")
def _():
    with Term() as term:
        term.start(target(), *CALM)
        term.shows(FIRST)
        term.keys("C-c")
        # A shell script would end with it; the interactive shell goes on at the prompt.
        gm.until("the end", lambda: not term.alternate())
        term.say(f"stty -a >{shlex.quote(term.files[1])}; echo through''out")
        term.shows(r"^throughout")
        term.as_before()


def by_signal(sig):
    if gm.SAN and sig in (signal.SIGSEGV, signal.SIGABRT):
        raise Skip("a sanitizer takes this signal")
    with Term() as term:
        term.start(target(), *CALM)
        term.shows(FIRST)
        os.kill(term.gmptop_pid(), sig)
        # The shell itself ends its list at SIGINT only when the child died of it.
        gm.until("the end", lambda: not term.alternate())
        if sig == signal.SIGINT:
            term.say(f"stty -a >{shlex.quote(term.files[1])}; echo through''out")
            term.shows(r"^throughout")
            term.as_before()
        else:
            term.ended(128 + sig)


for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT, signal.SIGSEGV):
    t.add(f"{s.name} leaves the alternate screen and stty -a as before", by_signal, s)


def is_gone(pid, timeout_s):
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], timeout_s)[0])
    finally:
        os.close(fd)


def hang_up(ignore):
    with Term() as term:
        if ignore:
            term.say("trap '' HUP")
        term.start(target(), *CALM)
        term.shows(FIRST)
        pid = term.gmptop_pid()
        os.kill(term.pid, signal.SIGKILL)  # our own tmux server: its terminals are gone
        try:
            check(is_gone(pid, 2 * gm.SLOW + gm.MARGIN_S), "gmptop outlives its terminal")
        finally:
            if not is_gone(pid, 0):
                os.kill(pid, signal.SIGKILL)


t.add("a terminal that hangs up ends it within 2 s", hang_up, False)
t.add("a terminal that hangs up ends it within 2 s, even with SIGHUP ignored", hang_up, True)


# ---- targets ----

@t.test("a target that ends is told in line 2, and gmptop stays")
def _():
    with gm.paymentd("-demo") as sv, Term() as term:
        term.start(sv.pid, *CALM)
        term.shows(rf"pid {sv.pid}")
        term.shows(r"main\.")
        sv.p.kill()
        screen = term.shows(rf"^.*process {sv.pid} exited at \d\d:\d\d:\d\d")
        check("exited at" in screen.split("\n")[1], "it stands in line 2", screen)
        term.keys("3")
        term.shows(r"count.*state")
        check(term.alternate(), "gmptop stays")
        term.keys("q")
        term.ended(0)


@t.test("without a target a picker lists the Go processes, and Enter opens one")
def _():
    name = f"pick-{os.getpid()}"
    with gm.paymentd("-demo", path=gm.copy_of("paymentd", name, tmp)) as sv, Term(100, 30) as term:
        term.start()
        term.shows(r"Go processes")
        term.keys("\\")
        term.type(name)
        screen = term.shows(rf"^ *{sv.pid} +{name} .*go1\.")
        term.keys("Enter")
        gm.until("the filter is taken", lambda: "filter:" not in term.lines()[-1] or re.search(FIRST, term.text()))
        if str(sv.pid) in term.text() and "Go processes" in term.text():
            term.keys("Enter")
        screen = term.shows(rf"\A *{name} +pid {sv.pid} ")
        check("1 Overview" in screen, "the live screen", screen)
        term.keys("q")
        gm.until("the end", lambda: not term.alternate() or "Go processes" in term.text())
        if term.alternate():
            term.keys("q")
        term.ended(0)


@t.test("several targets are rows, and Enter or a key shows one")
def _():
    with gm.Service("quiet", "-listen", "127.0.0.1:0") as q, Term() as term:
        term.start(target(), f"calm={q.url}", "dead=127.0.0.1:1", *CALM)
        screen = term.shows(r"calm")
        check("shop" in screen and "dead" in screen, "all three are there", screen)
        term.keys("q")
        term.shows(r"^ended")
        check(int(term.read(2)) in (0, 3), "exit code", term.read(2))
        term.as_before()


# ---- other terminals, colours, languages ----

def other_term(name):
    with Term(TERM=name) as term:
        term.start(target(), *CALM)
        gm.until("a screen or an end", lambda: re.search(FIRST, term.text()) or re.search("^ended", term.text(), re.M))
        if "ended" in term.text():
            equal(term.read(2).strip(), "1", "exit code")
            told = re.search(r"gmptop: terminal: .*TERM", re.sub(r"\n", "", term.text()))
            check(told, "a sentence with TERM", term.text())
        else:
            term.shows(r"1 Overview")
            term.shows(r"F1 help")
            term.keys("3")
            term.shows(r"count.*state")
            term.keys("q")
            term.shows(r"^ended")
            equal(term.read(2).strip(), "0", "exit code")
        term.as_before()


for s in ("dumb", "unknown-term", "xterm-kitty", "vt100", "linux", "screen", "xterm", "tmux-256color", None):
    t.add(f"TERM={s}: it works, or says so and exits 1", other_term, s)

COLOUR = re.compile(r"\x1b\[(?:[0-9:]*;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")


def colours(wanted, args, env):
    with Term(**env) as term:
        term.start(target(), *CALM, *args)
        term.shows(r"proc\S pprof")
        found = ""
        for key in "1358":
            term.keys(key)
            term.view(TABS[key])
            found += "".join(m.group(0) for m in COLOUR.finditer(term.text(escapes=True)))
        check(bool(found) == wanted, "colours" if wanted else "no colours", repr(found))
        term.keys("q")
        term.ended(0)


t.add("colours are used", colours, True, [], {})
t.add("NO_COLOR=1: no colours", colours, False, [], {"NO_COLOR": "1"})
t.add("NO_COLOR= (empty) does not count", colours, True, [], {"NO_COLOR": ""})
t.add("--color never: no colours", colours, False, ["--color", "never"], {})


@t.test("LANG=C writes ASCII only, names from the target included")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0", "-labels", "28") as lab:
        with Term(140, 40, LANG="C", LC_ALL="C") as term:
            term.start(f"h\u00e4ndler={lab.url}", *CALM)
            term.shows(r"1 Overview")
            raw = os.path.join(tmp, "c.raw")
            term.tmux("pipe-pane", "-t", "t", f"cat >{shlex.quote(raw)}")
            for key in "123456781":
                term.keys(key)
            term.keys("3")
            term.shows(r"parkLabelled")
            term.keys("Enter")
            term.shows(r"gopark")
            term.keys("q")
            term.shows(r"^ended")
            with open(raw, "rb") as f:
                found = re.findall(rb"[^\r\n]{0,30}[\x80-\xff][^\r\n]{0,30}", f.read())
            check(not found, "bytes beyond ASCII", found[:5])
        problems = []
        for args in (["--dump"], ["--dump", "--keys", "3"], ["--dump", "--keys", "3<Enter>"], ["--dump", "--keys", "?"],
                     ["once"], ["doctor"], ["check", "--for", "1s"], ["--help"]):
            r = gm.gmptop(*args, lab.url, *([] if args[0] in ("doctor", "--help") else ["--interval", "100ms"]),
                          env={"LANG": "C", "LC_ALL": "C"})
            found = re.findall(rb".{0,40}[\x80-\xff].{0,40}", r.raw)
            problems += [f"{' '.join(args)}: {found[:3]}"] if found else []
        check(not problems, "bytes beyond ASCII", *problems)
        r = gm.gmptop("--dump", "--keys", "3", "--ascii", lab.url, "--interval", "100ms")
        check(r.raw.isascii(), "--ascii", [x for x in r.out.split("\n") if not x.isascii()])


@t.test("a live screen needs a terminal: without one, a sentence, exit 1, nothing on standard output")
def _():
    for args in ([], [service().url]):
        r = gm.gmptop(*args)
        equal((r.rc, r.out), (1, ""), f"exit code and standard output ({r})")
        check(r.err.startswith("gmptop: ") and "--dump" in r.err and r.err.count("\n") == 1, "the sentence", r.err)


# ---- --dump ----

def columns(s):
    """Columns on a terminal; what joins or combines has none."""
    n = 0
    for c in s:
        if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
            continue
        n += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return n


def dumps(w, h):
    with gm.Service("lab", "-listen", "127.0.0.1:0", "-labels", "28", "-mutex", "40", "-deep", "3") as lab:
        shop = service().url
        for url, key in ((shop, "1"), (shop, "2"), (lab.url, "3"), (shop, "4"), (shop, "5"), (shop, "6"), (shop, "7"),
                         (shop, "8"), (shop, "?"), (lab.url, "i"), (lab.url, "3<Enter>"), (lab.url, "3<End><Enter><Down>")):
            r = gm.gmptop("--dump", "--size", f"{w}x{h}", "--keys", key, url, "--interval", "60ms", "--timeout", "3s")
            check(r.rc == 0 and not r.err, f"keys {key}", r)
            bad = gm.bad_bytes(r.raw)
            check(not bad, f"keys {key}: control characters", bad)
            check(r.out.endswith("\n"), "the last line is a line", r.out[-80:])
            rows = r.out[:-1].split("\n")
            equal(len(rows), h, f"lines with keys {key}")
            wide = [x for x in rows if columns(x) > w]
            check(not wide, f"keys {key}: lines wider than {w}", *wide[:3])


for size in ((80, 24), (200, 60), (40, 10), (39, 9), (20, 4), (1, 1), (2, 50), (300, 3)):
    t.add(f"--dump --size {size[0]}x{size[1]}: exactly {size[1]} lines, none wider than {size[0]}", dumps, *size)


@t.test("--dump shows the process, findings and cost; --keys and --color do what they say")
def _():
    sv = service()
    r = gm.gmptop("--dump", f"shop={sv.pid}", "--interval", "300ms")
    rows = r.out.split("\n")
    check(f"pid {sv.pid}" in rows[0] and "shop" in rows[0] and re.search(r"go1\.\d+", rows[0]), "line 1", rows[0])
    check(len(rows[1].strip()) > 10, "line 2 is a sentence", rows[1])
    check("1 Overview" in rows[2] and "F1 help" in rows[-2] and re.search(r"cost +\d", rows[-2]), "frame", r.out)
    r = gm.gmptop("--dump", "--keys", "5", sv.url, "--interval", "300ms")
    check(all(x in r.out for x in ("payment", "fx", "ledger", "mail")), "breakers", r.out)
    r = gm.gmptop("--dump", "--keys", "?<Esc>3/awaitQuote<Enter><Enter>", sv.url, "--interval", "300ms")
    check("main.awaitQuote" in r.out and "gopark" in r.out, "the stack that was searched for", r.out)
    for bad in ("<Nonsense>", "<F99>"):
        r = gm.gmptop("--dump", "--keys", bad, sv.url)
        check(r.rc == 1 and not r.out and bad.strip("<>") in r.err, f"keys {bad}", r)


@t.test("an empty view names itself and says what it looked in")
def _():
    with gm.Service("lab", "-listen", "127.0.0.1:0") as lab:
        for key, words in (("5", "no breakers"), ("6", "no requests"), ("4", "no leak"), ("8", "no finding")):
            r = gm.gmptop("--dump", "--keys", key, lab.url, "--interval", "100ms")
            check(re.search(words, r.out, re.I), f"view {key}: {words}", r.out)


# ---- how frames leave ----

@t.test("a frame leaves in one write, the first in at most 6 kB")
def _():
    if not shutil.which("strace") or gm.run(["strace", "-o", "/dev/null", "true"]).rc:
        raise Skip("no strace here")
    if gm.SAN:
        raise Skip("a sanitizer does not like to be traced")
    with Term() as term:
        trace = os.path.join(tmp, "trace")
        term.say("clear; " + " ".join(map(shlex.quote, [
            "strace", "-y", "-s", "8", "-e", "trace=write,writev,poll,ppoll,epoll_wait,epoll_pwait,read", "-o", trace,
            gm.GMPTOP, target(), "--interval", "500ms"])))
        term.shows(FIRST, 20)
        def traced():
            with open(trace) as f:
                return f.read()
        gm.until("frames", lambda: traced().count("epoll") + traced().count("poll(") > 30 and len(tty_frames(traced())) > 6, 20)
        term.keys("q")
        gm.until("the end", lambda: not term.alternate())
        frames = tty_frames(traced())
    several = [f for f in frames[1:-1] if len(f) > 1]
    check(not several, "writes between two waits, more than one", *several[:5])
    first = max(frames[:3], key=sum)
    check(300 < sum(first) <= 6000, "bytes of the first frame", frames[:3])


def tty_frames(text):
    """Bytes of the writes to the terminal, grouped by the waits between them."""
    frames, now = [], []
    for line in text.splitlines():
        m = re.match(r"writev?\(\d+</dev/(?:pts/\d+|tty)(?:<[^>]*>)?>, .*\) += (\d+)", line)
        if m:
            now.append(int(m.group(1)))
        elif "poll" in line and now:
            frames.append(now)
            now = []
    return frames


if __name__ == "__main__":
    try:
        code = t.run(workers=4)
    finally:
        if _service:
            _service.close()
        gm.end_all()
        shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(code)
