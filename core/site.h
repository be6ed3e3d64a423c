/* site.h - which frame of a stack tells a person where a goroutine is blocked and where it came
 * from. */
#ifndef CORE_SITE_H
#define CORE_SITE_H

#include "core/rows.h"

/* True for packages that ship with Go: their import path has no dot before the first slash, and
 * they are not "main". cmd/ programs outside a module look the same and are taken for ours. */
bool func_is_std(struct str func);

/* "client.go:88 (*Pool).do": the file's base name, the line, the function without its package path.
 */
char *site_text(const struct frame *f); /* free() */

/* Fills site, started, site_frame, root_frame and labels_text of a row from its stack. */
void group_name_sites(struct group_row *r);
void group_name_labels(struct group_row *r); /* labels_text anew */
void group_free_sites(struct group_row *r);

#endif
