/* field.h - the one table of what gmptop knows: every number and word of the model stands here
 * once, with its unit, its column, its help and the metrics that give it. Columns, JSON keys,
 * the JSON schema, filters, help and docs/fields.md all come from it.
 *
 * A table describes one struct of core/rows.h; a field is a member of it. */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit {
	UNIT_NONE,
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_NS,
	UNIT_MS,
	UNIT_S,
	UNIT_PCT,
	UNIT_PER_S,
	UNIT_PER_MIN,
	UNIT_PER_H,
	UNIT_CORES,
};

enum field_type {
	FIELD_NUM,  /* double; NAN: absent */
	FIELD_TEXT, /* const char *, foreign; NULL: absent */
	FIELD_FLAG, /* int8_t: 1, 0, or -1 absent */
	FIELD_ID,   /* uint64_t, printed as 16 hex digits; 0: absent */
};

/* How a metric's value becomes the field's. */
enum field_how {
	HOW_AS_IS,
	HOW_PER_S, /* a counter: growth a second */
	HOW_PER_MIN,
	HOW_PCT_OF_S, /* a counter of seconds: growth a second, in per cent */
	HOW_S_TO_NS,  /* a gauge in seconds, kept in ns */
};

enum { FIELD_METRICS_MAX = 5 };

struct field {
	const char *key;   /* the struct's member and the JSON key; also the name in filters */
	const char *title; /* column head or label on screen; NULL: never drawn by table */
	const char *help;  /* one line: what it is, how it is measured */
	enum field_type type;
	enum unit unit;
	uint16_t offset;
	uint8_t width; /* columns a cell takes, 0: the rest of the row */
	enum field_how how;
	/* Metric names that give it, best first; "name{label=value}" for one of several series. */
	const char *metrics[FIELD_METRICS_MAX];
	bool screen_only; /* the JSON object says it in another shape (core/json.c), or not at all
			   */
	double none_from; /* a metric's value from here on means "no limit": absent; 0: every value
			     counts */
};

struct table {
	const char *key; /* JSON key of the object or of the array of rows */
	const char *title;
	const char *help;
	const struct field *fields;
	size_t n_fields;
	size_t row_size;
	bool rows; /* an array of rows; else one object */
};

extern const struct table table_sched, table_goroutines, table_memory, table_net, table_process,
	table_cost, table_latency; /* facts: one object a target */
extern const struct table table_sources, table_groups, table_leaks, table_breakers, table_limiters,
	table_requests, table_threads, table_findings, table_ps, table_ms, table_profiles,
	table_sites; /* rows */

/* All of them, in the order of the documents. */
extern const struct table *const tables[];
extern const size_t n_tables;

double field_num(const struct field *f, const void *row);
void field_set_num(const struct field *f, void *row, double v);
const char *field_text(const struct field *f, const void *row);
int field_flag(const struct field *f, const void *row);
uint64_t field_id(const struct field *f, const void *row);
const struct field *field_find(const struct table *t, const char *key); /* NULL: none */
void row_clear(const struct table *t, void *row);			/* everything absent */
void row_complete(const struct table *t, void *row,
		  const void *offer); /* what is absent is taken from `offer` */

const char *unit_suffix(enum unit u); /* "", "B", "ms", "/s", … */

#endif
