/* parse/promapi.h - what the HTTP API of Prometheus and its kin answers: the series of a query, a
 * sample of each or several, the targets that the server scrapes, or what metrics are. Fed as bytes
 * arrive; the result does not depend on where the chunks were cut. Pure: no I/O, no clock.
 *
 * Series keep their order and come twice if the server sends them twice. Text is the server's,
 * perhaps not UTF-8. Keys that are not known are read past. */
#ifndef PARSE_PROMAPI_H
#define PARSE_PROMAPI_H

#include <locale.h>

#include "collectors/parse/jsonpush.h"
#include "core/base/arena.h"
#include "core/sample.h"

enum {
	PROMAPI_ROWS_MAX = 1 << 18,
	PROMAPI_POINTS_MAX = 1 << 21,
	PROMAPI_LABELS_MAX = 256, /* of one series */
	PROMAPI_ALL_LABELS_MAX = 1 << 21,
	PROMAPI_TEXT_MAX = 128 << 20,
	PROMAPI_RECENT = 1 << 10, /* a power of two */
};

struct promapi_point {
	int64_t t_ms; /* unix time as the server has it */
	double value; /* may be NaN or infinite */
};

struct promapi_row {
	struct str name;       /* of the metric; empty: it has none */
	uint32_t label, point; /* first of each */
	uint32_t n_labels, n_points;
	uint32_t owner;	       /* free for the reader's use; UINT32_MAX */
	bool down;	       /* of a target: its scrapes fail */
	enum metric_type type; /* of a metric's description */
	struct str text;       /* of a target: why its scrapes fail; of a metric: its HELP */
};

/* Zeroed is valid. One is kept by each reader, so that its memory is reused. */
struct promapi {
	/* Valid during and after the feeding, until the next begin; the last row is complete only
	 * once n_complete counts it. */
	struct promapi_row *rows;
	struct promapi_point *points; /* of a row: in the server's order */
	struct label *labels;	      /* without the name; of a row: in the server's order */
	size_t n_rows, n_complete, n_points, n_labels;
	size_t n_histograms; /* native ones, which are read past */
	struct str warning;  /* the first; empty: none */
	struct str refused;  /* "bad_data: parse error …" when the status is not success */
	bool is_vector;	     /* a sample each, at the query's own time */
	bool has_rows;	     /* there was a list of any of these, perhaps empty */

	/* private: */
	struct jsonpush json;
	struct arena words;
	struct str recent[PROMAPI_RECENT]; /* words by hash: most stand in many series */
	locale_t c_locale;
	struct str status, type, error, error_type, key, label_name, metric;
	char key_text[32]; /* of `key`: what is longer is none that counts */
	char where[JSONPUSH_DEPTH_MAX + 1];
	int depth, n_scalars; /* n_scalars: of the point under way */
	struct promapi_point pending;
	size_t rows_cap, points_cap, labels_cap;
};

void promapi_begin(struct promapi *a);
/* 0, -EBADMSG for what is no such answer, -EFBIG when a limit is passed. */
int promapi_feed(struct promapi *a, const char *data, size_t n, struct err *e);
/* Also -EREMOTEIO when the server says why it refuses. */
int promapi_end(struct promapi *a, struct err *e);
void promapi_release(struct promapi *a);

struct str promapi_label(const struct promapi *a, const struct promapi_row *r, const char *name);

#endif
