#include "collectors/parse/pprof_body.h"

#include <errno.h>
#include <string.h>

#include "collectors/parse/pprof.h"

void pprof_body_init(struct pprof_body *b)
{
	*b = (struct pprof_body){ .gunzip.ratio_max = PPROF_RATIO_MAX };
	buf_init(&b->raw, PPROF_RAW_MAX);
}

void pprof_body_release(struct pprof_body *b)
{
	gunzip_release(&b->gunzip);
	buf_release(&b->raw);
}

/* What comes with status 200 from an address that is no profile. */
static struct str first_word(const struct buf *raw, size_t max)
{
	const char *p = raw->ptr, *end = raw->ptr + raw->len;

	while (p < end && strchr(" \t\r\n", *p) && *p)
		p++;
	return (struct str){ p, (uint32_t)((size_t)(end - p) < max ? (size_t)(end - p) : max) };
}

int pprof_body_name(const struct pprof_body *b, int r, struct err *e)
{
	static const struct {
		const char *start, *is;
	} texts[] = {
		{ "<", "it looks like HTML" },
		{ "{", "it looks like JSON" },
		{ "goroutine profile:", "it is the text of debug=1 (ask for debug=0)" },
		{ "goroutine ", "it is the text of debug=2 (ask for debug=0)" },
		{ "heap profile:", "it is the text of debug=1 (ask for debug=0)" },
		{ "--- ", "it is the text of debug=1 (ask for debug=0)" },
		{ "threadcreate profile:", "it is the text of debug=1 (ask for debug=0)" },
		{ "# HELP", "it looks like a metrics page" },
		{ "# TYPE", "it looks like a metrics page" },
	};
	struct str word = first_word(&b->raw, 32);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (str_starts(word, texts[i].start))
			return err_set(e, -EBADMSG, "%s, not a profile", texts[i].is);
	}
	for (uint32_t i = 0; i < word.len; i++) {
		if ((word.p[i] < ' ' && !strchr("\t\r\n", word.p[i])) || word.p[i] == 0x7f)
			return r;
	}
	return word.len < 4 ? r : err_set(e, -EBADMSG, "it looks like plain text, not a profile");
}

int pprof_body_open(struct pprof_body *b, struct str body, struct proto *ret, struct err *e)
{
	int r = 0;

	if (gunzip_is(body.p, body.len)) {
		r = gunzip(&b->gunzip, body.p, body.len, &b->raw, e);
	} else {
		buf_clear(&b->raw);
		if (buf_add(&b->raw, body.p, body.len) < 0)
			r = err_set(e, -EFBIG, "a profile of more than %d MiB is refused",
				    PPROF_RAW_MAX >> 20);
	}
	if (r == 0 && b->raw.len == 0)
		r = err_set(e, -EBADMSG, "the body is empty, not a profile");
	if (r < 0)
		return r;
	ret->p = (const uint8_t *)b->raw.ptr;
	ret->end = ret->p + b->raw.len;
	return 0;
}
