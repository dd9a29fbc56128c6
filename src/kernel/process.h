/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says who another process is, from /proc, as far as this user may look. Any thread. */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "base/types.h"

#define PROCESS_TEXT 192

/* What /proc/PID/stat says of a process, or of a thread. Times are in ticks of
 * sysconf(_SC_CLK_TCK). */
struct process_stat {
	int parent;
	u32 flags;      /* PF_* of linux/sched.h */
	u64 time;       /* of a processor, of all its threads */
	u64 guest_time; /* of that, what virtual processors spent in their guest */
};

/* Returns false, and leaves @stat as it is, if there is no such process. */
bool process_read_stat(int pid, struct process_stat *stat);
/* The same from the file's text, proc(5). */
bool process_parse_stat(const char *text, struct process_stat *stat);

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
