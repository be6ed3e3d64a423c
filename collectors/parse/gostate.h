/* parse/gostate.h - the wait reason of a goroutine from its leading frames, in the words of
 * Go's own traceback (runtime/runtime2.go, waitReasonStrings). A profile taken with debug=0
 * keeps the runtime frames but tells no reason, so it is read off gopark's caller. */
#ifndef PARSE_GOSTATE_H
#define PARSE_GOSTATE_H

#include <stddef.h>

#include "core/sample.h"

/* A constant string: "chan receive", "IO wait", "syscall", "running", "runnable", … or
 * "waiting" for a park whose caller is not known here. Never NULL. Not told
 * from each other: a nil channel from another, "(durable)" waits of synctest, and a goroutine
 * that was woken but has not run yet, which still shows its wait. */
struct str goroutine_state(const struct frame *stack, size_t n);

/* The word that Go 1.19 and older have for it: a locked mutex was "semacquire" until Go 1.20. */
struct str goroutine_state_before_go120(struct str state);

#endif
