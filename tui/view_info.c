#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/pager.h"
#include "tui/view.h"

enum { LABEL_COLS = 14 };

static void heading(struct pager *p, const char *text)
{
	if (p->line)
		pager_gap(p);
	pager_text(p, STYLE_BOLD, text);
}

static void pair(struct pager *p, const char *label, struct str value)
{
	struct draw d = pager_line(p);

	draw_text(&d, 0, 2, LABEL_COLS, STYLE_DIM, label);
	draw_str(&d, 0, 2 + LABEL_COLS, -1, STYLE_NORMAL, value.len ? value : STR("-"));
}

static const char *yes_no(int flag, const char *yes, const char *no)
{
	return flag < 0 ? "-" : flag ? yes : no;
}

/* A version that names no release: "v0.0.0-20240102150405-0123456789ab". */
static bool is_pseudo_version(struct str v)
{
	const char *dash = v.len ? memrchr(v.p, '-', v.len) : NULL;
	uint32_t digits = 0;

	if (!dash || v.p + v.len - dash - 1 != 12)
		return false;
	while (dash - 1 - digits > v.p && dash[-1 - (int)digits] >= '0' &&
	       dash[-1 - (int)digits] <= '9')
		digits++;
	return digits == 14;
}

static void draw_dep(struct pager *p, const struct build_dep *dep)
{
	bool pseudo = is_pseudo_version(dep->version);
	struct draw d;
	int col = 2;

	if (!dep->replace.len && !pseudo)
		return;
	d = pager_line(p);
	col += draw_str(&d, 0, col, -1, STYLE_NORMAL, dep->path) + 1;
	col += draw_str(&d, 0, col, -1, STYLE_DIM, dep->version) + 1;
	if (dep->replace.len) {
		col += draw_text(&d, 0, col, -1, STYLE_WARN, "replaced by") + 1;
		draw_str(&d, 0, col, -1, STYLE_NORMAL, dep->replace);
	} else {
		draw_text(&d, 0, col, -1, STYLE_WARN, "no release (pseudo-version)");
	}
}

static void draw_deps(struct pager *p, const struct build *b)
{
	size_t replaced = 0, pseudo = 0;

	for (size_t i = 0; i < b->n_deps; i++) {
		replaced += b->deps[i].replace.len > 0;
		pseudo += !b->deps[i].replace.len && is_pseudo_version(b->deps[i].version);
	}
	heading(p, "Modules");
	pager_textf(p, STYLE_NORMAL, "  %zu in the build, %zu replaced, %zu without a release",
		    b->n_deps, replaced, pseudo);
	for (size_t i = 0; i < b->n_deps; i++)
		draw_dep(p, &b->deps[i]);
}

static void draw_build(struct pager *p, const struct build *b)
{
	char text[256];

	heading(p, "Build");
	pair(p, "module", b->module.len ? b->module : b->path);
	pair(p, "version", b->version);
	pair(p, "revision", b->vcs_revision);
	pair(p, "work tree",
	     str_of(yes_no(b->vcs_modified, "DIRTY: built with changes that are not committed",
			   "clean")));
	pair(p, "committed", b->vcs_time);
	pair(p, "Go", b->go);
	pair(p, "symbols", str_of(b->stripped ? "stripped" : "present"));
	pair(p, "cgo", str_of(yes_no(b->cgo, "linked in", "no")));
	heading(p, "Build settings");
	for (size_t i = 0; i < b->n_settings; i++) {
		snprintf(text, sizeof(text), "%.*s", (int)b->settings[i].key.len,
			 b->settings[i].key.p);
		pair(p, text, b->settings[i].value);
	}
	if (b->n_settings == 0)
		pager_text(p, STYLE_DIM, "  none recorded");
	draw_deps(p, b);
}

static void draw_source(struct pager *p, const struct source_row *s, const char *note)
{
	enum { NAME = 2, STATE = 14, AGE = 22, DETAIL = 31 };
	bool ok = s->state && strcmp(s->state, "ok") == 0,
	     off = s->state && (strcmp(s->state, "off") == 0 || strcmp(s->state, "absent") == 0);
	int row = p->line - p->top;

	if (row >= 0) {
		draw_text(&p->d, row, NAME, STATE - NAME - 1, STYLE_NORMAL, s->name);
		draw_text(&p->d, row, STATE, AGE - STATE - 1,
			  ok	? STYLE_OK
			  : off ? STYLE_DIM
				: STYLE_ALARM,
			  s->state);
		draw_num(&p->d, row, AGE, DETAIL - AGE - 2, STYLE_NORMAL, s->age_ms, UNIT_MS);
	}
	pager_wrap(p, DETAIL, STYLE_NORMAL, s->detail ? s->detail : note);
}

static void draw_sources(struct pager *p, const struct view *v)
{
	heading(p, "Sources           state     age  why, and what would fix it");
	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct source_row s = target_source_row(v->t, (enum source)i, v->ui->now_ns);

		draw_source(p, &s, v->t->sources[i].note);
	}
}

static void draw_address(struct pager *p, const struct view *v)
{
	const struct target *t = v->t;
	char text[256];

	heading(p, "Target");
	pair(p, "asked for", str_of(t->asked ? t->asked : ""));
	pair(p, "address", str_of(t->url ? t->url : ""));
	if (t->health.status) {
		snprintf(text, sizeof(text), "%.*s answers %d", (int)t->health.path.len,
			 t->health.path.len ? t->health.path.p : "", t->health.status);
		pair(p, "health", str_of(text));
	} else if (t->by_server) {
		pair(p, "health", STR("not asked: it is seen through a server only"));
	} else {
		pair(p, "health", STR("no health endpoint answered"));
	}
}

static void draw(const struct view *v, struct draw *d)
{
	struct pager p = { .d = draw_box(d, 0, 1, d->h, d->w - 2), .top = v->sel->detail_top };

	draw_address(&p, v);
	draw_sources(&p, v);
	if (v->t->build) {
		draw_build(&p, v->t->build);
	} else {
		heading(&p, "Build");
		pager_wrap(&p, 2, STYLE_DIM,
			   "not known: it is read from the process's own file, which needs a local "
			   "process");
	}
	pager_end(&p, &v->sel->detail_top);
}

const struct view_ops info_view = {
	.title = "Info",
	.help = "how the process was built, where its values come from, and what each source says",
	.draw = draw,
};
