/* target.h - what the user wrote as a target, and what it means. See cli.md, "A target". */
#ifndef TARGET_H
#define TARGET_H

#include "collectors/collector.h"

enum target_kind { TARGET_PID, TARGET_NAME, TARGET_URL, TARGET_FILE, TARGET_PROMETHEUS };

struct target_spec {
	enum target_kind kind;
	char name[64];	 /* of NAME=TARGET; "" when not given */
	char asked[512]; /* as written, without NAME= and without userinfo */
	pid_t pid;
	struct endpoint_base base; /* TARGET_URL */
	enum source only;	   /* an exact address names one source; else SOURCE_COUNT */
	char exact_url[512];
	bool is_profile; /* the address is one profile, and not of goroutines */
	enum profile_kind profile;
	uint32_t profile_s;  /* of a CPU profile: it takes so long; else 0 */
	char host_port[128]; /* for a name when nothing better is known */
	char wanted[256];    /* TARGET_PROMETHEUS: behind its #, checked; base is the server's */
};

/* -EINVAL with a sentence when it cannot be a target. Looks nothing up. */
int target_parse(const char *arg, struct target_spec *ret, struct err *e);

/* The address of a Prometheus server, with or without "prometheus:" before it. */
int target_parse_server(const char *arg, struct target_spec *ret, struct err *e);

/* Processes whose executable has this base name. Returns how many there are, at most n are stored.
 */
int target_pids_by_name(const char *name, pid_t *ret, int n, struct err *e);

#endif
