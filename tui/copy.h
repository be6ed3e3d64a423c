/* copy.h - what `y` and `Y` take along: the row under the cursor, or all
 * that are tagged, as text, or the command that shows
 * the same from a shell. Pure. Foreign text is made visible as on the screen; in a command it
 * stands in quotes. */
#ifndef COPY_H
#define COPY_H

#include "core/base/buf.h"
#include "tui/ui.h"

/* A stack as Go prints it, else the row's fields a line each; without a list the worst finding.
 * False: there is nothing. */
bool copy_row(struct ui *ui, const struct model *m, struct buf *ret);

bool copy_command(struct ui *ui, const struct model *m, struct buf *ret);

#endif
