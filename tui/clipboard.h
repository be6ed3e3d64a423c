/* clipboard.h - text to the clipboard of whoever looks, over SSH as well: OSC 52 to the terminal,
 * wrapped for screen; inside tmux by tmux itself, which otherwise swallows it. Nothing is sent but
 * on a key. */
#ifndef CLIPBOARD_H
#define CLIPBOARD_H

#include <stddef.h>

#include "core/base/err.h"

/* Terminals drop what is longer. */
enum { CLIPBOARD_MAX = 74 << 10 };

/* 0, or -EFBIG or another negative errno with a sentence. */
int clipboard_put(const char *text, size_t n, struct err *e);

#endif
