#include "core/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

static uint64_t *slot(const struct window *w, size_t i)
{
	return w->counts + i * HISTOGRAM_BUCKETS_MAX;
}

static void drop_oldest(struct window *w)
{
	w->n--;
	memmove(w->t_ns, w->t_ns + 1, w->n * sizeof(*w->t_ns));
	memmove(w->counts, slot(w, 1), w->n * HISTOGRAM_BUCKETS_MAX * sizeof(*w->counts));
}

static bool shrank(const struct window *w, const struct histogram *h)
{
	const uint64_t *before = slot(w, w->n - 1);

	for (size_t i = 0; i < h->n; i++) {
		if (h->count[i] < before[i])
			return true;
	}
	return false;
}

static void keep(struct window *w, const struct histogram *h, uint64_t t_ns)
{
	if (w->n && t_ns - w->t_ns[w->n - 1] < w->span_ns / (WINDOW_SLOTS - 2))
		return;
	if (w->n == WINDOW_SLOTS)
		drop_oldest(w);
	w->t_ns[w->n] = t_ns;
	memcpy(slot(w, w->n++), h->count, h->n * sizeof(*h->count));
}

void window_push(struct window *w, const struct histogram *h, uint64_t t_ns)
{
	size_t n = h->n < HISTOGRAM_BUCKETS_MAX ? h->n : HISTOGRAM_BUCKETS_MAX;

	w->total = w->length_ns = 0;
	w->bound_ns = h->bound_ns;
	if (n == 0 || n != h->n)
		return;
	if (!w->counts) {
		w->counts = xcalloc(WINDOW_SLOTS * HISTOGRAM_BUCKETS_MAX, sizeof(*w->counts));
		w->grown = xcalloc(HISTOGRAM_BUCKETS_MAX, sizeof(*w->grown));
	}
	if (w->n && (w->n_buckets != n || shrank(w, h)))
		w->n = 0;
	w->n_buckets = n;
	while (w->n > 1 && t_ns - w->t_ns[0] > w->span_ns)
		drop_oldest(w);
	if (w->n) {
		for (size_t i = 0; i < n; i++) {
			w->grown[i] = h->count[i] - slot(w, 0)[i];
			w->total += w->grown[i];
		}
		w->length_ns = t_ns - w->t_ns[0];
	}
	keep(w, h, t_ns);
}

void window_release(struct window *w)
{
	free(w->counts);
	free(w->grown);
}

void window_quantile(const struct window *w, double q, double *ret_lo_ns, double *ret_hi_ns)
{
	double want = ceil(q * (double)w->total), seen = 0;

	*ret_lo_ns = *ret_hi_ns = NAN;
	for (size_t i = 0; w->total && i < w->n_buckets; i++) {
		seen += (double)w->grown[i];
		if (seen < want || w->grown[i] == 0)
			continue;
		*ret_lo_ns = (double)w->bound_ns[i];
		*ret_hi_ns =
			w->bound_ns[i + 1] == UINT64_MAX ? INFINITY : (double)w->bound_ns[i + 1];
		return;
	}
}
