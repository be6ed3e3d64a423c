#include "collectors/gort/layout.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "collectors/gort/layout_table.h"
#include "core/base/str.h"

enum { MINOR_OLDEST = 19 };

/* The experiments that move a field of ours in some Go from 1.19 to 1.27, with or without a "no":
 * those on which a build tag or an array length in src/runtime depends. The others change code. */
static const char *const movers[] = {
	"exectracer2", "greenteagc", "pagetrace", "spinbitmutex", "staticlockranking",
};

struct version {
	int minor, patch;
	bool development;
	struct str mover; /* the experiment that moves fields; empty: none */
	bool more_movers;
};

static bool take_number(const char **s, int *ret)
{
	int n = 0;

	if (!isdigit((unsigned char)**s))
		return false;
	for (; isdigit((unsigned char)**s); (*s)++)
		n = n < 10000 ? n * 10 + (**s - '0') : n;
	*ret = n;
	return true;
}

static bool moves_fields(struct str experiment)
{
	if (str_starts(experiment, "no"))
		experiment = (struct str){ experiment.p + 2, experiment.len - 2 };
	for (size_t i = 0; i < sizeof(movers) / sizeof(movers[0]); i++)
		if (str_is(experiment, movers[i]))
			return true;
	return false;
}

/* "greenteagc,jsonv2 and whatever follows" */
static void parse_experiments(const char *list, struct version *v)
{
	while (*list && *list != ' ') {
		size_t n = strcspn(list, ", ");
		struct str name = { list, (uint32_t)n };

		if (moves_fields(name)) {
			v->more_movers = v->mover.len > 0;
			v->mover = name;
		}
		list += n;
		list += *list == ',';
	}
}

/* Go up to 1.25 writes " X:" before the experiments, later ones "-X:"; vendors put words of their
 * own in between. False: not a version. */
static bool parse_version(const char *s, struct version *ret)
{
	struct version v = { 0 };
	const char *experiments;
	int major;

	if (strncmp(s, "devel ", 6) == 0) {
		v.development = true;
		s += 6;
	}
	if (strncmp(s, "go", 2) != 0)
		return false;
	s += 2;
	if (!take_number(&s, &major) || *s != '.' || major < 1)
		return false;
	s++;
	if (!take_number(&s, &v.minor))
		return false;
	if (major > 1)
		v.minor = INT_MAX;
	if (*s == '.') {
		s++;
		take_number(&s, &v.patch);
	}
	if (strncmp(s, "beta", 4) == 0 || strstr(s, "devel"))
		v.development = true;
	experiments = strstr(s, "X:");
	if (experiments && (experiments[-1] == ' ' || experiments[-1] == '-'))
		parse_experiments(experiments + 2, &v);
	*ret = v;
	return true;
}

/* The last row of this architecture and experiment that is not after the version. */
static const struct layout *row_before(const struct version *v, enum layout_arch arch,
				       struct str experiment)
{
	const struct layout *best = NULL;

	for (size_t i = 0; i < layout_table_rows; i++) {
		const struct layout *l = &layout_table[i];

		if (l->arch != arch || !str_is(experiment, l->experiment))
			continue;
		if (l->minor < v->minor || (l->minor == v->minor && l->patch <= v->patch))
			best = l;
	}
	return best;
}

static enum layout_match judge(const struct version *v, const struct layout *row)
{
	if (v->minor > layout_table[layout_table_rows - 1].minor)
		return LAYOUT_NEWEST;
	if (v->development || v->more_movers || row->minor != v->minor)
		return LAYOUT_UNKNOWN;
	return str_is(v->mover, row->experiment) ? LAYOUT_EXACT : LAYOUT_UNKNOWN;
}

const struct layout *layout_find(const char *go_version, enum layout_arch arch,
				 enum layout_match *ret, struct err *e)
{
	const struct layout *plain, *row;
	struct version v;

	if (!parse_version(go_version, &v)) {
		err_put(e, "\"%.80s\" is not a Go version", go_version);
		return NULL;
	}
	if (v.minor < MINOR_OLDEST) {
		err_put(e, "built with %.80s: before 1.%d, which is the oldest that is understood",
			go_version, MINOR_OLDEST);
		return NULL;
	}
	plain = row_before(&v, arch, STR(""));
	row = v.more_movers ? plain : row_before(&v, arch, v.mover);
	if (!row || row->minor != plain->minor)
		row = plain;
	*ret = judge(&v, row);
	return row;
}
