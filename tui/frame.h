/* frame.h - what stands around every view: the process line, the worst finding, the bar of views,
 * the keys and the cost meter. */
#ifndef FRAME_H
#define FRAME_H

#include "tui/ui.h"

/* On a smaller screen the finding is all there is. */
enum { FRAME_MIN_W = 40, FRAME_MIN_H = 10 };

struct draw frame_body(const struct draw *d); /* what is left for the view */
void frame_draw(const struct ui *ui, const struct model *m, struct draw *d);
void frame_draw_alarm_only(const struct ui *ui, const struct model *m, struct draw *d);

#endif
