/* loop.h - the program's only blocking call: one wait for HTTP transfers, timers, signals, the
 * keyboard. Callbacks run on the one thread, must return within 5 ms and may start or stop
 * anything, themselves included. */
#ifndef LOOP_H
#define LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct loop;

struct loop_timer {
	void (*fn)(void *arg, uint64_t now_ns);
	void *arg;
	uint64_t at_ns; /* 0: not set */
};

struct loop *loop_new(struct err *e); /* loop_free */
void loop_free(struct loop *l);
CURLM *loop_multi(struct loop *l);

/* Timers belong to the caller and must be stopped before they go. Setting again moves it. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns);
void loop_timer_stop(struct loop *l, struct loop_timer *t);

/* fn runs whenever fd is readable or hung up. At most one watch for an fd. */
void loop_watch(struct loop *l, int fd, void (*fn)(void *arg), void *arg);
void loop_unwatch(struct loop *l, int fd);

/* Called for each finished transfer; set by http.c. */
void loop_on_transfer(struct loop *l, void (*fn)(void *arg, CURL *easy, CURLcode code), void *arg);

/* One turn: waits for the first event, at most until the next timer, and runs what is due. */
int loop_turn(struct loop *l, struct err *e);

/* loop_run turns until loop_stop was called; it returns the value given there. */
int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l, int value);

#endif
