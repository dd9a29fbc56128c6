/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only the runner of steps does with the report; the steps use guest.h. */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

/* Starts the line of @step, which stays the caller's. */
void report_start(const char *step);
/* That step. */
const char *report_step(void);

#endif
