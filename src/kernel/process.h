/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says who another process is, from /proc, as far as this user may look. Any thread. */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "base/types.h"

#define PROCESS_TEXT 192

/*
 * Writes the program's name, the PID and, of a machine with a name, that: "tenon (process 812,
 * machine win11)". The text is printable, whatever the process calls itself. Returns @text.
 */
char *process_text(int pid, char text[PROCESS_TEXT]);

/*
 * Finds a process that has a file open whose link below /proc/PID/fd is @link. Returns its PID, or
 * 0 if there is none that this user may look at.
 */
int process_with_file(const char *link);

#endif
