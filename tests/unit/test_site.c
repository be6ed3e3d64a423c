/* Which frame of a stack is named to a person, and how. */
#include "tests/unit/model_kit.h"

#include "core/site.h"

static void go_s_own_packages_are_told_from_others(void **state)
{
	static const struct {
		const char *func;
		bool std;
	} rows[] = {
		{ "runtime.gopark", true },
		{ "runtime/cgo.Handle.Value", true },
		{ "net/http.(*conn).serve", true },
		{ "net/http.(*Server).Serve.gowrap1", true },
		{ "sync.(*Mutex).Lock", true },
		{ "time.Sleep", true },
		{ "internal/poll.(*FD).Read", true },
		{ "math/rand/v2.Int", true },
		{ "log/slog.(*Logger).Info", true },
		{ "vendor/golang.org/x/net/http2/hpack.(*Decoder).Write", true },
		{ "slices.SortFunc[go.shape.[]example.com/x.T]", true },
		{ "sync.(*Map[example.com/x.K]).Load", true },
		{ "main.main", false },
		{ "main.(*ledger).post", false },
		{ "example.com/pay/client.(*Client).do", false },
		{ "golang.org/x/sync/errgroup.(*Group).Go.func1", false },
		{ "google.golang.org/grpc.(*Server).Serve", false },
		{ "go.uber.org/zap.(*Logger).Info", false },
		{ "gopkg.in/yaml%2ev3.Unmarshal", false },
		{ "payment/internal/db.Open", false },
		{ "runtimes.f", false },
		{ "netx/http.f", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (func_is_std(str_of(rows[i].func)) != rows[i].std)
			fail_msg("%s", rows[i].func);
	}
}

static void a_site_is_file_line_and_function_without_directories(void **state)
{
	static const struct {
		const char *func, *file;
		uint32_t line;
		const char *starts, *ends;
	} rows[] = {
		{ "example.com/pay/client.(*Client).do", "/src/pay/client/client.go", 88,
		  "client.go:88 ", "(*Client).do" },
		{ "main.main", "main.go", 7, "main.go:7 ", "main" },
		{ "example.com/x.(*T[example.com/y.Z]).do", "/a/b.go", 1, "b.go:1 ",
		  "(*T[example.com/y.Z]).do" },
		{ "example.com/x.F", "", 0, "x.F", "x.F" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct frame f = { str_of(rows[i].func), str_of(rows[i].file), rows[i].line };
		char *text = site_text(&f);

		if (!str_starts(str_of(text), rows[i].starts) ||
		    !str_ends(str_of(text), rows[i].ends) || strstr(text, "src/"))
			fail_msg("%s", text);
		free(text);
	}
}

static void a_group_is_named_by_the_first_frame_that_is_not_go_s_own(void **state)
{
	static const struct {
		const char *group, *site, *root, *started;
	} rows[] = {
		{ "1 select: runtime.gopark < runtime.selectgo < example.com/a.(*P).run < "
		  "example.com/a.Start.func1",
		  "example.com/a.(*P).run", "example.com/a.Start.func1", "in " },
		{ "1 IO wait: runtime.gopark < internal/poll.(*FD).Read < net/http.(*conn).serve",
		  NULL, "net/http.(*conn).serve", "in " },
		{ "1 running: main.main < runtime.main", "main.main", "main.main", "in " },
		{ "1 select: runtime.gopark < main.f by main.start", "main.f", "main.f",
		  "app.go:7 " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct group_row *r;
		struct kit k;

		kit_start(&k, true);
		kit_groups(&k, 1, rows[i].group);
		r = k.t->groups[0];
		assert_int_equal(r->site_frame != NULL, rows[i].site != NULL);
		if (rows[i].site)
			assert_true(str_is(r->site_frame->func, rows[i].site));
		assert_non_null(r->site);
		assert_true(str_is(r->root_frame->func, rows[i].root));
		assert_true(str_starts(str_of(r->started), rows[i].started));
		kit_end(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(go_s_own_packages_are_told_from_others),
		cmocka_unit_test(a_site_is_file_line_and_function_without_directories),
		cmocka_unit_test(a_group_is_named_by_the_first_frame_that_is_not_go_s_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
