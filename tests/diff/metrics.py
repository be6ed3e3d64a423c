#!/usr/bin/python3
"""metrics.py [SEED [ROUNDS]] - metrics pages through gmptop's parsers and through Prometheus' expfmt.

Random registries are written by expfmt in every format and escaping, and have to come back as the series they
are; then the same pages, damaged, have to be refused by both or to be the same series in both. Every page is
also read in pieces and as a following page (tests/diff/page.c). Needs go and, the first time, the network.
FILES given as PAGES=a:b are read by both too (.txt is 0.0.4, .om OpenMetrics, .pb protobuf)."""
import collections
import os
import random
import re
import struct
import subprocess
import sys

B = os.environ.get("B", "build")
SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 1
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 400
HERE = os.path.dirname(os.path.abspath(__file__))
OM, TEXT, PROTO = "application/openmetrics-text", "text/plain", "application/vnd.google.protobuf"
TYPES = {
    ".txt": TEXT + "; version=0.0.4; escaping=allow-utf-8",
    ".om": OM + "; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    ".pb": PROTO + "; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8",
}

# What gmptop alone may refuse: MUSTs of OpenMetrics that expfmt does not look for.
STRICT = re.compile(r"no \+Inf bucket|only one of sum and count|not together|series twice|before the last one of its metric|"
                    r"not in the order of le|not as OpenMetrics asks|was there before another|also one of another metric|"
                    r"128 characters|empty line|within one|label name twice")
# A page without any series is no page of metrics; "a.5" is no series a of value .5.
TEXT_STRICT = re.compile(r"no metrics: the page|a byte that is not allowed in a name")


def parse_records(data):
    at = 0
    while at < len(data):
        kind, n, m, at = cut3(data, at)
        yield kind.decode(), data[at:at + n], data[at + n:at + n + m].decode("latin-1")
        at += n + m


def cut3(data, at):
    parts = []
    for _ in range(3):
        end = data.index(b"\n", at)
        parts.append(data[at:end])
        at = end + 1
    return parts[0], int(parts[1]), int(parts[2]), at


def records(pages):
    return b"".join(b"%s\n%d\n0\n%s" % (k.encode(), len(b), b) for k, b in pages)


def ours(pages):
    p = subprocess.run([B + "/diff/page"], input=records(pages), capture_output=True)
    if p.returncode:
        sys.exit("page failed (%d): %s" % (p.returncode, p.stderr.decode("latin-1")[-4000:]))
    out, at = [], 0
    while at < len(p.stdout):
        end = p.stdout.index(b"\n", at)
        n = int(p.stdout[at:end])
        out.append(p.stdout[end + 1:end + 1 + n].decode("latin-1"))
        at = end + 1 + n
    assert len(out) == len(pages)
    return out


def theirs(pages):
    p = subprocess.run([B + "/diff/expfmt", "read"], input=records(pages), capture_output=True, check=True)
    return [s for _, _, s in parse_records(p.stdout)]


def bound(line):
    return float(line.rsplit(",le=", 1)[1].split(" ")[0].split(",")[0].replace("%2b", "+"))


def from_bits(s):
    return struct.unpack(">d", bytes.fromhex(s))[0]


def compare(got, want):
    """"" when the series are the same; buckets of a native histogram have to be among all it has."""
    native = collections.defaultdict(list)
    rest = []
    for l in want.splitlines():
        if l.startswith("native%20"):
            key, n = l[len("native%20"):].rsplit(" ", 1)
            native[re.sub(r",le=[^, ]*", "", key)].append((bound(l), float(n)))
        else:
            rest.append(l)
    got = got.splitlines()
    extra = collections.Counter(got) - collections.Counter(rest)
    missing = collections.Counter(rest) - collections.Counter(got)
    for l in list(extra):
        key, value = l.rsplit(" ", 1)
        all_of = native.get(re.sub(r",le=[^, ]*", "", key))
        if all_of and ",le=" in key and value != "nan":
            le = bound(l)
            at = max([n for b, n in all_of if b <= le + abs(le) * 1e-9], default=0)
            if abs(from_bits(value) - at) <= 1e-9 * (1 + at):
                del extra[l]
    return "" if not extra and not missing else "extra: %s\nmissing: %s" % (list(extra)[:4], list(missing)[:4])


def number(s):
    try:
        return float(s)
    except ValueError:
        return s


def compare_damaged(got, want):
    """expfmt puts the series of a metric together: of two that are the same it knows one, it makes up a count of 0
    for fractional buckets without one, and drops buckets without le and quantiles without quantile."""
    def keys(s):
        s = re.sub(r",(le|quantile)=[^, \n]*(?=,\1=)", "", s)  # of two it keeps the last
        s = re.sub(r",(le|quantile)=([0-9.e+-]+)(?=[, ])", lambda m: ",%s=%r" % (m[1], number(m[2])), s)
        return set(re.sub(r"_g(sum|count)(?=[, ])", r"_\1", s).splitlines())

    got, want = keys(got), keys(want)
    known = set(l.rsplit(" ", 1)[0] for l in want)
    parts = set(re.split("[, ]", l)[0] for l in want | got)
    extra = [l for l in got - want if l.rsplit(" ", 1)[0] not in known and not re.match(r"[^, ]*_bucket(?!.*,le=)", l)
             and not (re.match(r"[^, ]*[, ](?!.*quantile=)", l) and re.split("[, ]", l)[0] + "_count" in parts)
             and not (",qu" not in l and re.split("[, ]", l)[0] + "_sum" in parts)]
    missing = [l for l in want - got if not re.search(r"_count(,.*)? 0{16}$", l)]
    return "" if not extra and not missing else "extra: %s\nmissing: %s" % (extra[:4], missing[:4])


def damage(r, body, text):
    body = bytearray(body)
    pieces = [b"NaN", b"+Inf", b"1e400", b"0x1p3", b"1_0", b"{", b"}", b'"', b"\\", b",", b"=", b" ", b"\t", b"\n", b"# ",
              b"\\n", b'\\"', b"\r", b"# EOF\n", b"# TYPE ", b"# HELP ", b"-", b"e", b".", b"\x00", b"\xff", b"le", b"_total",
              b"_created", b"_bucket", b"# {a=\"b\"} 1", b" 1234.5", b"counter", b"histogram", b"stateset", b"info"]
    for _ in range(1 + r.randrange(2)):
        if not body:
            break
        at, how = r.randrange(len(body)), r.randrange(6)
        if how == 0:
            del body[at]
        elif how == 1:
            body[at] = r.choice(b' \t\n"\\{}=,#+-.e0aZ_') if text else r.randrange(256)
        elif how == 2:
            body[at:at] = r.choice(pieces)
        elif how == 3 and text:
            lines = bytes(body).splitlines(True)
            k = r.randrange(len(lines))
            lines[k:k + 1] = r.choice([[], [lines[k]] * 2, [lines[k].replace(b" ", b"  ", 1)], [lines[-1], lines[k]]])
            body = bytearray(b"".join(lines))
        elif how == 4:
            del body[at:]
        else:
            body[at:at] = body[max(0, at - r.randrange(20)):at]
    return bytes(body)


def short(s):
    return s if len(s) < 160 else s[:160] + "..."


def main():
    go = subprocess.run(["go", "build", "-o", os.path.abspath(B + "/diff/expfmt"), "."], cwd=HERE + "/expfmt",
                        capture_output=True)
    if go.returncode:
        sys.exit("expfmt cannot be built: " + go.stderr.decode()[-500:])
    made = subprocess.run([B + "/diff/expfmt", "make", str(SEED), str(ROUNDS)], capture_output=True, check=True).stdout
    made = list(parse_records(made))
    bad = 0
    for (kind, body, want), got in zip(made, ours([(k, b) for k, b, _ in made])):
        why = got if got.startswith("refused") else compare(got, want)
        if why:
            bad += 1
            if bad <= 5:
                print("DIFFERS", kind, "\n", why, "\n", body[:1500])
    print("metrics_diff made %d pages, %d series, %d differ" % (len(made), sum(w.count("\n") for _, _, w in made), bad))

    for path in filter(None, os.environ.get("PAGES", "").split(":")):
        page = [(TYPES[os.path.splitext(path)[1]], open(path, "rb").read())]
        got, want = ours(page)[0], theirs(page)[0]
        why = compare(got, want)
        print("metrics_diff %s %d series, %s" % (path, got.count("\n"), why or "0 differ"))
        bad += why != ""

    r = random.Random(SEED)
    pages = []
    for kind, body, _ in made:
        for _ in range(2):
            pages.append((kind, damage(r, body, not kind.startswith(PROTO))))
    tally, shown = collections.Counter(), collections.Counter()
    for (kind, body), got, want in zip(pages, ours(pages), theirs(pages)):
        g, w = got.startswith("refused"), want.startswith("refused")
        if g and w:
            what = "both refuse"
        elif not g and not w:
            what = "same" if not (compare if kind.startswith(PROTO) else compare_damaged)(got, want) else "OTHER SERIES"
        elif w:
            what = "only expfmt refuses"
        else:
            what = "ONLY GMPTOP REFUSES"
            if STRICT.search(got) and kind.startswith(OM) or TEXT_STRICT.search(got):
                what = "only gmptop refuses, and means it"
        tally[kind.split(";")[0], what] += 1
        bad += what[1:2].isupper()
        if what.startswith("only") or what[1:2].isupper():
            why = want if w else got if g else ""
            reason = re.sub(r"refused |text format parsing error in |line [0-9]+: |\"[^\"]*\"|: .*", "", why)[:70].strip()
            shown[kind.split(";")[0], what, reason] += 1
            if what[1:2].isupper() and shown[kind.split(";")[0], what, reason] <= 2 or os.environ.get("SHOW"):
                print(what, kind, "\n ", short(got if g else want), "\n ", "" if g or w else compare_damaged(got, want),
                      body[:int(os.environ.get("BYTES", 300))])
    for (kind, what), n in sorted(tally.items()):
        print("metrics_diff damaged %s: %s %d" % (kind, what, n))
    for (kind, what, why), n in sorted(shown.items()):
        print("metrics_diff damaged %s: %s %d: %s" % (kind, what, n, why))
    return bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
