#include "collectors/parse/prombody.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* ---- Content-Type (RFC 9110, 8.3) ---- */

static bool is_word(struct str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

static struct str trim(struct str s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '"')) {
		s.p++;
		s.len--;
	}
	while (s.len && strchr(" \t\r\n\"", s.p[s.len - 1]) && s.p[s.len - 1])
		s.len--;
	return s;
}

/* Cuts off what stands before the first `c`. */
static struct str cut(struct str *rest, char c)
{
	const char *at = rest->len ? memchr(rest->p, c, rest->len) : NULL;
	struct str first = *rest;

	first.len = at ? (uint32_t)(at - rest->p) : rest->len;
	rest->p += first.len + (at != NULL);
	rest->len -= first.len + (at != NULL);
	return trim(first);
}

void prombody_type(struct prombody *b, struct str content_type)
{
	struct str media = cut(&content_type, ';'), encoding = STR(""), version = STR("");

	while (content_type.len) {
		struct str value = cut(&content_type, ';'), name = cut(&value, '=');

		value = trim(value);
		if (is_word(name, "encoding"))
			encoding = value;
		else if (is_word(name, "version"))
			version = value;
	}
	b->type = BODY_ANY;
	b->not_read = NULL;
	if (is_word(media, "application/openmetrics-text")) {
		b->type = BODY_OPENMETRICS;
		if (str_starts(version, "2"))
			b->not_read = "OpenMetrics 2 is not read yet (text, OpenMetrics 1 and "
				      "protobuf are)";
	} else if (is_word(media, "application/openmetrics-protobuf")) {
		b->not_read = "OpenMetrics' own protobuf is not read (text is)";
	} else if (is_word(media, "application/vnd.google.protobuf")) {
		b->type = BODY_PROTO;
		if (encoding.len && !is_word(encoding, "delimited"))
			b->not_read = "protobuf that is not delimited is not read (text is)";
	}
}

/* ---- the first bytes ---- */

/* A length, then a family's first field. With a name and its length in bounds when the server does
 * not say that it is protobuf. Text has no such bytes at its start. */
static bool looks_like_proto(const struct prombody *b)
{
	struct proto w = { (const uint8_t *)b->head, (const uint8_t *)b->head + b->n_head };
	uint64_t family, name;

	if (proto_varint(&w, &family) < 0 || w.p == w.end)
		return false;
	if (b->type == BODY_PROTO)
		return *w.p == PROTO_MESSAGE(1) || *w.p == PROTO_MESSAGE(2) ||
		       *w.p == PROTO_NUMBER(3) || *w.p == PROTO_MESSAGE(4) ||
		       *w.p == PROTO_MESSAGE(5);
	if (*w.p++ != PROTO_MESSAGE(1) || proto_varint(&w, &name) < 0 || name == 0 ||
	    name + 2 > family)
		return false;
	for (; w.p < w.end && name > 0; w.p++, name--) {
		if (*w.p <= ' ' || *w.p == 0x7f)
			return false;
	}
	return true;
}

static int feed_on(struct prombody *b, const char *data, size_t n, struct err *e)
{
	return b->is_proto ? promproto_feed(&b->proto, data, n, e)
			   : promtext_feed(&b->text, data, n, e);
}

static int start(struct prombody *b, struct err *e)
{
	b->started = true;
	if (b->not_read)
		return err_set(e, -EBADMSG, "%s", b->not_read);
	b->is_proto = looks_like_proto(b);
	if (b->is_proto) {
		promproto_begin(&b->proto);
	} else {
		promtext_begin(&b->text);
		promtext_as(&b->text, b->type == BODY_OPENMETRICS);
	}
	return feed_on(b, b->head, b->n_head, e);
}

/* ---- a page ---- */

void prombody_begin(struct prombody *b)
{
	b->page = NULL;
	b->type = BODY_ANY;
	b->not_read = NULL;
	b->is_proto = b->has_native = b->started = false;
	b->n_head = 0;
}

int prombody_feed(struct prombody *b, const char *data, size_t n, struct err *e)
{
	int r = 0;

	if (!b->started) {
		size_t take = PROMBODY_HEAD - b->n_head < n ? PROMBODY_HEAD - b->n_head : n;

		memcpy(b->head + b->n_head, data, take);
		b->n_head += take;
		data += take;
		n -= take;
		if (b->n_head < PROMBODY_HEAD)
			return 0;
		r = start(b, e);
	}
	if (r == 0)
		r = feed_on(b, data, n, e);
	/* Half a page would pass for the whole. */
	if (r == 0 && (b->is_proto ? promproto_is_cut(&b->proto) : promtext_is_cut(&b->text)))
		r = err_set(e, -EFBIG, "too many series on the page (over %d); refused",
			    PROM_SERIES_MAX);
	return r;
}

int prombody_end(struct prombody *b, struct err *e)
{
	int r = b->started ? 0 : start(b, e);

	if (r < 0)
		return r;
	r = b->is_proto ? promproto_end(&b->proto, e) : promtext_end(&b->text, e);
	if (r < 0)
		return r;
	b->page = b->is_proto ? &b->proto.page : &b->text.page;
	b->has_native = b->is_proto && b->proto.has_native;
	return 0;
}

void prombody_release(struct prombody *b)
{
	promtext_release(&b->text);
	promproto_release(&b->proto);
}
