/* gmptop docs: the man page, the field reference and the JSON schema, printed from the program's
 * own tables, so that they cannot say anything else than the program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/jsonw.h"
#include "core/field.h"
#include "core/sample.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/keys.h"
#include "tui/view.h"

enum { SCHEMA_MAX = 1 << 20 };

/* ---- fields.md ---- */

static const char *type_words(const struct field *f)
{
	static const char *const names[] = {
		[FIELD_NUM] = "number",
		[FIELD_TEXT] = "text",
		[FIELD_FLAG] = "true or false",
		[FIELD_ID] = "id",
	};

	return names[f->type];
}

static void put_metrics(const struct field *f)
{
	for (size_t i = 0; i < FIELD_METRICS_MAX && f->metrics[i]; i++)
		printf("%s`%s`", i ? ", " : " ", f->metrics[i]);
}

static void put_fields(void)
{
	printf("# What each field is\n\n"
	       "Printed by `gmptop docs fields` from the table that columns, JSON keys and help "
	       "come from. A value\n"
	       "that is not known is absent in JSON and `-` on screen. The last column names the "
	       "metrics that give\n"
	       "a value where no better source does; the first that a page has counts.\n");
	for (size_t i = 0; i < n_tables; i++) {
		const struct table *t = tables[i];

		printf("\n## %s (`%s%s`)\n\n%c%s.\n\n| field | is | unit | what | metrics "
		       "|\n|---|---|---|---|---|\n",
		       t->title, t->key, t->rows ? "[]" : "",
		       t->help[0] >= 'a' ? t->help[0] - 32 : t->help[0], t->help + 1);
		for (size_t k = 0; k < t->n_fields; k++) {
			const struct field *f = &t->fields[k];

			printf("| %s%s%s | %s | %s | %s |", f->screen_only ? "" : "`",
			       f->screen_only ? f->title ? f->title : f->key : f->key,
			       f->screen_only ? "" : "`", type_words(f), unit_suffix(f->unit),
			       f->help);
			put_metrics(f);
			printf(" |\n");
		}
	}
}

/* ---- the JSON schema ---- */

static void put_type(struct jsonw *w, const char *key, const char *type, const char *help)
{
	jsonw_open(w, key, '{');
	jsonw_text(w, "type", type);
	jsonw_text(w, "description", help);
	jsonw_close(w, '}');
}

static void schema_field(struct jsonw *w, const struct field *f)
{
	static const char *const types[] = {
		[FIELD_NUM] = "number",
		[FIELD_TEXT] = "string",
		[FIELD_FLAG] = "boolean",
		[FIELD_ID] = "string",
	};

	put_type(w, f->key, types[f->type], f->help);
}

/* "$ref" to one of the definitions, alone or as the items of an array. */
static void schema_ref(struct jsonw *w, const char *key, const char *to, bool array)
{
	char ref[64];

	snprintf(ref, sizeof(ref), "#/$defs/%s", to);
	jsonw_open(w, key, '{');
	if (array) {
		jsonw_text(w, "type", "array");
		jsonw_open(w, "items", '{');
	}
	jsonw_text(w, "$ref", ref);
	if (array)
		jsonw_close(w, '}');
	jsonw_close(w, '}');
}

static void schema_map(struct jsonw *w, const char *key, const char *type)
{
	jsonw_open(w, key, '{');
	jsonw_text(w, "type", "object");
	jsonw_open(w, "additionalProperties", '{');
	jsonw_text(w, "type", type);
	jsonw_close(w, '}');
	jsonw_close(w, '}');
}

static void schema_array(struct jsonw *w, const char *key, const char *type)
{
	jsonw_open(w, key, '{');
	jsonw_text(w, "type", "array");
	jsonw_open(w, "items", '{');
	jsonw_text(w, "type", type);
	jsonw_close(w, '}');
	jsonw_close(w, '}');
}

static void schema_enum(struct jsonw *w, const char *key, const char *const *words)
{
	jsonw_open(w, key, '{');
	jsonw_open(w, "enum", '[');
	for (; *words; words++)
		jsonw_text(w, NULL, *words);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

/* What core/json.c writes beside the table's own fields. */
static void schema_extra(struct jsonw *w, const struct table *t)
{
	if (t == &table_groups || t == &table_leaks) {
		schema_ref(w, "created_by", "frame", false);
		schema_ref(w, "entry", "frame", false);
	}
	if (t == &table_groups) {
		schema_ref(w, "stack", "frame", true);
		schema_map(w, "labels", "string");
		schema_ref(w, "states", "state", true);
		schema_array(w, "ages", "number");
	} else if (t == &table_sched) {
		schema_ref(w, "latency", "latency", false);
		schema_ref(w, "ps", "ps", true);
		schema_ref(w, "ms", "ms", true);
	} else if (t == &table_latency) {
		put_type(w, "source", "string", "whose histogram it is");
	} else if (t == &table_memory) {
		put_type(w, "gc_phase", "string", "off, mark or mark termination");
	} else if (t == &table_leaks) {
		schema_ref(w, "site", "frame", false);
		schema_array(w, "evidence", "string");
	} else if (t == &table_profiles) {
		put_type(w, "time", "string", "when it was taken, RFC 3339");
		put_type(w, "unix_ns", "integer", "when it was taken");
		schema_ref(w, "types", "profile_type", true);
		schema_ref(w, "sites", "sites", true);
	} else if (t == &table_sites) {
		schema_ref(w, "by_type", "site_value", true);
	} else if (t == &table_requests) {
		schema_map(w, "status", "number");
	} else if (t == &table_findings) {
		put_type(w, "onset", "string", "when it began, RFC 3339");
	} else if (t == &table_goroutines) {
		put_type(w, "source", "string", "whose total it is");
		schema_map(w, "by_state", "number");
		schema_ref(w, "groups", "groups", true);
		put_type(w, "groups_total", "integer",
			 "how many groups there are, when the list is cut");
	}
}

static void schema_words(struct jsonw *w, const struct table *t, const struct field *f,
			 bool *ret_done)
{
	static const char *const states[] = { "ok", "absent", "denied", "failed", "off", NULL };
	static const char *const names[] = { "memory", "bpf",	  "proc",	"pprof", "metrics",
					     "expvar", "hystrix", "prometheus", NULL };
	static const char *const breakers[] = { "closed", "half_open", "open", "unknown", NULL };
	static const char *const grades[] = { "proven", "strong", "weak", NULL };
	static const char *const layers[] = { "kernel",	    "runtime",	 "app",
					      "dependency", "inference", NULL };
	const struct {
		const struct table *table;
		const char *key;
		const char *const *words;
	} closed[] = {
		{ &table_sources, "state", states },	{ &table_sources, "name", names },
		{ &table_breakers, "state", breakers }, { &table_leaks, "grade", grades },
		{ &table_findings, "layer", layers },
	};

	*ret_done = false;
	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++) {
		if (closed[i].table == t && strcmp(closed[i].key, f->key) == 0) {
			schema_enum(w, f->key, closed[i].words);
			*ret_done = true;
		}
	}
}

static const char *const *required_of(const struct table *t)
{
	static const char *const source[] = { "name", "state", NULL };
	static const char *const group[] = { "id", "count", "state", "stack", NULL };
	static const char *const leak[] = { "grade", "score", "group", "count", "evidence", NULL };
	static const char *const breaker[] = { "name", "state", "source", NULL };
	static const char *const finding[] = { "onset", "layer", "source", "signal",
					       "score", "text",	 "view",   NULL };
	static const char *const goroutines[] = { "total", "source", NULL };
	static const char *const profile[] = { "kind", NULL };
	static const char *const site[] = { "func", NULL };
	static const char *const none[] = { NULL };

	return t == &table_sources	? source
	       : t == &table_groups	? group
	       : t == &table_leaks	? leak
	       : t == &table_breakers	? breaker
	       : t == &table_findings	? finding
	       : t == &table_goroutines ? goroutines
	       : t == &table_profiles	? profile
	       : t == &table_sites	? site
					: none;
}

static void schema_required(struct jsonw *w, const char *const *words)
{
	if (!*words)
		return;
	jsonw_open(w, "required", '[');
	for (; *words; words++)
		jsonw_text(w, NULL, *words);
	jsonw_close(w, ']');
}

static void schema_table(struct jsonw *w, const struct table *t)
{
	jsonw_open(w, t->key, '{');
	jsonw_text(w, "type", "object");
	jsonw_text(w, "description", t->help);
	schema_required(w, required_of(t));
	jsonw_open(w, "properties", '{');
	for (size_t i = 0; i < t->n_fields; i++) {
		bool done;

		if (t->fields[i].screen_only)
			continue;
		schema_words(w, t, &t->fields[i], &done);
		if (!done)
			schema_field(w, &t->fields[i]);
	}
	schema_extra(w, t);
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
}

static void schema_frame(struct jsonw *w)
{
	jsonw_open(w, "frame", '{');
	jsonw_text(w, "type", "object");
	schema_required(w, (const char *const[]){ "func", NULL });
	jsonw_open(w, "properties", '{');
	put_type(w, "func", "string", "as in Go's traceback");
	put_type(w, "file", "string", NULL);
	put_type(w, "line", "integer", NULL);
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
}

static void schema_state(struct jsonw *w)
{
	jsonw_open(w, "state", '{');
	jsonw_text(w, "type", "object");
	jsonw_text(w, "description",
		   "what some goroutines of a group do, where not all do the same");
	schema_required(w, (const char *const[]){ "state", "count", NULL });
	jsonw_open(w, "properties", '{');
	put_type(w, "state", "string", "wait reason in Go's own words");
	put_type(w, "count", "number", NULL);
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
}

static void schema_profile(struct jsonw *w)
{
	jsonw_open(w, "profile_type", '{');
	jsonw_text(w, "type", "object");
	schema_required(w, (const char *const[]){ "name", "unit", "total", NULL });
	jsonw_open(w, "properties", '{');
	put_type(w, "name", "string", "inuse_space, cpu, …: as the profile names it");
	put_type(w, "unit", "string", "bytes, nanoseconds, count, …");
	put_type(w, "total", "number", "of all samples, in the unit");
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
	jsonw_open(w, "site_value", '{');
	jsonw_text(w, "type", "object");
	schema_required(w, (const char *const[]){ "name", "flat", "cum", NULL });
	jsonw_open(w, "properties", '{');
	put_type(w, "name", "string", "of the type");
	put_type(w, "flat", "number", "of the function itself, in the type's unit");
	put_type(w, "cum", "number", "of the function and what it called");
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
}

static void schema_build(struct jsonw *w)
{
	jsonw_open(w, "build", '{');
	jsonw_text(w, "type", "object");
	schema_required(w, (const char *const[]){ "go", "stripped", "settings", "deps", NULL });
	jsonw_open(w, "properties", '{');
	put_type(w, "go", "string", "the toolchain, with its experiments");
	put_type(w, "module", "string", "the main module's path, else the main package's");
	put_type(w, "version", "string", "of the main module");
	put_type(w, "vcs_revision", "string", NULL);
	put_type(w, "vcs_time", "string", NULL);
	put_type(w, "vcs_modified", "boolean", "built from a changed work tree");
	put_type(w, "stripped", "boolean", "no symbol table");
	put_type(w, "cgo", "boolean", "runtime/cgo is linked in");
	schema_map(w, "settings", "string");
	put_type(w, "deps", "array", "path, version and, when replaced, by what");
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
}

/* Those that stand within another object. */
static bool is_nested(const struct table *t)
{
	return t == &table_groups || t == &table_latency || t == &table_ps || t == &table_ms ||
	       t == &table_sites;
}

static void schema_target(struct jsonw *w)
{
	jsonw_open(w, "target", '{');
	jsonw_text(w, "type", "object");
	schema_required(w, (const char *const[]){ "name", "sources", NULL });
	jsonw_open(w, "properties", '{');
	put_type(w, "name", "string",
		 "NAME of NAME=TARGET, else the executable's base name, else host:port");
	put_type(w, "pid", "integer", NULL);
	put_type(w, "url", "string", "the address that answered");
	schema_ref(w, "build", "build", false);
	put_type(w, "uptime_s", "number", NULL);
	jsonw_open(w, "health", '{');
	jsonw_text(w, "type", "object");
	jsonw_open(w, "properties", '{');
	put_type(w, "url", "string", "path of the health endpoint");
	put_type(w, "status", "integer", "HTTP status");
	put_type(w, "ms", "number", "how long it took");
	jsonw_close(w, '}');
	jsonw_close(w, '}');
	for (size_t i = 0; i < n_tables; i++) {
		if (!is_nested(tables[i]))
			schema_ref(w, tables[i]->key, tables[i]->key, tables[i]->rows);
	}
	jsonw_close(w, '}');
	jsonw_bool(w, "additionalProperties", false);
	jsonw_close(w, '}');
}

static void put_schema(void)
{
	struct buf out;
	struct jsonw w = { .out = &out };

	buf_init(&out, SCHEMA_MAX);
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	jsonw_text(&w, "title", "gmptop once --json, gmptop stream");
	jsonw_text(&w, "type", "object");
	schema_required(&w, (const char *const[]){ "schema", "time", "unix_ns", "targets", NULL });
	jsonw_open(&w, "properties", '{');
	put_type(&w, "schema", "integer", "grows only by adding");
	put_type(&w, "time", "string", "when the values were read, RFC 3339");
	put_type(&w, "unix_ns", "integer", "the same, exactly");
	schema_ref(&w, "targets", "target", true);
	jsonw_close(&w, '}');
	jsonw_bool(&w, "additionalProperties", false);
	jsonw_open(&w, "$defs", '{');
	schema_target(&w);
	schema_build(&w);
	schema_frame(&w);
	schema_state(&w);
	schema_profile(&w);
	for (size_t i = 0; i < n_tables; i++)
		schema_table(&w, tables[i]);
	jsonw_close(&w, '}');
	jsonw_close(&w, '}');
	puts(buf_str(&out));
	buf_release(&out);
}

/* ---- the man page: the text in docs/gmptop.1.in with @LISTS@ filled in ---- */

static void roff(const char *s)
{
	for (; *s; s++) {
		if (*s == '-' || *s == '\\')
			putchar('\\');
		putchar(*s == '\\' ? 'e' : *s);
	}
}

static void man_options(void)
{
	for (size_t i = 0; i < n_options; i++) {
		printf(".TP\n.BI \\-\\-");
		roff(option_table[i].name);
		if (option_table[i].arg)
			printf(" \" %s\"", option_table[i].arg);
		putchar('\n');
		roff(option_table[i].help);
		putchar('\n');
	}
}

static void man_commands(void)
{
	for (size_t i = 0; i < n_commands; i++) {
		printf(".TP\n.B gmptop %s%s", commands[i]->name, commands[i]->name[0] ? " " : "");
		roff(commands[i]->args);
		putchar('\n');
		roff(commands[i]->help);
		putchar('\n');
	}
}

static void man_keys(void)
{
	char name[KEY_NAME_MAX];

	for (size_t i = 0; i < n_keys; i++) {
		printf(".TP\n.B ");
		for (int k = 0; k < KEYS_PER_ENTRY && key_table[i].keys[k]; k++) {
			printf("%s", k ? ", " : "");
			roff(key_text(key_table[i].keys[k], name));
		}
		putchar('\n');
		roff(key_table[i].help);
		putchar('\n');
	}
}

static void man_views(void)
{
	for (size_t i = 0; i < VIEW_COUNT; i++) {
		printf(".TP\n.B ");
		roff(views[i]->title);
		putchar('\n');
		roff(views[i]->help);
		putchar('\n');
	}
}

static int put_man(const char *path)
{
	static const struct {
		const char *mark;
		void (*put)(void);
	} marks[] = {
		{ "@OPTIONS@\n", man_options },
		{ "@COMMANDS@\n", man_commands },
		{ "@KEYS@\n", man_keys },
		{ "@VIEWS@\n", man_views },
	};
	char line[1024];
	FILE *f = fopen(path, "re");

	if (!f) {
		app_complain("%s: %s", path, strerror(errno));
		return EXIT_USAGE;
	}
	while (fgets(line, sizeof(line), f)) {
		size_t i = 0, n = sizeof(marks) / sizeof(*marks);

		while (i < n && strcmp(line, marks[i].mark) != 0)
			i++;
		if (i < n)
			marks[i].put();
		else
			fputs(line, stdout);
	}
	fclose(f);
	return 0;
}

static int docs_run(const struct options *o)
{
	const char *what = o->targets[0];

	if (strcmp(what, "fields") == 0)
		put_fields();
	else if (strcmp(what, "schema") == 0)
		put_schema();
	else if (strcmp(what, "man") == 0 && o->n_targets == 2)
		return put_man(o->targets[1]);
	else
		app_complain("docs: fields, schema, or man FILE.in");
	return 0;
}

const struct command command_docs = {
	.name = "docs",
	.args = "fields|schema|man FILE",
	.help = "the reference of all fields, the JSON schema, the man page",
	.min_targets = 1,
	.max_targets = 2,
	.run = docs_run,
};
