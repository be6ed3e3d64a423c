#include "collectors/parse/buildinfo.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/buf.h"

#define DIR "tests/fixtures/buildinfo/"

static void load(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	buf_init(b, 1 << 20);
	while ((n = fread(chunk, 1, sizeof(chunk), f)))
		assert_int_equal(buf_add(b, chunk, n), 0);
	fclose(f);
}

/* A blob as the linker writes it, around this module text. */
static void make(struct buf *b, const char *go, const char *text, size_t len)
{
	static const char header[32] = BUILDINFO_MAGIC "\x08\x02";
	size_t n = len + 32;
	unsigned char varint[3] = { (unsigned char)(0x80 | (n & 0x7f)),
				    (unsigned char)(0x80 | (n >> 7 & 0x7f)),
				    (unsigned char)(n >> 14) };

	buf_init(b, 4 << 20);
	buf_add(b, header, sizeof(header));
	buf_addf(b, "%c%s", (char)strlen(go), go);
	buf_add(b, varint, sizeof(varint));
	buf_adds(b, "0123456789abcdef");
	buf_add(b, text, len);
	buf_adds(b, "0123456789abcdef");
}

static int parse_text(const char *text, struct arena *a, struct build *ret, struct err *e)
{
	struct buf b;
	int r;

	make(&b, "go1.26.1", text, strlen(text));
	r = parse_buildinfo(b.ptr, b.len, a, ret, e);
	buf_release(&b);
	return r;
}

static void check_str(struct str got, const char *want)
{
	char s[512];

	snprintf(s, sizeof(s), "%.*s", (int)got.len, got.p);
	assert_string_equal(s, want);
}

static struct str setting(const struct build *b, const char *key)
{
	for (size_t i = 0; i < b->n_settings; i++) {
		if (str_is(b->settings[i].key, key))
			return b->settings[i].value;
	}
	return STR("(none)");
}

static void real_binaries_tell_what_go_version_m_tells(void **state)
{
	static const struct {
		const char *file, *go, *path, *module, *version;
		size_t n_deps, n_settings;
		int modified;
	} rows[] = {
		{ "etcd-3.4-go1.19.bin", "go1.19.8", "go.etcd.io/etcd", "", "", 0, 6, -1 },
		{ "net-go1.19.bin", "go1.19.8", "example.com/shop/net", "example.com/shop",
		  "(devel)", 0, 13, 0 },
		{ "net-go1.26.bin", "go1.26.8", "example.com/shop/net", "example.com/shop",
		  "v0.0.0-20261124035150-fa76cbb247be", 0, 12, 0 },
		{ "deps-go1.26.bin", "go1.26.8", "gmptop.test/services/paymentd",
		  "gmptop.test/services", "(devel)", 12, 11, -1 },
		{ "replaced-go1.26.bin", "go1.26.8-X:nogreenteagc", "example.com/shop",
		  "example.com/shop", "(devel)", 2, 9, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena a = { 0 };
		struct err e = { "" };
		struct build b;
		struct buf in;
		char path[256];

		snprintf(path, sizeof(path), DIR "%s", rows[i].file);
		load(&in, path);
		if (parse_buildinfo(in.ptr, in.len, &a, &b, &e) < 0)
			fail_msg("%s: %s", path, e.text);
		buf_release(&in); /* nothing borrows it */
		check_str(b.go, rows[i].go);
		check_str(b.path, rows[i].path);
		check_str(b.module, rows[i].module);
		check_str(b.version, rows[i].version);
		assert_int_equal(b.n_deps, rows[i].n_deps);
		assert_int_equal(b.n_settings, rows[i].n_settings);
		assert_int_equal(b.vcs_modified, rows[i].modified);
		assert_int_equal(b.cgo, -1);
		arena_release(&a);
	}
}

static void a_replaced_dep_keeps_its_own_name_and_tells_what_stands_for_it(void **state)
{
	struct arena a = { 0 };
	struct err e;
	struct build b;

	(void)state;
	assert_int_equal(parse_text("path\tm\nmod\tm\tv1.0.0\th1:x=\n"
				    "dep\ta.b/c\tv1.2.3\n=>\ta.b/fork\tv9.0.0\th1:y=\n"
				    "dep\ta.b/d\tv1.0.0\n=>\t../d\t(devel)\t\n"
				    "dep\ta.b/e\tv0.1.0\th1:z=\n",
				    &a, &b, &e),
			 0);
	assert_int_equal(b.n_deps, 3);
	check_str(b.deps[0].path, "a.b/c");
	check_str(b.deps[0].version, "v1.2.3");
	check_str(b.deps[0].replace, "a.b/fork v9.0.0");
	check_str(b.deps[1].replace, "../d (devel)");
	check_str(b.deps[2].path, "a.b/e");
	check_str(b.deps[2].replace, "");
	check_str(b.version, "v1.0.0");
	arena_release(&a);
}

static void settings_are_unquoted_as_strconv_does(void **state)
{
	static const struct {
		const char *line, *value;
	} rows[] = {
		{ "k=plain", "plain" },
		{ "k=", "" },
		{ "k=a=b", "a=b" },
		{ "k=\"a\\tb\\\"c\\\\d\\n\"", "a\tb\"c\\d\n" },
		{ "k=\"\\x41\\101\\u00e9\\U0001f600\"", "AA\xc3\xa9\xf0\x9f\x98\x80" },
		{ "k=`raw\\n`", "raw\\n" },
		{ "\"k\"=\"v w\"", "v w" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena a = { 0 };
		struct err e = { "" };
		struct build b;
		char text[256];

		snprintf(text, sizeof(text), "build\t%s\n", rows[i].line);
		if (parse_text(text, &a, &b, &e) < 0)
			fail_msg("%s: %s", rows[i].line, e.text);
		check_str(setting(&b, "k"), rows[i].value);
		arena_release(&a);
	}
}

static void version_control_settings_are_also_fields(void **state)
{
	struct arena a = { 0 };
	struct err e;
	struct build b;

	(void)state;
	assert_int_equal(parse_text("build\tvcs=git\nbuild\tvcs.revision=fa76cbb\n"
				    "build\tvcs.time=2026-11-24T03:51:50Z\n"
				    "build\tvcs.modified=true\n",
				    &a, &b, &e),
			 0);
	check_str(b.vcs_revision, "fa76cbb");
	check_str(b.vcs_time, "2026-11-24T03:51:50Z");
	assert_int_equal(b.vcs_modified, 1);
	check_str(setting(&b, "vcs.revision"), "fa76cbb");
	arena_release(&a);
}

static void malformed_lines_are_refused_with_their_number(void **state)
{
	static const char *const lines[] = {
		"mod\tonly-a-path",	"dep\tonly-a-path",   "dep\ta\tv1\th\tmore",
		"=>\ta\tv1\th",		"build\tno-value",    "build\t=v",
		"build\tk=\"open",	"build\tk=\"a\"tail", "build\tk=\"\\q\"",
		"build\tk=\"\\ud800\"", "build\tk=\"\\xg0\"", "build\t\"k\"v",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct arena a = { 0 };
		struct err e = { "" };
		struct build b;
		char text[256];

		snprintf(text, sizeof(text), "path\tm\n%s\n", lines[i]);
		if (parse_text(text, &a, &b, &e) != -EBADMSG)
			fail_msg("accepted: %s", lines[i]);
		assert_string_equal(e.text, "build info: line 2 is malformed");
		arena_release(&a);
	}
}

static void lines_of_a_later_go_are_passed_over(void **state)
{
	struct arena a = { 0 };
	struct err e;
	struct build b;

	(void)state;
	assert_int_equal(parse_text("path\tm\nnovelty\tx\nbuild\tk=v\n", &a, &b, &e), 0);
	check_str(setting(&b, "k"), "v");
	arena_release(&a);
}

static void a_blob_cut_anywhere_in_its_strings_is_torn(void **state)
{
	struct arena a = { 0 };
	struct err e;
	struct build b;
	struct buf in;

	(void)state;
	make(&in, "go1.26.1", "path\tm\n", 7);
	for (size_t n = 0; n < in.len; n++) {
		char *exact = malloc(n ? n : 1); /* so that a sanitizer sees a byte too many */

		memcpy(exact, in.ptr, n);
		assert_int_equal(parse_buildinfo(exact, n, &a, &b, &e), -EBADMSG);
		free(exact);
	}
	assert_int_equal(parse_buildinfo(in.ptr, in.len, &a, &b, &e), 0);
	buf_release(&in);
	arena_release(&a);
}

static void an_unframed_module_text_counts_as_none(void **state)
{
	static const char blob[] = BUILDINFO_MAGIC "\x08\x02"
						   "0123456789abcdef"
						   "\x06go1.18\x07path\tm\n";
	struct arena a = { 0 };
	struct err e;
	struct build b;

	(void)state;
	assert_int_equal(parse_buildinfo(blob, sizeof(blob) - 1, &a, &b, &e), 0);
	check_str(b.go, "go1.18");
	check_str(b.path, "");
	arena_release(&a);
}

static void the_pointer_form_is_named_as_an_old_go(void **state)
{
	static const char blob[64] = BUILDINFO_MAGIC "\x08\x00";
	struct arena a = { 0 };
	struct err e;
	struct build b;

	(void)state;
	assert_int_equal(parse_buildinfo(blob, sizeof(blob), &a, &b, &e), -ENOTSUP);
	assert_string_equal(e.text, "build info: built with Go before 1.18");
	arena_release(&a);
}

static void more_deps_than_the_limit_are_refused(void **state)
{
	struct arena a = { 0 };
	struct buf text, in;
	struct err e;
	struct build b;

	(void)state;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < BUILDINFO_DEPS_MAX; i++)
		buf_addf(&text, "dep\ta.b/%d\tv1.0.0\n", i);
	make(&in, "go1.26.1", text.ptr, text.len);
	assert_int_equal(parse_buildinfo(in.ptr, in.len, &a, &b, &e), 0);
	assert_int_equal(b.n_deps, BUILDINFO_DEPS_MAX);
	check_str(b.deps[BUILDINFO_DEPS_MAX - 1].path, "a.b/4095");
	buf_release(&in);
	buf_adds(&text, "dep\tone/more\tv1.0.0\n");
	make(&in, "go1.26.1", text.ptr, text.len);
	assert_int_equal(parse_buildinfo(in.ptr, in.len, &a, &b, &e), -E2BIG);
	buf_release(&in);
	buf_release(&text);
	arena_release(&a);
}

static void the_version_alone_needs_only_the_first_bytes(void **state)
{
	struct err e;
	struct str go;
	struct buf in;

	(void)state;
	load(&in, DIR "replaced-go1.26.bin");
	assert_int_equal(parse_buildinfo_version(in.ptr, 64, &go, &e), 0);
	check_str(go, "go1.26.8-X:nogreenteagc");
	buf_release(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_binaries_tell_what_go_version_m_tells),
		cmocka_unit_test(a_replaced_dep_keeps_its_own_name_and_tells_what_stands_for_it),
		cmocka_unit_test(settings_are_unquoted_as_strconv_does),
		cmocka_unit_test(version_control_settings_are_also_fields),
		cmocka_unit_test(malformed_lines_are_refused_with_their_number),
		cmocka_unit_test(lines_of_a_later_go_are_passed_over),
		cmocka_unit_test(a_blob_cut_anywhere_in_its_strings_is_torn),
		cmocka_unit_test(an_unframed_module_text_counts_as_none),
		cmocka_unit_test(the_pointer_form_is_named_as_an_old_go),
		cmocka_unit_test(more_deps_than_the_limit_are_refused),
		cmocka_unit_test(the_version_alone_needs_only_the_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
