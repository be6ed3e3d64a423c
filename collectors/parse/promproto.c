#include "collectors/parse/promproto.h"

#include <math.h>
#include <stdlib.h>

#include "collectors/parse/promrepeat.h"
#include "collectors/parse/promseries.h"
#include "core/base/xalloc.h"

enum {
	PIECE = 16 << 10,		 /* copied and read while it is in the first cache */
	BLOCK = 2 * PROMPROTO_FIELD_MAX, /* PROM_SLACK of it stays free */
	SHOWN_MAX = 80,
};

/* message MetricFamily, as of client_model 0.6 */
enum { FAMILY_NAME = 1, FAMILY_HELP, FAMILY_TYPE, FAMILY_METRIC };

char *promproto_room(struct promproto *p, size_t n)
{
	p->used_bytes += n;
	return arena_alloc(&p->rooms, n);
}

int promproto_refuse(const struct promproto *p, struct err *e, int code, const char *why)
{
	struct str name = p->family.name;
	char shown[SHOWN_MAX];
	size_t n = name.len < SHOWN_MAX ? name.len : SHOWN_MAX;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		shown[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	if (n == 0)
		return err_set(e, code, "family %zu: %s", p->out.n_families + 1, why);
	return err_set(e, code, "family %.*s: %s", (int)n, shown, why);
}

int promproto_damaged(const struct promproto *p, struct err *e)
{
	return promproto_refuse(p, e, -EBADMSG, "damaged protobuf");
}

/* ---- families ---- */

static int begin_family(struct promproto *p, struct err *e)
{
	struct promproto_family *f = &p->family;
	struct prompage_slot *s;

	if (f->type < 0) /* proto2: what is not there is the first of the enum */
		f->type = 0;
	if (!promproto_is_name(f->name))
		return promproto_refuse(p, e, -EBADMSG, "its name is empty or has a NUL byte");
	if (prommetric_kind(f->type) < 0)
		return promproto_refuse(p, e, -EBADMSG, "its type is not known");
	s = prompage_family(&p->out, f->name);
	if (s->typed)
		return promproto_refuse(p, e, -EBADMSG, "is there a second time");
	prompage_set_kind(&p->out, s, (enum prom_kind)prommetric_kind(f->type));
	f->index = s->family_plus_1 - 1;
	f->begun = true;
	return 0;
}

int promproto_end_family(struct promproto *p, struct err *e)
{
	struct promproto_family *f = &p->family;
	int r = f->begun ? 0 : begin_family(p, e);

	for (size_t i = 0; r == 0 && i < f->n_early; i++)
		r = prommetric_take(p, f->early[i], e);
	if (r == 0)
		p->out.families[f->index].help = f->help;
	f->open = false;
	return r;
}

static int take_metric(struct promproto *p, const struct proto_field *field, struct err *e)
{
	struct promproto_family *f = &p->family;
	int r = 0;

	if (!f->begun && f->name.len && f->type >= 0 && !f->n_early)
		r = begin_family(p, e);
	if (r < 0)
		return r;
	if (f->begun) {
		p->repeat->created = NAN;
		return prommetric_take(p, field->bytes, e);
	}
	GROW(f->early, f->n_early, f->early_cap);
	f->early[f->n_early++] = field->bytes;
	p->repeat->never = true; /* its series are not made in the order of the fields */
	return 0;
}

int promproto_take_field(struct promproto *p, const struct proto_field *field, struct err *e)
{
	struct promproto_family *f = &p->family;
	size_t first = p->out.n_series;
	int r = 0;

	switch (field->tag) {
	case PROTO_MESSAGE(FAMILY_NAME):
		if (!f->begun)
			f->name = promproto_str(field->bytes);
		break;
	case PROTO_MESSAGE(FAMILY_HELP):
		f->help = promproto_str(field->bytes);
		break;
	case PROTO_NUMBER(FAMILY_TYPE):
		if (!f->begun)
			f->type = field->value > INT8_MAX ? INT8_MAX : (int64_t)field->value;
		break;
	case PROTO_MESSAGE(FAMILY_METRIC):
		r = take_metric(p, field, e);
		break;
	}
	if (r == 0)
		promrepeat_note(p, field, first);
	return r;
}

void promproto_begin_family(struct promproto *p)
{
	struct promproto_family *f = &p->family;

	f->name = f->help = STR("");
	f->suffixed[0] = f->suffixed[1] = f->suffixed[2] = f->name;
	f->type = -1;
	f->n_early = 0;
	f->begun = false;
	f->open = p->repeat->opened = true;
}

/* Bytes never move once a label points to them: only what is unfinished goes to a new block. */
static void new_block(struct promproto *p)
{
	size_t tail = p->from ? (size_t)(p->end - p->from) : 0;
	uint8_t *block = arena_alloc(&p->blocks, BLOCK);

	if (tail)
		memcpy(block, p->from, tail);
	p->from = block;
	p->end = block + tail;
	p->block_end = block + BLOCK;
}

/* The page is not as the last one: from here on it is read in full. */
static int leave(struct promproto *p, struct err *e)
{
	uint8_t *from = p->from, *end = p->end;
	int r = promrepeat_leave(p, e);

	p->from = from;
	p->end = end;
	new_block(p);
	return r;
}

/* The length before a family. 1 when it is whole, 0 when bytes are missing. */
static int open_family(struct promproto *p, struct err *e)
{
	struct proto w = { p->from, p->end };
	uint64_t n;
	int r = proto_varint(&w, &n);

	if (r == -ENODATA)
		return 0;
	if (p->repeat->on && (r < 0 || n > PROM_PAGE_MAX)) {
		r = leave(p, e);
		return r < 0 ? r : 1;
	}
	promproto_begin_family(p);
	if (r < 0)
		return promproto_damaged(p, e);
	if (n > PROM_PAGE_MAX)
		return promproto_refuse(p, e, -EFBIG, "of more than 256 MiB");
	p->family.left = n;
	p->from += w.p - p->from;
	return 1;
}

/* What stands at p->from, when it is whole: 1 when something was taken, 0 when bytes are missing.
 */
static int take_next(struct promproto *p, struct err *e)
{
	struct promproto_family *f = &p->family;
	size_t have = (size_t)(p->end - p->from);
	struct proto_field field = { 0 };
	struct proto w;
	int r;

	if (!f->open)
		return open_family(p, e);
	if (f->left == 0 && p->repeat->on && !p->repeat->opened) {
		f->open = false;
		return 1;
	}
	if (f->left == 0) {
		r = p->repeat->on ? leave(p, e) : promproto_end_family(p, e);
		return r < 0 ? r : 1;
	}
	if (have > f->left)
		have = (size_t)f->left;
	w = (struct proto){ p->from, p->from + have };
	r = proto_next(&w, &field);
	if (r == -ENODATA && have < f->left && have <= PROMPROTO_FIELD_MAX)
		return 0;
	if (p->repeat->on && (r < 0 || (r > 0 && !promrepeat_take(p, &field)))) {
		r = leave(p, e);
		return r < 0 ? r : 1;
	}
	if (r == -ENODATA && have < f->left)
		return promproto_refuse(p, e, -EFBIG, "a metric of more than 1 MiB");
	if (r < 0)
		return promproto_damaged(p, e);
	if (r > 0 && !p->repeat->on)
		r = promproto_take_field(p, &field, e);
	f->left -= (uint64_t)(w.p - p->from);
	p->from += w.p - p->from;
	return r < 0 ? r : have > 0;
}

static int take_all(struct promproto *p, struct err *e)
{
	int r = 1;

	while (r > 0 && !p->out.cut)
		r = take_next(p, e);
	return r < 0 ? r : 0;
}

/* ---- bytes ---- */

const uint8_t *promproto_keep(struct promproto *p, struct proto bytes, size_t n)
{
	char *to = promproto_room(p, n + PROM_SLACK);

	memcpy(to, bytes.p, (size_t)(bytes.end - bytes.p));
	return (const uint8_t *)to;
}

/* While a page is as the last one nothing points to its bytes. */
static void append(struct promproto *p, const char *data, size_t n)
{
	size_t tail = p->from ? (size_t)(p->end - p->from) : 0;

	if (p->repeat->on) {
		if (!p->repeat->work)
			p->repeat->work = xreallocarray(NULL, 1, BLOCK);
		if (tail)
			memmove(p->repeat->work, p->from, tail);
		p->from = p->repeat->work;
		p->end = p->from + tail;
	} else if (!p->from || (size_t)(p->block_end - p->end) < n + PROM_SLACK) {
		new_block(p);
	}
	memcpy(p->end, data, n);
	p->end += n;
	p->used_bytes += n;
}

/* ---- a page ---- */

void promproto_restart(struct promproto *p)
{
	struct promrepeat *r = p->repeat;

	arena_clear(&p->blocks);
	arena_clear(&p->rooms);
	p->used_bytes = 0;
	p->before = (struct promproto_before){ 0 };
	p->family.open = p->family.begun = false;
	p->family.name = STR("");
	p->has_native = false;
	prompage_clear(&p->out);
	r->n = 0;
	r->on = r->valid = r->never = false;
}

static void start(struct promproto *p)
{
	struct promrepeat *r = p->repeat;

	p->started = true;
	p->from = p->end = p->block_end = NULL;
	p->family.open = false;
	p->family.name = STR("");
	r->opened = false;
	r->at = 0;
	r->on = r->valid;
	if (!r->on)
		promproto_restart(p);
}

void promproto_begin(struct promproto *p)
{
	if (!p->repeat)
		p->repeat = xcalloc(1, sizeof(*p->repeat));
	p->page = (struct metrics_page){ 0 };
	p->started = false;
	p->out.cut = false;
}

int promproto_feed(struct promproto *p, const char *data, size_t n, struct err *e)
{
	int r = 0;

	if (!p->started && n)
		start(p);
	while (r == 0 && n > 0 && !p->out.cut) {
		size_t piece = n < PIECE ? n : PIECE;

		append(p, data, piece);
		r = take_all(p, e);
		data += piece;
		n -= piece;
	}
	return r;
}

int promproto_end(struct promproto *p, struct err *e)
{
	struct promrepeat *r = p->repeat;
	int ret = 0;

	if (!p->started)
		start(p);
	if (r->on && (r->at != r->n || p->family.open || p->from != p->end))
		ret = leave(p, e);
	if (ret == 0 && !p->out.cut && (p->family.open || p->from != p->end))
		ret = promproto_refuse(p, e, -EBADMSG, "the page is cut within it");
	else if (ret == 0 && p->out.n_series == 0)
		ret = err_set(e, -EBADMSG, "no metrics: the page %s",
			      p->out.n_families ? "has no series" : "is empty");
	r->valid = ret == 0 && !p->out.cut && !r->never;
	if (ret == 0)
		prompage_finish(&p->out, &p->page);
	return ret;
}

void promproto_release(struct promproto *p)
{
	arena_release(&p->blocks);
	arena_release(&p->rooms);
	arena_release(&p->bound_text);
	prompage_release(&p->out);
	if (p->repeat)
		promrepeat_release(p->repeat);
	free(p->repeat);
	free(p->family.early);
	free(p->bounds);
	*p = (struct promproto){ 0 };
}
