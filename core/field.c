#include "core/field.h"

#include <math.h>
#include <string.h>

#define MEMBER(type, f, row) (*(type *)(void *)((char *)(row) + (f)->offset))
#define CONST_MEMBER(type, f, row) \
	(*(const type *)(const void *)((const char *)(row) + (f)->offset))

double field_num(const struct field *f, const void *row)
{
	return CONST_MEMBER(double, f, row);
}

void field_set_num(const struct field *f, void *row, double v)
{
	MEMBER(double, f, row) = v;
}

const char *field_text(const struct field *f, const void *row)
{
	return *(const char *const *)((const char *)row + f->offset);
}

int field_flag(const struct field *f, const void *row)
{
	return CONST_MEMBER(int8_t, f, row);
}

uint64_t field_id(const struct field *f, const void *row)
{
	return CONST_MEMBER(uint64_t, f, row);
}

const struct field *field_find(const struct table *t, const char *key)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		if (strcmp(t->fields[i].key, key) == 0)
			return &t->fields[i];
	}
	return NULL;
}

void row_clear(const struct table *t, void *row)
{
	memset(row, 0, t->row_size);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (f->type == FIELD_NUM)
			MEMBER(double, f, row) = NAN;
		else if (f->type == FIELD_FLAG)
			MEMBER(int8_t, f, row) = -1;
	}
}

void row_complete(const struct table *t, void *row, const void *offer)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (f->type == FIELD_NUM && isnan(field_num(f, row)))
			field_set_num(f, row, field_num(f, offer));
		else if (f->type == FIELD_TEXT && !field_text(f, row))
			MEMBER(const char *, f, row) = field_text(f, offer);
		else if (f->type == FIELD_FLAG && field_flag(f, row) < 0)
			MEMBER(int8_t, f, row) = (int8_t)field_flag(f, offer);
	}
}

const char *unit_suffix(enum unit u)
{
	static const char *const names[] = {
		[UNIT_NONE] = "",    [UNIT_COUNT] = "",	     [UNIT_BYTES] = "B",
		[UNIT_NS] = "ns",    [UNIT_MS] = "ms",	     [UNIT_S] = "s",
		[UNIT_PCT] = "%",    [UNIT_PER_S] = "/s",    [UNIT_PER_MIN] = "/min",
		[UNIT_PER_H] = "/h", [UNIT_CORES] = "cores",
	};

	return names[u];
}
