/* file.h - goroutines from a file or a pipe: the text of debug=1 or debug=2, a traceback pasted
 * from a log, or a goroutine profile (gzipped protobuf). Read once, to its end. */
#ifndef FILE_H
#define FILE_H

#include "core/sample.h"

/* path "-": standard input. Gives up when stop_fd becomes readable (-1: none). Always pushes a
 * sample for every source: that of pprof holds what was found, or why nothing was. */
void file_push(const char *path, int stop_fd, struct sink *sink, uint32_t target);

#endif
