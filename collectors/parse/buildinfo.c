#include "collectors/parse/buildinfo.h"

#include <errno.h>

enum {
	HEADER_BYTES = 32,
	FLAGS_AT = 15,
	FLAG_INLINE = 2,  /* the strings follow the header; else it holds pointers to them */
	FRAME_BYTES = 16, /* the markers around the module text (cmd/go/internal/modload) */
};

/* A uvarint and that many bytes, cut off the front of *s. */
static bool take_string(struct str *s, struct str *ret)
{
	uint64_t n = 0;
	uint32_t i = 0;

	for (int shift = 0;; shift += 7, i++) {
		if (i == s->len || shift > 28)
			return false;
		n |= (uint64_t)(s->p[i] & 0x7f) << shift;
		if (!(s->p[i] & 0x80))
			break;
	}
	i++;
	if (n > s->len - i)
		return false;
	*ret = (struct str){ s->p + i, (uint32_t)n };
	*s = (struct str){ s->p + i + n, s->len - i - (uint32_t)n };
	return true;
}

/* The version, and in *rest what follows it. */
static int take_version(struct str *rest, struct str *ret, struct err *e)
{
	if (rest->len < HEADER_BYTES || !str_starts(*rest, BUILDINFO_MAGIC))
		return err_set(e, -EBADMSG, "build info: not there");
	if (!(rest->p[FLAGS_AT] & FLAG_INLINE))
		return err_set(e, -ENOTSUP, "build info: built with Go before 1.18");
	*rest = (struct str){ rest->p + HEADER_BYTES, rest->len - HEADER_BYTES };
	if (!take_string(rest, ret) || ret->len == 0)
		return err_set(e, -EBADMSG, "build info: torn at the Go version");
	if (ret->len > BUILDINFO_VERSION_MAX)
		return err_set(e, -E2BIG, "build info: a Go version of %u bytes (at most %d)",
			       ret->len, BUILDINFO_VERSION_MAX);
	return 0;
}

/* Up to `sep`, which is dropped; all of *s if there is none. */
static struct str take_until(struct str *s, char sep)
{
	const char *end = s->len ? memchr(s->p, sep, s->len) : NULL;
	uint32_t n = end ? (uint32_t)(end - s->p) : s->len;
	struct str head = { s->p, n };

	*s = end ? (struct str){ end + 1, s->len - n - 1 } : (struct str){ s->p + n, 0 };
	return head;
}

static bool take_prefix(struct str *s, const char *prefix)
{
	uint32_t n = (uint32_t)strlen(prefix);

	if (!str_starts(*s, prefix))
		return false;
	*s = (struct str){ s->p + n, s->len - n };
	return true;
}

static bool is_octal(int c)
{
	return c >= '0' && c <= '7';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *put_utf8(char *out, uint32_t rune)
{
	if (rune < 0x80) {
		*out++ = (char)rune;
	} else if (rune < 0x800) {
		*out++ = (char)(0xc0 | rune >> 6);
		*out++ = (char)(0x80 | (rune & 0x3f));
	} else if (rune < 0x10000) {
		*out++ = (char)(0xe0 | rune >> 12);
		*out++ = (char)(0x80 | (rune >> 6 & 0x3f));
		*out++ = (char)(0x80 | (rune & 0x3f));
	} else {
		*out++ = (char)(0xf0 | rune >> 18);
		*out++ = (char)(0x80 | (rune >> 12 & 0x3f));
		*out++ = (char)(0x80 | (rune >> 6 & 0x3f));
		*out++ = (char)(0x80 | (rune & 0x3f));
	}
	return out;
}

/* \xNN, \uNNNN, \UNNNNNNNN, *s being behind that letter. NULL: malformed. No escape is longer
 * decoded than it was written. */
static char *put_hex_escape(char *out, struct str *s, char kind)
{
	uint32_t n = kind == 'x' ? 2 : kind == 'u' ? 4 : 8, rune = 0;

	if (s->len < n)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		int d = hex_digit(s->p[i]);

		if (d < 0)
			return NULL;
		rune = rune << 4 | (uint32_t)d;
	}
	*s = (struct str){ s->p + n, s->len - n };
	if (kind != 'x')
		return rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000) ? NULL
									    : put_utf8(out, rune);
	*out = (char)rune;
	return out + 1;
}

/* What follows a backslash, by strconv.Unquote's rules. NULL: malformed. */
static char *put_escape(char *out, struct str *s)
{
	static const char letters[] = "abfnrtv\\\"", bytes[] = "\a\b\f\n\r\t\v\\\"";
	const char *at;
	char c;

	if (s->len == 0)
		return NULL;
	c = s->p[0];
	if (s->len >= 3 && c >= '0' && c <= '3' && is_octal(s->p[1]) && is_octal(s->p[2])) {
		*out = (char)((c - '0') << 6 | (s->p[1] - '0') << 3 | (s->p[2] - '0'));
		*s = (struct str){ s->p + 3, s->len - 3 };
		return out + 1;
	}
	*s = (struct str){ s->p + 1, s->len - 1 };
	if (c == 'x' || c == 'u' || c == 'U')
		return put_hex_escape(out, s, c);
	at = c ? strchr(letters, c) : NULL;
	if (!at)
		return NULL;
	*out = bytes[at - letters];
	return out + 1;
}

/* A quoted string cut off the front of *s and decoded into `out`, which has room for s->len. */
static bool take_quoted(struct str *s, char *out, struct str *ret)
{
	char quote = s->p[0], *start = out;

	*s = (struct str){ s->p + 1, s->len - 1 };
	while (s->len && s->p[0] != quote) {
		char c = s->p[0];

		*s = (struct str){ s->p + 1, s->len - 1 };
		if (c == '\\' && quote == '"') {
			out = put_escape(out, s);
			if (!out)
				return false;
		} else if (c != '\r' || quote == '"') { /* raw strings drop carriage returns */
			*out++ = c;
		}
	}
	if (s->len == 0)
		return false;
	*s = (struct str){ s->p + 1, s->len - 1 };
	*ret = (struct str){ start, (uint32_t)(out - start) };
	return true;
}

static bool is_quoted(struct str s)
{
	return s.len && (s.p[0] == '"' || s.p[0] == '`');
}

struct text {
	struct build *build;
	struct arena *arena;
	struct build_dep *deps, *last; /* last: the dep that a "=>" line belongs to */
	struct build_setting *settings;
	bool may_replace; /* the line before was a mod or a dep */
};

static bool parse_setting(struct str line, struct text *t)
{
	struct build_setting st;

	if (is_quoted(line)) {
		if (!take_quoted(&line, arena_alloc(t->arena, line.len), &st.key) ||
		    !take_prefix(&line, "="))
			return false;
	} else {
		if (!str_has(line, "="))
			return false;
		st.key = take_until(&line, '=');
	}
	st.value = line;
	if (st.key.len == 0)
		return false;
	if (is_quoted(line) &&
	    (!take_quoted(&line, arena_alloc(t->arena, line.len), &st.value) || line.len))
		return false;
	t->settings[t->build->n_settings++] = st;
	return true;
}

static bool parse_module(struct str line, struct str *ret_path, struct str *ret_version)
{
	if (!str_has(line, "\t"))
		return false;
	*ret_path = take_until(&line, '\t');
	*ret_version = take_until(&line, '\t');
	return !str_has(line, "\t"); /* only a checksum may follow */
}

static bool parse_replace(struct str line, struct text *t)
{
	struct str path, version;
	char *both;

	if (!t->may_replace || !parse_module(line, &path, &version))
		return false;
	t->may_replace = false;
	if (!t->last)
		return true; /* of the main module: names no dep */
	both = arena_alloc(t->arena, (size_t)path.len + 1 + version.len);
	memcpy(both, path.p, path.len);
	both[path.len] = ' ';
	memcpy(both + path.len + 1, version.p, version.len);
	t->last->replace = (struct str){ both, path.len + (version.len ? 1 + version.len : 0) };
	return true;
}

static bool parse_dep(struct str line, struct text *t)
{
	struct build_dep *d = &t->deps[t->build->n_deps];

	*d = (struct build_dep){ .replace = STR("") };
	if (!parse_module(line, &d->path, &d->version))
		return false;
	t->build->n_deps++;
	t->last = d;
	t->may_replace = true;
	return true;
}

static bool parse_line(struct str line, struct text *t)
{
	if (take_prefix(&line, "path\t")) {
		t->build->path = line;
		return true;
	}
	if (take_prefix(&line, "mod\t")) {
		t->last = NULL;
		t->may_replace = true;
		return parse_module(line, &t->build->module, &t->build->version);
	}
	if (take_prefix(&line, "dep\t"))
		return parse_dep(line, t);
	if (take_prefix(&line, "=>\t"))
		return parse_replace(line, t);
	if (take_prefix(&line, "build\t"))
		return parse_setting(line, t);
	return true; /* a later Go's new kind of line */
}

static int alloc_rows(struct str text, struct text *t, struct err *e)
{
	size_t n_deps = 0, n_settings = 0;

	while (text.len) {
		struct str line = take_until(&text, '\n');

		n_deps += str_starts(line, "dep\t");
		n_settings += str_starts(line, "build\t");
	}
	if (n_deps > BUILDINFO_DEPS_MAX || n_settings > BUILDINFO_SETTINGS_MAX)
		return err_set(e, -E2BIG,
			       "build info: %zu deps, %zu settings (at most %d and %d are read)",
			       n_deps, n_settings, BUILDINFO_DEPS_MAX, BUILDINFO_SETTINGS_MAX);
	t->deps = arena_alloc(t->arena, n_deps * sizeof(*t->deps));
	t->settings = arena_alloc(t->arena, n_settings * sizeof(*t->settings));
	t->build->deps = t->deps;
	t->build->settings = t->settings;
	return 0;
}

static void pick_vcs(struct build *b)
{
	for (size_t i = 0; i < b->n_settings; i++) {
		const struct build_setting *s = &b->settings[i];

		if (str_is(s->key, "vcs.revision"))
			b->vcs_revision = s->value;
		else if (str_is(s->key, "vcs.time"))
			b->vcs_time = s->value;
		else if (str_is(s->key, "vcs.modified") && str_is(s->value, "true"))
			b->vcs_modified = 1;
		else if (str_is(s->key, "vcs.modified") && str_is(s->value, "false"))
			b->vcs_modified = 0;
	}
}

static int parse_text(struct str text, struct text *t, struct err *e)
{
	int r = alloc_rows(text, t, e);

	if (r < 0)
		return r;
	for (unsigned int n = 1; text.len; n++) {
		if (!parse_line(take_until(&text, '\n'), t))
			return err_set(e, -EBADMSG, "build info: line %u is malformed", n);
	}
	pick_vcs(t->build);
	return 0;
}

/* Between the markers; empty if they are not there. */
static struct str unframe(struct str s)
{
	if (s.len <= 2 * FRAME_BYTES || s.p[s.len - FRAME_BYTES - 1] != '\n')
		return STR("");
	return (struct str){ s.p + FRAME_BYTES, s.len - 2 * FRAME_BYTES };
}

int parse_buildinfo(const void *blob, size_t len, struct arena *a, struct build *ret, struct err *e)
{
	struct str rest = { blob, len > BUILDINFO_MAX ? BUILDINFO_MAX : (uint32_t)len }, go, mod;
	struct build b = {
		.path = STR(""),
		.module = STR(""),
		.version = STR(""),
		.vcs_revision = STR(""),
		.vcs_time = STR(""),
		.vcs_modified = -1,
		.cgo = -1,
	};
	struct text t = { .build = &b, .arena = a };
	int r = take_version(&rest, &go, e);

	if (r < 0)
		return r;
	if (!take_string(&rest, &mod))
		return err_set(e, -EBADMSG, "build info: torn at the module text");
	b.go = arena_str(a, go);
	r = parse_text(arena_str(a, unframe(mod)), &t, e);
	if (r < 0)
		return r;
	*ret = b;
	return 0;
}

int parse_buildinfo_version(const void *blob, size_t len, struct str *ret, struct err *e)
{
	struct str rest = { blob, len > BUILDINFO_MAX ? BUILDINFO_MAX : (uint32_t)len };

	return take_version(&rest, ret, e);
}
