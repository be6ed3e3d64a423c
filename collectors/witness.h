/* witness.h - whether what answers at an address is the process that listens there. A port of this
 * host often belongs to a go-between (kubectl port-forward, docker-proxy, a reverse proxy), itself
 * a Go program, whose goroutines would pass for those of the service behind it. What the service
 * says of itself tells. */
#ifndef WITNESS_H
#define WITNESS_H

#include <stdint.h>
#include <sys/types.h>

#include "core/sample.h"

enum verdict { VERDICT_NONE, VERDICT_SAME, VERDICT_OTHER };

struct witness {
	double start_s;	  /* process_start_time_seconds, unix time; NAN: not told */
	char program[64]; /* base name of the executable that a profile tells of; "": none does */
	uint32_t heard;	  /* bit 1 << enum source: it has answered, or failed to */
	/* The last judgement, which holds as long as nothing else is told. */
	enum verdict verdict;
	double of_start_s;
	pid_t of_pid;
};

void witness_init(struct witness *w);
void witness_hear(struct witness *w, const struct sample *sm);
enum verdict witness_judge(struct witness *w, pid_t pid);

#endif
