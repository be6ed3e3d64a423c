/* parse/promrepeat.h - protobuf pages that are like the last one, as promfollow.h has it for text:
 * a metric that has the same bytes has the same values, one that has the same labels is read from
 * its value on. The first field that is another ends it: then what was equal is read in full. */
#ifndef PARSE_PROMREPEAT_H
#define PARSE_PROMREPEAT_H

#include "collectors/parse/promproto.h"

/* A field of a family on the last page. */
struct promrepeat_field {
	const uint8_t *bytes;
	uint32_t len, room, tag; /* room: bytes that may be written over */
	uint32_t labels;	 /* of a metric: its bytes up to what is no label */
	uint32_t first, n;
	int16_t type;
	bool opens; /* the first of its family */
	double created;
};

/* Zeroed is valid. */
struct promrepeat {
	struct promrepeat_field *fields, *spare;
	size_t n, cap, spare_cap, at;
	bool valid, on, never; /* as in struct promfollow */
	bool opened;	       /* the next field is the first of a family */
	size_t series;	       /* the next one to get a value */
	bool differs;	       /* a series that is another, while a metric is read */
	double created;	       /* of the metric that is read; NAN: it does not tell */
	uint32_t labels;       /* of the metric read last: as in a field */
	struct arena spare_blocks, spare_rooms; /* as spare */
	uint8_t *work;				/* what is being read, while it is as before */
	double *values;
	size_t n_values;
};

void promrepeat_note(struct promproto *p, const struct proto_field *f, size_t first);
/* Whether the field is as it was; its values are taken then. */
bool promrepeat_take(struct promproto *p, const struct proto_field *f);
/* Reads in full what was equal so far, with this page's values. */
int promrepeat_leave(struct promproto *p, struct err *e);
/* The value of the series that comes next. */
void promrepeat_value(struct promrepeat *r, struct prompage *out, double v);
void promrepeat_release(struct promrepeat *r);

/* Of promproto.c, for promrepeat_leave. */
void promproto_restart(struct promproto *p);
int promproto_take_field(struct promproto *p, const struct proto_field *field, struct err *e);
int promproto_end_family(struct promproto *p, struct err *e);
void promproto_begin_family(struct promproto *p);
/* A copy for the page's life, with room for n bytes. */
const uint8_t *promproto_keep(struct promproto *p, struct proto bytes, size_t n);

#endif
