#include "tui/breaker_word.h"

#include <string.h>

static const struct {
	const char *state, *word;
	enum style style;
} states[] = {
	{ "closed", "CLOSED", STYLE_OK },
	{ "half_open", "HALF", STYLE_WARN },
	{ "open", "OPEN!", STYLE_ALARM },
};
enum { N_STATES = sizeof(states) / sizeof(*states) };

const char *breaker_word(const char *state)
{
	for (size_t i = 0; state && i < N_STATES; i++) {
		if (strcmp(states[i].state, state) == 0)
			return states[i].word;
	}
	return "?";
}

enum style breaker_style(const char *state)
{
	for (size_t i = 0; state && i < N_STATES; i++) {
		if (strcmp(states[i].state, state) == 0)
			return states[i].style;
	}
	return STYLE_WARN;
}
