/* breaker_word.h - how a breaker's state is written and dressed: never by colour alone. */
#ifndef BREAKER_WORD_H
#define BREAKER_WORD_H

#include "tui/grid.h"

const char *breaker_word(const char *state); /* CLOSED, HALF, OPEN!, ? */
enum style breaker_style(const char *state);

#endif
