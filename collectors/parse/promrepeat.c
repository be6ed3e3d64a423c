#include "collectors/parse/promrepeat.h"

#include <math.h>
#include <stdlib.h>

#include "collectors/parse/promseries.h"
#include "core/base/xalloc.h"

void promrepeat_note(struct promproto *p, const struct proto_field *f, size_t first)
{
	struct promrepeat *r = p->repeat;
	struct promrepeat_field *n;

	GROW(r->fields, r->n, r->cap);
	n = &r->fields[r->n++];
	*n = (struct promrepeat_field){
		.bytes = f->bytes.p,
		.len = (uint32_t)(f->bytes.end - f->bytes.p),
		.room = (uint32_t)(f->bytes.end - f->bytes.p),
		.tag = f->tag,
		.labels = f->tag == PROTO_MESSAGE(4) ? r->labels : 0,
		.first = (uint32_t)first,
		.n = (uint32_t)(p->out.n_series - first),
		.type = (int16_t)p->family.type,
		.opens = r->opened,
		.created = r->created,
	};
	r->opened = false;
}

void promrepeat_value(struct promrepeat *r, struct prompage *out, double v)
{
	if (r->series < out->n_series)
		out->series[r->series++].value = v;
	else
		r->differs = true;
}

/* A metric with the labels of before and another value. */
static bool take_value(struct promproto *p, struct promrepeat_field *n, struct proto w)
{
	struct promrepeat *r = p->repeat;
	struct promseries_metric m = { 0 };
	struct proto_field f = { 0 };
	struct proto value = { NULL, NULL };
	uint32_t want = prommetric_value_tag(n->type);
	struct err ignored;
	int ret;

	while ((ret = proto_next(&w, &f)) > 0) {
		if (f.tag == PROTO_MESSAGE(1))
			return false;
		if (f.tag == want)
			value = f.bytes;
	}
	if (ret < 0 || !value.p)
		return false;
	r->series = n->first;
	r->differs = false;
	r->created = NAN;
	p->family.type = n->type;
	ret = prommetric_add_value(p, &m, value, &ignored);
	return ret == 0 && !r->differs && r->series == n->first + n->n &&
	       (r->created == n->created || (isnan(r->created) && isnan(n->created)));
}

/* For the next page. Labels still point to the first copy, which stays. */
static void keep_bytes(struct promproto *p, struct promrepeat_field *n, struct proto bytes)
{
	size_t len = (size_t)(bytes.end - bytes.p);

	n->len = (uint32_t)len;
	if (len <= n->room) {
		memcpy((void *)(uintptr_t)n->bytes, bytes.p, len);
		return;
	}
	n->bytes = promproto_keep(p, bytes, 2 * len);
	n->room = (uint32_t)(2 * len);
}

bool promrepeat_take(struct promproto *p, const struct proto_field *f)
{
	struct promrepeat *r = p->repeat;
	struct promrepeat_field *n = &r->fields[r->at];
	size_t len = (size_t)(f->bytes.end - f->bytes.p);

	if (r->at == r->n || n->tag != f->tag || n->opens != r->opened)
		return false;
	if (len != n->len || memcmp(f->bytes.p, n->bytes, len) != 0) {
		struct proto rest = { f->bytes.p + n->labels, f->bytes.end };

		if (n->tag != PROTO_MESSAGE(4) || len < n->labels ||
		    memcmp(f->bytes.p, n->bytes, n->labels) != 0 || !take_value(p, n, rest))
			return false;
		keep_bytes(p, n, f->bytes);
	}
	r->at++;
	r->opened = false;
	return true;
}

static void save_values(struct promrepeat *r, const struct prompage *out)
{
	size_t n = r->at ? r->fields[r->at - 1].first + r->fields[r->at - 1].n : 0;

	r->n_values = n;
	free(r->values);
	r->values = xreallocarray(NULL, n + 1, sizeof(*r->values));
	for (size_t i = 0; i < n; i++)
		r->values[i] = out->series[i].value;
}

/* Field by field: their families' lengths are not those of the last page any more. */
static int read_again(struct promproto *p, const struct promrepeat_field *fields, size_t n,
		      struct err *e)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n; i++) {
		const struct promrepeat_field *was = &fields[i];
		struct proto_field f = { .tag = was->tag };

		if (was->opens) {
			if (i)
				ret = promproto_end_family(p, e);
			promproto_begin_family(p);
		}
		f.bytes.p = promproto_keep(p, (struct proto){ was->bytes, was->bytes + was->len },
					   was->len);
		f.bytes.end = f.bytes.p + was->len;
		if ((f.tag & 7) == PROTO_VARINT) {
			struct proto w = f.bytes;

			proto_varint(&w, &f.value);
		}
		if (ret == 0)
			ret = promproto_take_field(p, &f, e);
	}
	return ret;
}

int promrepeat_leave(struct promproto *p, struct err *e)
{
	struct promrepeat *r = p->repeat;
	struct promrepeat_field *old = r->fields;
	struct arena blocks = p->blocks, rooms = p->rooms;
	size_t n = r->at, cap = r->cap;
	uint64_t left = p->family.left;
	bool open = p->family.open, opened = r->opened;
	int ret;

	save_values(r, &p->out);
	r->fields = r->spare;
	r->cap = r->spare_cap;
	p->blocks = r->spare_blocks;
	p->rooms = r->spare_rooms;
	promproto_restart(p);
	ret = read_again(p, old, n, e);
	for (size_t i = 0; ret == 0 && i < r->n_values; i++)
		p->out.series[i].value = r->values[i];
	if (ret == 0 && (opened || !open) && p->family.open)
		ret = promproto_end_family(p, e);
	if (opened)
		promproto_begin_family(p);
	p->family.left = left;
	p->family.open = open;
	r->spare = old;
	r->spare_cap = cap;
	r->spare_blocks = blocks;
	r->spare_rooms = rooms;
	return ret;
}

void promrepeat_release(struct promrepeat *r)
{
	arena_release(&r->spare_blocks);
	arena_release(&r->spare_rooms);
	free(r->work);
	free(r->fields);
	free(r->spare);
	free(r->values);
}
