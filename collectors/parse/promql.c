#include "collectors/parse/promql.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "core/field.h"

/* ---- what people write behind a # ---- */

struct matcher {
	struct str name, op, value;
};

static bool is_name(struct str s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		if (!isalpha((unsigned char)s.p[i]) && s.p[i] != '_' &&
		    (i == 0 || !isdigit((unsigned char)s.p[i])))
			return false;
	}
	return s.len > 0;
}

/* The first of *at, which moves on. False: it is none. */
static bool next_matcher(const char **at, struct matcher *m)
{
	static const char *const ops[] = { "!=", "!~", "=~", "=" };
	size_t len = strcspn(*at, ","), name = strcspn(*at, "=!,");

	m->name = (struct str){ *at, (uint32_t)name };
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		size_t n = strlen(ops[i]);

		if (name + n > len || strncmp(*at + name, ops[i], n) != 0)
			continue;
		m->op = (struct str){ *at + name, (uint32_t)n };
		m->value = (struct str){ *at + name + n, (uint32_t)(len - name - n) };
		*at += len + ((*at)[len] == ',');
		return is_name(m->name);
	}
	return false;
}

int promql_check(const char *wanted, struct err *e)
{
	struct matcher m;

	while (*wanted) {
		const char *from = wanted;

		if (!next_matcher(&wanted, &m))
			return err_set(
				e, -EINVAL,
				"#%s: not a label and its value (#job=api,instance=~10[.].*)",
				from);
	}
	return 0;
}

/* Inside a pair of quotes of PromQL, whose escapes are Go's. */
static void add_quoted(struct buf *b, struct str s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\x%02x", c);
		else
			buf_add(b, &s.p[i], 1);
	}
}

void promql_equal(struct buf *b, const char *name, struct str value)
{
	buf_addf(b, "%s=\"", name);
	add_quoted(b, value);
	buf_adds(b, "\"");
}

void promql_matchers(struct buf *b, const char *wanted)
{
	struct matcher m;
	bool more = false;

	while (*wanted && next_matcher(&wanted, &m)) {
		buf_addf(b, "%s%.*s%.*s\"", more ? "," : "", (int)m.name.len, m.name.p,
			 (int)m.op.len, m.op.p);
		add_quoted(b, m.value);
		buf_adds(b, "\"");
		more = true;
	}
}

void promql_literal(struct buf *b, struct str value)
{
	for (uint32_t i = 0; i < value.len; i++) {
		if (value.p[i] && strchr("\\.+*?()|[]{}^$", value.p[i]))
			buf_adds(b, "\\\\");
		add_quoted(b, (struct str){ &value.p[i], 1 });
	}
}

/* ---- names ---- */

/* The name in "name{label=value}". */
static struct str bare_name(const char *metric)
{
	return (struct str){ metric, (uint32_t)strcspn(metric, "{") };
}

static void add_names(struct buf *b, const struct field *f)
{
	for (size_t i = 0; i < FIELD_METRICS_MAX && f->metrics[i]; i++) {
		struct str name = bare_name(f->metrics[i]);

		buf_addf(b, "%s%.*s", b->len ? "|" : "", (int)name.len, name.p);
	}
}

void promql_names(struct buf *b)
{
	/* Wider than what core/breaker.c, limiter.c and request.c take: they judge. */
	static const char rows[] =
		"|.*(circuit_?breaker|_breaker_state|cb_state|hoglet_circuit|circuit_open).*"
		"|breaker_.*|.*rate_?limit.*"
		"|.*(http|rpc|request).*(duration|latency|handling).*_(bucket|count)"
		"|.*(http|rpc).*(requests_total|handled_total)|requests_total";
	struct buf names;

	buf_init(&names, 16 << 10);
	for (size_t i = 0; i < n_tables; i++) {
		for (size_t k = 0; k < tables[i]->n_fields; k++)
			add_names(&names, &tables[i]->fields[k]);
	}
	buf_add(b, names.ptr, names.len);
	buf_adds(b, rows);
	buf_release(&names);
}

static const struct field *const *charted(size_t *ret_n)
{
	static const struct field *fields[4];

	fields[0] = field_find(&table_goroutines, "total");
	fields[1] = field_find(&table_memory, "heap_live_bytes");
	fields[2] = field_find(&table_memory, "heap_goal_bytes");
	fields[3] = field_find(&table_memory, "rss_bytes");
	*ret_n = sizeof(fields) / sizeof(*fields);
	return fields;
}

void promql_charted_names(struct buf *b)
{
	struct buf names;
	size_t n;
	const struct field *const *fields = charted(&n);

	buf_init(&names, 4 << 10);
	for (size_t i = 0; i < n; i++)
		add_names(&names, fields[i]);
	add_names(&names, field_find(&table_process, "cpu_pct"));
	buf_add(b, names.ptr, names.len);
	buf_release(&names);
}

/* ---- addresses ---- */

static void add_encoded(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (isalnum(c) || strchr("-_.~", c))
			buf_add(b, s, 1);
		else
			buf_addf(b, "%%%02X", c);
	}
}

void promql_url(struct buf *b, const char *base, const char *path, const char *const *params)
{
	buf_addf(b, "%s%s", base, path);
	for (size_t i = 0; params[i]; i += 2) {
		buf_addf(b, "%c%s=", i ? '&' : '?', params[i]);
		add_encoded(b, params[i + 1]);
	}
}
