#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/sched.h"
#include "core/base/xalloc.h"

enum { MS_MAX = 20000 };

void m_list_release(struct m_list *l)
{
	free(l->addrs);
	free(l->bytes);
	free(l->parts);
}

uint32_t m_list_stride(const struct m_list *l)
{
	static const enum layout_field last[] = {
		LAYOUT_M_PROCID,  LAYOUT_M_CURG,     LAYOUT_M_P,       LAYOUT_M_OLDP,
		LAYOUT_M_ID,	  LAYOUT_M_SPINNING, LAYOUT_M_BLOCKED, LAYOUT_M_INCGO,
		LAYOUT_M_ALLLINK, LAYOUT_M_LOCKEDG,
	};
	int32_t end = 0;

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		if (l->layout->at[last[i]] + 8 > end)
			end = l->layout->at[last[i]] + 8;
	}
	return (uint32_t)end;
}

static void reserve(struct m_list *l, size_t n)
{
	if (n <= l->cap)
		return;
	l->cap = n + n / 2 + 16;
	l->addrs = xreallocarray(l->addrs, l->cap, sizeof(*l->addrs));
	l->parts = xreallocarray(l->parts, 3 * l->cap, sizeof(*l->parts));
	l->bytes = xreallocarray(l->bytes, l->cap, m_list_stride(l));
}

static uint64_t link_of(const struct m_list *l, const uint8_t *m)
{
	uint64_t v;

	memcpy(&v, m + l->layout->at[LAYOUT_M_ALLLINK], sizeof(v));
	return v;
}

/* Follows the links one by one, down to an M that is known or to the end. */
static int walk(struct m_list *l, uint64_t first, uint64_t known)
{
	size_t n = 0, old = known ? l->n : 0;
	uint64_t *young = NULL, m = first;
	size_t cap = 0;
	int r = 0;

	while (r == 0 && m && m != known) {
		GROW(young, n, cap);
		young[n++] = m;
		r = n > MS_MAX ? -EAGAIN
			       : remote_read(l->remote,
					     m + (uint64_t)l->layout->at[LAYOUT_M_ALLLINK], &m, 8);
	}
	if (r == 0 && (m != known || old + n > MS_MAX))
		r = -EAGAIN;
	if (r == 0 && n > 0) {
		reserve(l, old + n);
		if (old)
			memmove(l->addrs + n, l->addrs, old * sizeof(*l->addrs));
		memcpy(l->addrs, young, n * sizeof(*young));
		l->n = old + n;
	}
	free(young);
	return r == -EFAULT ? -EAGAIN : r;
}

/* Reads them all; -EAGAIN when the chain is no longer the one in addrs. */
static int read_all(struct m_list *l)
{
	uint32_t stride = m_list_stride(l);
	int r;

	for (size_t i = 0; i < l->n; i++)
		l->parts[i] =
			(struct remote_part){ l->addrs[i], l->bytes + i * stride, stride, false };
	r = remote_gather(l->remote, l->parts, l->n);
	for (size_t i = 0; r == 0 && i < l->n; i++) {
		uint64_t next = i + 1 < l->n ? l->addrs[i + 1] : 0;

		if (!l->parts[i].ok || link_of(l, m_list_at(l, i)) != next)
			r = -EAGAIN;
	}
	return r;
}

/* An M is put at the head when it is made, and taken out when its thread ends. */
int m_list_read(struct m_list *l, uint64_t first)
{
	int r = -EAGAIN;

	if (l->n)
		r = walk(l, first, l->addrs[0]);
	if (r == 0)
		r = read_all(l);
	if (r != -EAGAIN)
		return r;
	l->n = 0;
	r = walk(l, first, 0);
	return r == 0 ? read_all(l) : r;
}
