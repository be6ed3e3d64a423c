// expfmt makes and reads metrics pages with Prometheus' own library, for tests/diff/metrics.py.
//
//	expfmt make SEED N   N random registries in every format, each with the series it has to have
//	expfmt read          pages from stdin, each to its series or to "refused"
//	expfmt convert FILE  a delimited protobuf page in every format
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ---- series as lines, the same as tests/diff/page.c prints ----

func plain(b *strings.Builder, s string) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte("%\"\\,{}=", c) >= 0 {
			fmt.Fprintf(b, "%%%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
}

func bits(v float64) string {
	if math.IsNaN(v) {
		return "nan"
	}
	return fmt.Sprintf("%016x", math.Float64bits(v))
}

type pair struct{ name, value string }

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func line(name string, labels []pair, v string) string {
	var b strings.Builder
	plain(&b, name)
	sorted := append([]pair(nil), labels...)
	sort.SliceStable(sorted, func(i, k int) bool { return sorted[i].name < sorted[k].name })
	for _, l := range sorted {
		b.WriteByte(',')
		plain(&b, l.name)
		b.WriteByte('=')
		plain(&b, l.value)
	}
	return b.String() + " " + v
}

// expand makes the lines of families.
type expand struct {
	openmetrics, proto bool
	decoded            bool // from text: what it has not is not made up
	lines              []string
}

func (x *expand) add(name string, labels []pair, v float64) {
	x.lines = append(x.lines, line(name, labels, bits(v)))
}

func with(labels []pair, name string, v float64) []pair {
	return append(append([]pair(nil), labels...), pair{name, number(v)})
}

func (x *expand) family(f *dto.MetricFamily) {
	name := f.GetName()
	for _, m := range f.Metric {
		var labels []pair
		for _, l := range m.Label {
			labels = append(labels, pair{l.GetName(), l.GetValue()})
		}
		x.metric(f.GetType(), name, labels, m)
	}
}

func (x *expand) metric(t dto.MetricType, name string, labels []pair, m *dto.Metric) {
	switch t {
	case dto.MetricType_COUNTER:
		if x.decoded && x.openmetrics && !strings.HasSuffix(name, "_total") {
			name += "_total"
		}
		x.add(name, labels, m.GetCounter().GetValue())
	case dto.MetricType_GAUGE:
		x.add(name, labels, m.GetGauge().GetValue())
	case dto.MetricType_UNTYPED:
		x.add(name, labels, m.GetUntyped().GetValue())
	case dto.MetricType_SUMMARY:
		s := m.GetSummary()
		for _, q := range s.Quantile {
			x.add(name, with(labels, "quantile", q.GetQuantile()), q.GetValue())
		}
		if s.SampleSum != nil || !x.decoded {
			x.add(name+"_sum", labels, s.GetSampleSum())
		}
		if s.SampleCount != nil || !x.decoded {
			x.add(name+"_count", labels, float64(s.GetSampleCount()))
		}
	default:
		x.histogram(name, labels, m.GetHistogram())
	}
}

func (x *expand) histogram(name string, labels []pair, h *dto.Histogram) {
	count := float64(h.GetSampleCount())
	if h.GetSampleCountFloat() > 0 {
		count = h.GetSampleCountFloat()
	}
	inf := false
	for _, b := range h.Bucket {
		n := float64(b.GetCumulativeCount())
		if b.GetCumulativeCountFloat() > 0 {
			n = b.GetCumulativeCountFloat()
		}
		inf = inf || math.IsInf(b.GetUpperBound(), 1)
		x.add(name+"_bucket", with(labels, "le", b.GetUpperBound()), n)
	}
	if !inf && !x.decoded {
		x.add(name+"_bucket", with(labels, "le", math.Inf(1)), count)
	}
	if x.proto && len(h.Bucket) == 0 {
		x.native(name, labels, h)
	}
	if h.SampleSum != nil || !x.decoded {
		x.add(name+"_sum", labels, h.GetSampleSum())
	}
	if h.SampleCount != nil || h.SampleCountFloat != nil || !x.decoded {
		x.add(name+"_count", labels, count)
	}
}

// native prints a line "native ..." for every bound that the histogram has: how much is at or below it.
func (x *expand) native(name string, labels []pair, h *dto.Histogram) {
	if s := h.GetSchema(); s < -4 || s > 8 || (len(h.PositiveSpan) == 0 && len(h.NegativeSpan) == 0 && h.GetZeroThreshold() == 0 && h.GetZeroCount() == 0 && h.GetZeroCountFloat() == 0) {
		return
	}
	base := math.Pow(2, math.Pow(2, float64(-h.GetSchema())))
	type bucket struct{ upper, n float64 }
	var all []bucket
	side := func(spans []*dto.BucketSpan, deltas []int64, counts []float64, negative bool) {
		index, at, run := int32(0), 0, int64(0)
		for _, s := range spans {
			index += s.GetOffset()
			for i := uint32(0); i < s.GetLength(); i++ {
				n := 0.0
				if len(counts) > 0 {
					n = counts[at]
				} else {
					run += deltas[at]
					n = float64(run)
				}
				at++
				if negative {
					all = append(all, bucket{-math.Pow(base, float64(index-1)), n})
				} else {
					all = append(all, bucket{math.Pow(base, float64(index)), n})
				}
				index++
			}
		}
	}
	zero := float64(h.GetZeroCount())
	if h.GetZeroCountFloat() > 0 {
		zero = h.GetZeroCountFloat()
	}
	side(h.NegativeSpan, h.NegativeDelta, h.NegativeCount, true)
	all = append(all, bucket{h.GetZeroThreshold(), zero})
	side(h.PositiveSpan, h.PositiveDelta, h.PositiveCount, false)
	sort.Slice(all, func(i, k int) bool { return all[i].upper < all[k].upper })
	sum := 0.0
	for _, b := range all {
		sum += b.n
		x.lines = append(x.lines, line("native "+name+"_bucket", with(labels, "le", b.upper), strconv.FormatFloat(sum, 'g', -1, 64)))
	}
}

// ---- records: "type\nbody bytes\nseries bytes\n" and both ----

func put(w io.Writer, contentType string, body []byte, lines string) {
	fmt.Fprintf(w, "%s\n%d\n%d\n%s%s", contentType, len(body), len(lines), body, lines)
}

func joined(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func read(contentType string, body []byte) (out string) {
	format := expfmt.Format(contentType)
	x := expand{}
	x.openmetrics = format.FormatType() == expfmt.TypeOpenMetrics
	x.proto = format.FormatType() == expfmt.TypeProtoDelim
	x.decoded = !x.proto
	d := expfmt.NewDecoder(bytes.NewReader(body), format)
	for {
		var f dto.MetricFamily
		err := d.Decode(&f)
		if errors.Is(err, io.EOF) {
			return joined(x.lines)
		}
		if err != nil {
			return "refused " + strings.ReplaceAll(err.Error(), "\n", " ") + "\n"
		}
		if !whole(&f) {
			return "refused a metric without the value of its family's type\n"
		}
		x.family(&f)
	}
}

func whole(f *dto.MetricFamily) bool {
	for _, m := range f.Metric {
		has := map[dto.MetricType]bool{
			dto.MetricType_COUNTER:         m.Counter != nil,
			dto.MetricType_GAUGE:           m.Gauge != nil,
			dto.MetricType_UNTYPED:         m.Untyped != nil,
			dto.MetricType_SUMMARY:         m.Summary != nil,
			dto.MetricType_HISTOGRAM:       m.Histogram != nil,
			dto.MetricType_GAUGE_HISTOGRAM: m.Histogram != nil,
		}
		if !has[f.GetType()] {
			return false
		}
		h := m.GetHistogram()
		if h != nil && !(fits(h.PositiveSpan, h.PositiveDelta, h.PositiveCount) && fits(h.NegativeSpan, h.NegativeDelta, h.NegativeCount)) {
			return false
		}
	}
	return true
}

// fits tells whether there is a count for every bucket of the spans, none of them negative.
func fits(spans []*dto.BucketSpan, deltas []int64, counts []float64) bool {
	n, sum := 0, int64(0)
	for _, s := range spans {
		n += int(s.GetLength())
	}
	for _, d := range deltas {
		if sum += d; sum < 0 {
			return false
		}
	}
	for _, c := range counts {
		if !(c >= 0) {
			return false
		}
	}
	return n == max(len(counts), len(deltas))
}

func readAll() {
	r, w := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for {
		contentType, err := r.ReadString('\n')
		if err != nil {
			return
		}
		var n, m int
		fmt.Fscanf(r, "%d\n%d\n", &n, &m)
		body := make([]byte, n+m)
		if _, err := io.ReadFull(r, body); err != nil {
			panic(err)
		}
		contentType = strings.TrimSuffix(contentType, "\n")
		put(w, contentType, nil, read(contentType, body[:n]))
	}
}

// ---- random registries ----

type maker struct{ *rand.Rand }

func (r maker) pick(of ...string) string { return of[r.Intn(len(of))] }

func (r maker) text() string {
	return r.pick("", "a", "x y", "\\", "\"", "\n", "back\\slash \"quote\"\nline", "/api/v1/{id}", "é", "日本", "a,b", "{", "}", "# ", "=", "\t",
		"long enough for several words of eight bytes", "..", "0.1", "%s", strings.Repeat("z", r.Intn(70)))
}

func (r maker) name(utf8 bool) string {
	s := r.pick("http", "go", "process", "_x", "a:b", "rpc_server") + r.pick("", "_requests", "_duration_seconds", "_bytes", "_sum", "_count", "_bucket", "_info", "_created", "_total") +
		strconv.Itoa(r.Intn(1000))
	if utf8 && r.Intn(3) == 0 {
		s += r.pick(".dots.in", "é", "日本", " blank", "/slash", "_under.dot", "\"quoted\"", "back\\slash")
	}
	return s
}

func (r maker) value(positive bool) float64 {
	switch r.Intn(10) {
	case 0:
		return 0
	case 1, 2, 3:
		return float64(r.Intn(1000))
	case 4:
		return float64(r.Int63())
	case 5:
		return r.Float64()
	case 6:
		return r.ExpFloat64() * math.Pow(10, float64(r.Intn(40)-20))
	}
	if positive {
		return float64(r.Intn(1 << 30))
	}
	switch r.Intn(5) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1 - 2*r.Intn(2))
	case 2:
		return math.Float64frombits(r.Uint64()&^(0x7ff<<52) | uint64(r.Intn(0x7ff))<<52)
	}
	return -r.NormFloat64()
}

func (r maker) time() *timestamppb.Timestamp {
	if r.Intn(2) == 0 {
		return nil
	}
	return &timestamppb.Timestamp{Seconds: 1700000000 + int64(r.Intn(100000)), Nanos: int32(r.Intn(1000)) * 1000000}
}

func ptr[T any](v T) *T { return &v }

func (r maker) labels(utf8 bool) (ls []*dto.LabelPair) {
	seen := map[string]bool{"le": true, "quantile": true}
	for i := r.Intn(5); i > 0; i-- {
		n := r.pick("code", "method", "handler", "a", "_b", "instance_id")
		if utf8 && r.Intn(4) == 0 {
			n = r.pick("label.x", "é", "http.route", "a b", "q\"")
		}
		if !seen[n] {
			seen[n] = true
			ls = append(ls, &dto.LabelPair{Name: &n, Value: ptr(r.text())})
		}
	}
	return ls
}

func (r maker) buckets(h *dto.Histogram) {
	n := r.Intn(12)
	bound, count := r.Float64()/100, uint64(0)
	float := r.Intn(6) == 0
	for i := 0; i < n; i++ {
		count += uint64(r.Intn(50))
		b := &dto.Bucket{UpperBound: ptr(bound)}
		if float {
			b.CumulativeCountFloat = ptr(float64(count) + 0.25)
		} else {
			b.CumulativeCount = ptr(count)
		}
		h.Bucket = append(h.Bucket, b)
		bound = math.Round(bound*2e4+1) / 1e4
	}
	count += uint64(r.Intn(9))
	if float {
		h.SampleCountFloat = ptr(float64(count) + 0.25)
	} else {
		h.SampleCount = ptr(count)
	}
	if n > 0 && r.Intn(2) == 0 {
		b := &dto.Bucket{UpperBound: ptr(math.Inf(1)), CumulativeCount: h.SampleCount, CumulativeCountFloat: h.SampleCountFloat}
		h.Bucket = append(h.Bucket, b)
	}
	h.SampleSum = ptr(r.value(true))
}

func (r maker) spans(float bool) (s []*dto.BucketSpan, deltas []int64, counts []float64, total float64) {
	last := int64(0)
	for i := r.Intn(4); i > 0; i-- {
		offset := int32(r.Intn(20))
		if len(s) == 0 {
			offset -= 10
			if r.Intn(8) == 0 {
				offset *= 100
			}
		}
		n := uint32(r.Intn(30))
		s = append(s, &dto.BucketSpan{Offset: &offset, Length: &n})
		for k := uint32(0); k < n; k++ {
			v := int64(r.Intn(3) * r.Intn(100))
			deltas = append(deltas, v-last)
			counts = append(counts, float64(v)+0.5)
			last = v
			total += float64(v)
			if float {
				total += 0.5
			}
		}
	}
	if float {
		deltas = nil
	} else {
		counts = nil
	}
	return
}

func (r maker) native(h *dto.Histogram) {
	float := r.Intn(4) == 0
	var a, b float64
	h.Schema = ptr(int32(r.Intn(13) - 4))
	h.ZeroThreshold = ptr(math.Pow(2, -128))
	h.PositiveSpan, h.PositiveDelta, h.PositiveCount, a = r.spans(float)
	if r.Intn(3) == 0 {
		h.NegativeSpan, h.NegativeDelta, h.NegativeCount, b = r.spans(float)
	}
	zero := uint64(r.Intn(4))
	if float {
		h.ZeroCountFloat = ptr(float64(zero))
		h.SampleCountFloat = ptr(a + b + float64(zero))
	} else {
		h.ZeroCount = ptr(zero)
		h.SampleCount = ptr(uint64(a+b) + zero)
	}
	h.SampleSum = ptr(r.value(true))
}

func (r maker) metric(t dto.MetricType, strict, native bool) *dto.Metric {
	m := &dto.Metric{}
	created := r.time()
	switch t {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{Value: ptr(r.value(true)), CreatedTimestamp: created}
		if r.Intn(4) == 0 {
			m.Counter.Exemplar = &dto.Exemplar{Label: []*dto.LabelPair{{Name: ptr("trace_id"), Value: ptr(r.pick("abc", "\\\"", "x}y"))}}, Value: ptr(r.value(true))}
			if r.Intn(2) == 0 {
				m.Counter.Exemplar.Timestamp = r.time()
			}
		}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{Value: ptr(r.value(false))}
	case dto.MetricType_UNTYPED:
		m.Untyped = &dto.Untyped{Value: ptr(r.value(false))}
	case dto.MetricType_SUMMARY:
		m.Summary = &dto.Summary{SampleCount: ptr(uint64(r.Intn(1000))), SampleSum: ptr(r.value(true)), CreatedTimestamp: created}
		for q := 0.1; q < 1; q += 0.2 + r.Float64() {
			m.Summary.Quantile = append(m.Summary.Quantile, &dto.Quantile{Quantile: ptr(q), Value: ptr(r.value(strict))})
		}
	default:
		m.Histogram = &dto.Histogram{CreatedTimestamp: created}
		if native {
			r.native(m.Histogram)
		} else {
			r.buckets(m.Histogram)
		}
	}
	return m
}

func (r maker) families(utf8 bool) (fs []*dto.MetricFamily) {
	names := map[string]bool{}
	types := []dto.MetricType{dto.MetricType_COUNTER, dto.MetricType_GAUGE, dto.MetricType_UNTYPED, dto.MetricType_SUMMARY, dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM}
	for i := 1 + r.Intn(8); i > 0; i-- {
		f := &dto.MetricFamily{Name: ptr(r.name(utf8)), Type: types[r.Intn(len(types))].Enum()}
		if f.GetType() == dto.MetricType_COUNTER && r.Intn(4) > 0 {
			f.Name = ptr(f.GetName() + "_total")
		}
		if names[f.GetName()] {
			continue
		}
		names[f.GetName()] = true
		if r.Intn(4) > 0 {
			f.Help = ptr(r.text())
		}
		native := r.Intn(3) == 0
		stamp := r.Intn(6) == 0
		sets := map[string]bool{}
		for k := 1 + r.Intn(4); k > 0; k-- {
			m := r.metric(f.GetType(), true, native)
			m.Label = r.labels(utf8)
			key := line("", labelPairs(m), "")
			if sets[key] {
				continue
			}
			sets[key] = true
			if m.Counter != nil && !strings.HasSuffix(f.GetName(), "_total") {
				m.Counter.CreatedTimestamp = nil // its line would be a series, as it is none of a counter then
			}
			if stamp {
				m.TimestampMs = ptr(int64(1700000000000) + int64(r.Intn(100000)))
			}
			f.Metric = append(f.Metric, m)
		}
		fs = append(fs, f)
	}
	return fs
}

func labelPairs(m *dto.Metric) (ps []pair) {
	for _, l := range m.Label {
		if l.GetValue() != "" {
			ps = append(ps, pair{l.GetName(), l.GetValue()})
		}
	}
	return
}

// encode writes what can be written of the families, and the series of it.
func encode(w io.Writer, fs []*dto.MetricFamily, format expfmt.Format, opts ...expfmt.EncoderOption) {
	var all bytes.Buffer
	scheme := format.ToEscapingScheme()
	x := expand{}
	x.openmetrics = format.FormatType() == expfmt.TypeOpenMetrics
	x.proto = format.FormatType() == expfmt.TypeProtoDelim
	for _, f := range fs {
		var one bytes.Buffer
		if err := expfmt.NewEncoder(&one, format, opts...).Encode(f); err != nil {
			continue
		}
		all.Write(one.Bytes())
		x.family(model.EscapeMetricFamily(f, scheme))
	}
	if x.openmetrics {
		all.WriteString("# EOF\n")
	}
	if len(x.lines) > 0 {
		put(w, string(format), all.Bytes(), joined(x.lines))
	}
}

func encodeAll(w io.Writer, fs []*dto.MetricFamily, scheme model.EscapingScheme) {
	encode(w, fs, expfmt.FmtText.WithEscapingScheme(scheme))
	encode(w, fs, expfmt.FmtOpenMetrics_0_0_1.WithEscapingScheme(scheme))
	encode(w, fs, expfmt.FmtOpenMetrics_1_0_0.WithEscapingScheme(scheme), expfmt.WithCreatedLines())
	encode(w, fs, expfmt.FmtProtoDelim.WithEscapingScheme(scheme))
}

func main() {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "make":
		seed, _ := strconv.ParseInt(os.Args[2], 10, 64)
		n, _ := strconv.Atoi(os.Args[3])
		r := maker{rand.New(rand.NewSource(seed))}
		w := bufio.NewWriter(os.Stdout)
		defer w.Flush()
		schemes := []model.EscapingScheme{model.NoEscaping, model.UnderscoreEscaping}
		for i := 0; i < n; i++ {
			encodeAll(w, r.families(i%2 == 1), schemes[i%4/2])
		}
	case len(os.Args) == 2 && os.Args[1] == "read":
		readAll()
	case len(os.Args) == 3 && os.Args[1] == "convert":
		body, err := os.ReadFile(os.Args[2])
		if err != nil {
			panic(err)
		}
		var fs []*dto.MetricFamily
		d := expfmt.NewDecoder(bytes.NewReader(body), expfmt.FmtProtoDelim)
		for {
			f := &dto.MetricFamily{}
			if err := d.Decode(f); err != nil {
				break
			}
			fs = append(fs, f)
		}
		encodeAll(os.Stdout, fs, model.NoEscaping)
	default:
		fmt.Fprintln(os.Stderr, "expfmt make SEED N | read | convert FILE")
		os.Exit(2)
	}
}
