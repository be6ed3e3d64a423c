/* sites.h - a profile's functions as a list, and what the profile says of itself above it. */
#ifndef SITES_H
#define SITES_H

#include "tui/view.h"

extern const struct list_ops sites_list;

void sites_collect(const struct profile_row *p, struct list *l); /* p NULL: none */

/* Two lines of head and the list of ui->list, which sites_collect filled. */
void sites_draw(const struct profile_row *p, struct ui *ui, struct draw *d);

#endif
