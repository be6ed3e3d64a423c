#include "collectors/gort/remote.h"

#include <errno.h>
#include <sys/uio.h>

enum {
	PARTS_PER_CALL = 1024, /* IOV_MAX */
	BYTES_PER_CALL = 1 << 20,
	PARTS_AFTER_FAULT = 2, /* a call costs by its pieces, those behind the fault are in vain */
};

int remote_read(struct remote *r, uint64_t addr, void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		size_t want = n - done < BYTES_PER_CALL ? n - done : BYTES_PER_CALL;
		struct iovec here = { (char *)to + done, want };
		struct iovec there = { (void *)(uintptr_t)(addr + done), want };
		ssize_t got = process_vm_readv(r->pid, &here, 1, &there, 1, 0);

		r->calls++;
		if (got <= 0)
			return got < 0 ? -errno : -EFAULT;
		r->bytes += (uint64_t)got;
		done += (size_t)got;
	}
	return 0;
}

/* Where a gather stands: the piece, and how much of it was read. */
struct cursor {
	struct remote_part *parts;
	size_t n, i, done;
	size_t max; /* pieces of the next call */
};

/* One call from the cursor on; what it read, or a negative errno. */
static ssize_t read_some(struct remote *r, struct cursor *c)
{
	struct iovec here[PARTS_PER_CALL], there[PARTS_PER_CALL];
	size_t bytes = 0, skip = c->done, n = 0;
	ssize_t got;

	for (size_t i = c->i; i < c->n && n < c->max && bytes < BYTES_PER_CALL; i++, n++) {
		const struct remote_part *p = &c->parts[i];
		size_t len = p->len - skip;

		if (len > BYTES_PER_CALL - bytes)
			len = BYTES_PER_CALL - bytes;
		here[n] = (struct iovec){ (char *)p->to + skip, len };
		there[n] = (struct iovec){ (void *)(uintptr_t)(p->addr + skip), len };
		bytes += len;
		skip = 0;
	}
	if (bytes == 0)
		return 0;
	got = process_vm_readv(r->pid, here, n, there, n, 0);
	r->calls++;
	if (got > 0)
		r->bytes += (uint64_t)got;
	c->max = got != (ssize_t)bytes	       ? PARTS_AFTER_FAULT
		 : c->max < PARTS_PER_CALL / 2 ? c->max * 2
					       : PARTS_PER_CALL;
	return got < 0 ? -errno : got;
}

/* Past the bytes that were read and the pieces that they complete. */
static void advance(struct cursor *c, size_t bytes)
{
	while (c->i < c->n) {
		struct remote_part *p = &c->parts[c->i];
		size_t left = p->len - c->done;

		if (bytes < left) {
			c->done += bytes;
			return;
		}
		p->ok = true;
		bytes -= left;
		c->done = 0;
		c->i++;
	}
}

int remote_gather(struct remote *r, struct remote_part *parts, size_t n)
{
	struct cursor c = { .parts = parts, .n = n, .max = PARTS_PER_CALL };

	for (size_t i = 0; i < n; i++)
		parts[i].ok = false;
	/* The kernel stops at the first page that is not mapped and tells what it read before; the
	 * next call then begins there and fails, which marks the piece. */
	while (advance(&c, 0), c.i < c.n) {
		ssize_t got = read_some(r, &c);

		if (got > 0) {
			advance(&c, (size_t)got);
		} else if (got == 0 || got == -EFAULT) {
			c.done = 0;
			c.i++;
		} else {
			return (int)got;
		}
	}
	return 0;
}
