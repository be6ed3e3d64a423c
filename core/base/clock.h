/* base/clock.h - the only reader of clocks. Everyone else gets the time as an argument. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull

uint64_t clock_mono_ns(void); /* CLOCK_MONOTONIC: for durations and timers */
uint64_t clock_wall_ns(void); /* CLOCK_REALTIME: for stamps; may step */
uint64_t clock_boot_ns(void); /* CLOCK_BOOTTIME: since boot, time asleep included */
uint64_t clock_cpu_ns(void);  /* CLOCK_THREAD_CPUTIME_ID: that this thread has run */

#endif
