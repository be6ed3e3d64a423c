#include "core/encoding.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const state_names[] = {
	[BREAKER_CLOSED] = "closed",
	[BREAKER_HALF_OPEN] = "half_open",
	[BREAKER_OPEN] = "open",
	[BREAKER_UNKNOWN] = "unknown",
};

const char *breaker_state_name(enum breaker_state s)
{
	return state_names[s];
}

/* Letters only, in lower case: "Half-Open" and "HALF_OPEN" are one word. */
static size_t letters(struct str s, char *ret, size_t max)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s.len && n + 1 < max; i++) {
		if (isalpha((unsigned char)s.p[i]))
			ret[n++] = (char)tolower((unsigned char)s.p[i]);
	}
	ret[n] = '\0';
	return n;
}

enum breaker_state breaker_state_of_word(struct str word)
{
	static const struct {
		const char *word;
		enum breaker_state state;
	} words[] = {
		{ "closed", BREAKER_CLOSED },
		{ "close", BREAKER_CLOSED },
		{ "open", BREAKER_OPEN },
		{ "opened", BREAKER_OPEN },
		{ "forcedopen", BREAKER_OPEN },
		{ "halfopen", BREAKER_HALF_OPEN },
		{ "halfopened", BREAKER_HALF_OPEN },
		{ "half", BREAKER_HALF_OPEN },
		{ "stateclosed", BREAKER_CLOSED },
		{ "stateopen", BREAKER_OPEN },
		{ "statehalfopen", BREAKER_HALF_OPEN },
	};
	char plain[32];

	letters(word, plain, sizeof(plain));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(plain, words[i].word) == 0)
			return words[i].state;
	}
	return BREAKER_UNKNOWN;
}

/* ---- HELP texts ---- */

struct token {
	bool is_number;
	bool apart; /* a comma or the like stands between it and the token before */
	double number;
	enum breaker_state state; /* BREAKER_UNKNOWN: another word */
};

enum { TOKENS_MAX = 64 };

static bool is_word_char(char c)
{
	return isalpha((unsigned char)c) || c == '-' || c == '_';
}

static uint32_t take_number(struct str help, uint32_t at, struct token *ret)
{
	char text[16];
	uint32_t n = 0;

	while (at + n < help.len && n + 1 < sizeof(text) &&
	       (isdigit((unsigned char)help.p[at + n]) ||
		(help.p[at + n] == '.' && at + n + 1 < help.len &&
		 isdigit((unsigned char)help.p[at + n + 1])))) {
		text[n] = help.p[at + n];
		n++;
	}
	text[n] = '\0';
	*ret = (struct token){ .is_number = true, .state = BREAKER_UNKNOWN };
	ret->number = strtod(text, NULL); /* digits, perhaps with a point among them */
	if (at > 0 && help.p[at - 1] == '-' && (at < 2 || !isalnum((unsigned char)help.p[at - 2])))
		ret->number = -ret->number;
	return n;
}

/* "half open" in two words is one state; filler between a number and its state ("is", "for", "if")
 * is left out, any other word is kept so that far pairs do not meet. */
static bool is_filler(struct str w)
{
	static const char *const fillers[] = { "is",	  "for",     "means", "if",    "when",
					       "and",	  "or",	     "the",   "state", "indicates",
					       "circuit", "breaker", "value" };

	for (size_t i = 0; i < sizeof(fillers) / sizeof(*fillers); i++) {
		if (w.len == strlen(fillers[i]) && strncasecmp(w.p, fillers[i], w.len) == 0)
			return true;
	}
	return false;
}

/* "forced open" is a state of its own beside open. */
static bool is_forced(struct str w)
{
	return w.len >= 6 && strncasecmp(w.p, "forced", 6) == 0;
}

static size_t tokenise(struct str help, struct token *t)
{
	bool apart = false;
	size_t n = 0;

	for (uint32_t i = 0; i < help.len && n < TOKENS_MAX;) {
		struct str w = { help.p + i, 0 };

		if (isdigit((unsigned char)help.p[i])) {
			i += take_number(help, i, &t[n]);
			t[n++].apart = apart;
			apart = false;
			continue;
		}
		if (!isalpha((unsigned char)help.p[i])) {
			apart |= help.p[i] && strchr(",;.|\n", help.p[i]);
			i++;
			continue;
		}
		while (i < help.len && is_word_char(help.p[i]))
			i++;
		w.len = (uint32_t)(help.p + i - w.p);
		while (w.len && !isalpha((unsigned char)w.p[w.len - 1]))
			w.len--;
		if (is_filler(w))
			continue;
		t[n] = (struct token){ .state = is_forced(w) ? BREAKER_UNKNOWN
							     : breaker_state_of_word(w),
				       .apart = apart };
		apart = false;
		if (t[n].state == BREAKER_OPEN && n && t[n - 1].state == BREAKER_HALF_OPEN &&
		    !t[n - 1].is_number && w.p - help.p > 4 && strncasecmp(w.p - 5, "half", 4) == 0)
			continue;
		n++;
	}
	return n;
}

/* Pairs each number with the state right behind it (step 1) or right before it (step -1). */
static int pair(const struct token *t, size_t n, int step, struct encoding *ret)
{
	int pairs = 0;

	for (int i = 0; i < BREAKER_UNKNOWN; i++)
		ret->value[i] = NAN;
	for (size_t i = 0; i < n; i++) {
		size_t k = i + (size_t)step;

		if (!t[i].is_number || k >= n || t[k].is_number || t[k].state == BREAKER_UNKNOWN ||
		    t[step > 0 ? k : i].apart)
			continue;
		if (!isnan(ret->value[t[k].state]) && ret->value[t[k].state] != t[i].number)
			return 0; /* said twice, differently */
		if (isnan(ret->value[t[k].state]))
			pairs++;
		ret->value[t[k].state] = t[i].number;
	}
	for (int i = 0; i < BREAKER_UNKNOWN; i++) {
		for (int k = 0; k < i; k++) {
			if (ret->value[i] == ret->value[k])
				return 0; /* one number for two states */
		}
	}
	return isnan(ret->value[BREAKER_CLOSED]) || isnan(ret->value[BREAKER_OPEN]) ? 0 : pairs;
}

bool encoding_from_help(struct str help, struct encoding *ret)
{
	struct token t[TOKENS_MAX];
	struct encoding behind, before;
	size_t n = tokenise(help, t);
	int ahead = pair(t, n, 1, &behind), back = pair(t, n, -1, &before);

	if (!ahead && !back)
		return false;
	if (ahead == back) /* "0 closed 1 open" either way: what comes first decides */
		*ret = n && t[0].is_number ? behind : before;
	else
		*ret = ahead > back ? behind : before;
	ret->known = true;
	snprintf(ret->witness, sizeof(ret->witness), "the metric's HELP text");
	return true;
}

/* ---- libraries ---- */

static const struct {
	const char *module, *name;
	double closed, half_open, open;
} libraries[] = {
	{ "github.com/sony/gobreaker", "sony/gobreaker", 0, 1, 2 },
	{ "github.com/alibaba/sentinel-golang", "alibaba/sentinel-golang", 0, 1, 2 },
	{ "github.com/exaring/hoglet", "exaring/hoglet", 0, 1, 2 },
	{ "github.com/failsafe-go/failsafe-go", "failsafe-go", 0, 2, 1 },
	{ "github.com/eapache/go-resiliency", "eapache/go-resiliency", 0, 2, 1 },
	{ "github.com/go-kratos/aegis", "go-kratos/aegis", 1, NAN, 0 },
};

/* "github.com/sony/gobreaker/v2" is the same library. */
static bool is_module(struct str path, const char *module)
{
	size_t n = strlen(module);

	return str_starts(path, module) &&
	       (path.len == n || (path.p[n] == '/' && path.len > n + 1 && path.p[n + 1] == 'v'));
}

bool encoding_from_build(const struct build *b, struct encoding *ret, const char **ret_library)
{
	long found = -1;

	for (size_t i = 0; b && i < b->n_deps; i++) {
		for (size_t k = 0; k < sizeof(libraries) / sizeof(*libraries); k++) {
			if (!is_module(b->deps[i].path, libraries[k].module) || found == (long)k)
				continue;
			if (found >= 0)
				return false; /* two libraries: which one is it? */
			found = (long)k;
		}
	}
	if (found < 0)
		return false;
	*ret = (struct encoding){ .known = true };
	ret->value[BREAKER_CLOSED] = libraries[found].closed;
	ret->value[BREAKER_HALF_OPEN] = libraries[found].half_open;
	ret->value[BREAKER_OPEN] = libraries[found].open;
	snprintf(ret->witness, sizeof(ret->witness), "%s, which is linked in",
		 libraries[found].name);
	*ret_library = libraries[found].name;
	return true;
}

enum breaker_state encoding_read(const struct encoding *e, double value)
{
	for (int i = 0; e->known && i < BREAKER_UNKNOWN; i++) {
		if (e->value[i] == value)
			return (enum breaker_state)i;
	}
	return BREAKER_UNKNOWN;
}
