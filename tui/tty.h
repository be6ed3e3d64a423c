/* tty.h - the terminal as a device: found, put into our modes, and given back at every end, a crash
 * included. There is one, so there is no struct. */
#ifndef TTY_H
#define TTY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

enum { TTY_RESTORE_MAX = 256 };

/* Takes the terminal of standard output, else that of standard input, else the controlling one. 0,
 * or -ENOTTY when there is none. */
int tty_open(struct err *e);
void tty_close(void); /* leaves it as it stands */
int tty_fd(void);     /* -1: not open; mostly it does not block */

/* Characters as they are typed, no echo, no flow control; ^C stays a signal, ^Z is a key. */
void tty_take(void);
/* Writes the bytes of tty_set_restore and sets the modes that it had. Async-signal-safe. */
void tty_give_back(void);
/* At most TTY_RESTORE_MAX bytes; from here on a crash gives the terminal back, too. */
void tty_set_restore(const char *bytes, size_t n);

void tty_size(int *ret_w, int *ret_h); /* now; each at least 1 */
bool tty_hung_up(void);		       /* nobody is there any more */

#endif
