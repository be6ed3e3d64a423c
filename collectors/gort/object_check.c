#include "collectors/gort/object_check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "collectors/gort/gotime.h"

enum {
	DEPTH_MAX = 6,
	PARTS_MAX = 1024, /* fields in all, those of fields among them */
	STRING_MAX = 1 << 20,
	SLICE_MAX = 1 << 30,
	MUTEX_STATE_MAX = 1 << 28, /* waiters, above three bits of flags (sync/mutex.go) */
	MUTEX_SEMA_MAX = 1 << 20,
	WORD = 8,
};

static const uint64_t lowest = 4096;
static const uint64_t highest = 1ull << 48;
static const double float_min = 1e-12; /* what is smaller was an integer or a pointer */

/* ---- from the type ---- */

/* Checks in the making, and which bytes are of a field. */
struct draft {
	struct object_checks *checks;
	unsigned parts_left;
	bool used[TYPE_BYTES_MAX];
};

static bool push(struct object_checks *c, enum check_what what, uint64_t at, uint64_t bytes)
{
	if (c->n == OBJECT_CHECKS_MAX)
		return false;
	c->at[c->n++] = (struct object_check){ what, (uint32_t)at, (uint32_t)bytes, false };
	return true;
}

static void use(struct draft *d, uint64_t at, uint64_t bytes)
{
	if (at <= TYPE_BYTES_MAX && bytes <= TYPE_BYTES_MAX - at)
		memset(d->used + at, true, bytes);
}

static bool push_padding(struct draft *d, uint64_t bytes)
{
	for (uint64_t from = 0, to; from < bytes; from = to + 1) {
		for (to = from; to < bytes && !d->used[to]; to++)
			;
		if (to > from && !push(d->checks, CHECK_PADDING, from, to - from))
			return false;
	}
	return true;
}

static bool add(struct types *t, const struct type *type, uint64_t at, struct draft *d, int depth);

static bool add_struct(struct types *t, const struct type *type, uint64_t at, struct draft *d,
		       int depth)
{
	bool is_time = str_is(type->name, "time.Time") && type->bytes == GOTIME_BYTES;
	bool is_mutex = str_is(type->name, "sync.Mutex") && type->bytes == WORD;

	if (is_time || is_mutex) {
		use(d, at, type->bytes);
		return push(d->checks, is_time ? CHECK_TIME : CHECK_MUTEX, at, type->bytes);
	}
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct type *part = types_at(t, type->fields[i].type);

		if (!part || !add(t, part, at + type->fields[i].offset, d, depth + 1))
			return false;
	}
	return true;
}

/* False: nothing but its size is looked at. Numbers may be any; arrays in our types are padding. */
static bool check_of(enum go_kind kind, enum check_what *ret)
{
	switch (kind) {
	case GO_BOOL:
		*ret = CHECK_BOOL;
		return true;
	case GO_FLOAT64:
		*ret = CHECK_FLOAT;
		return true;
	case GO_STRING:
		*ret = CHECK_STRING;
		return true;
	case GO_SLICE:
		*ret = CHECK_SLICE;
		return true;
	case GO_INTERFACE:
		*ret = CHECK_INTERFACE;
		return true;
	case GO_FUNC:
		*ret = CHECK_FUNC;
		return true;
	case GO_CHAN:
	case GO_MAP:
	case GO_POINTER:
	case GO_UNSAFE_POINTER:
		*ret = CHECK_POINTER;
		return true;
	default:
		return false;
	}
}

static bool add(struct types *t, const struct type *type, uint64_t at, struct draft *d, int depth)
{
	enum check_what what;

	/* The checks read it out of a copy of the object. */
	if (d->parts_left == 0 || at > d->checks->bytes || type->bytes > d->checks->bytes - at)
		return false;
	d->parts_left--;
	if (type->kind == GO_STRUCT)
		return depth < DEPTH_MAX && add_struct(t, type, at, d, depth);
	use(d, at, type->bytes);
	return !check_of(type->kind, &what) || push(d->checks, what, at, type->bytes);
}

static bool mark_never_nil(struct types *t, const struct type *type, const char *fields,
			   struct object_checks *c)
{
	while (fields && *fields) {
		struct str field = { fields, (uint32_t)strcspn(fields, "|") };
		struct type_path p;

		if (!types_path(t, type, field, &p) || p.n != 1)
			return false;
		for (size_t i = 0; i < c->n; i++)
			c->at[i].never_nil |= c->at[i].at == p.at[0];
		fields += field.len;
		fields += *fields == '|';
	}
	return true;
}

bool object_checks_of(struct types *t, const struct type *type, const char *never_nil,
		      struct object_checks *ret)
{
	struct draft d = { .checks = ret, .parts_left = PARTS_MAX };

	ret->n = 0;
	ret->bytes = type->bytes;
	return type->bytes <= TYPE_BYTES_MAX && add(t, type, 0, &d, 0) &&
	       mark_never_nil(t, type, never_nil, ret) && push_padding(&d, type->bytes);
}

/* ---- of the bytes ---- */

static uint64_t word(const uint8_t *from, uint32_t at)
{
	uint64_t v;

	memcpy(&v, from + at, sizeof(v));
	return v;
}

static bool is_pointer(uint64_t p)
{
	return p >= lowest && p < highest;
}

static bool float_ok(const uint8_t *p)
{
	double x;

	memcpy(&x, p, sizeof(x));
	return x == 0 || isinf(x) || fabs(x) >= float_min;
}

static bool mutex_ok(const uint8_t *p)
{
	uint32_t w[2]; /* state, sema */

	memcpy(w, p, sizeof(w));
	return w[0] < MUTEX_STATE_MAX && w[1] < MUTEX_SEMA_MAX;
}

static bool time_ok(const uint8_t *p)
{
	struct gotime t;

	return gotime_read(p, &t) && (t.loc == 0 || is_pointer(t.loc));
}

static bool is_blank(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

static bool ok(const struct object_check *c, const uint8_t *object)
{
	const uint8_t *p = object + c->at;
	uint64_t first;

	if (c->what == CHECK_BOOL)
		return *p <= 1;
	if (c->what == CHECK_PADDING)
		return is_blank(p, c->bytes);
	first = word(p, 0);
	if (c->never_nil && first == 0)
		return false;
	switch (c->what) {
	case CHECK_FLOAT:
		return float_ok(p);
	case CHECK_STRING:
		return word(p, WORD) == 0 || (word(p, WORD) <= STRING_MAX && is_pointer(first));
	case CHECK_SLICE:
		return word(p, WORD) <= word(p, 2 * WORD) && word(p, 2 * WORD) <= SLICE_MAX &&
		       (first == 0 ? word(p, 2 * WORD) == 0 : is_pointer(first));
	case CHECK_INTERFACE:
		return first == 0 ? word(p, WORD) == 0
				  : is_pointer(first) &&
					    (word(p, WORD) == 0 || is_pointer(word(p, WORD)));
	case CHECK_TIME:
		return time_ok(p);
	case CHECK_MUTEX:
		return mutex_ok(p);
	default:
		return first == 0 || is_pointer(first);
	}
}

bool object_checks_bytes(const struct object_checks *c, const uint8_t *object)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!ok(&c->at[i], object))
			return false;
	}
	return !is_blank(object, c->bytes);
}

/* ---- of what they point to ---- */

static bool has_type(const struct types *t, uint64_t first, const uint64_t *itab)
{
	return (first >= t->from && first < t->to) || (itab[1] >= t->from && itab[1] < t->to);
}

/* How many bytes to look at. */
static uint32_t look(const struct object_check *c, const uint8_t *object)
{
	uint64_t first = c->bytes >= WORD ? word(object, c->at) : 0;

	switch (c->what) {
	case CHECK_STRING:
		return word(object, c->at + WORD) > 0;
	case CHECK_FUNC:
		return first ? WORD : 0;
	case CHECK_INTERFACE:
		return first ? 2 * WORD : 0;
	case CHECK_POINTER:
	case CHECK_SLICE:
		return first != 0;
	default:
		return 0;
	}
}

int object_checks_pointers(const struct object_checks *c, const uint8_t *object, struct types *t)
{
	struct remote_part parts[OBJECT_CHECKS_MAX];
	const struct object_check *of[OBJECT_CHECKS_MAX];
	uint64_t seen[OBJECT_CHECKS_MAX][2];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < c->n; i++) {
		uint32_t len = look(&c->at[i], object);

		if (len == 0)
			continue;
		seen[n][0] = seen[n][1] = 0;
		parts[n] = (struct remote_part){ word(object, c->at[i].at), seen[n], len, false };
		of[n++] = &c->at[i];
	}
	r = remote_gather(t->remote, parts, n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (!parts[i].ok)
			return 0;
		if (of[i]->what == CHECK_FUNC && !image_in_text(t->image, seen[i][0]))
			return 0;
		if (of[i]->what == CHECK_INTERFACE && !has_type(t, parts[i].addr, seen[i]))
			return 0;
	}
	return 1;
}
