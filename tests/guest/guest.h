/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest kit: one static program that is the guest's init and all of its steps. A step proves
 * one thing about the machine that it runs in and reports it in one line on the console; see
 * README.md for the lines and the command line.
 *
 * Each step runs in a process of its own, so it neither frees nor closes what its end frees.
 */
#ifndef GUEST_H
#define GUEST_H

#include <sys/types.h>

#include "base/types.h"

/* What a step was given: the words after its name in "name+key=value+...". */
struct args {
	char *name;
	unsigned count;
	struct arg {
		char *key;
		char *value;
	} list[16];
};

/* Cuts @spec, which it changes and refers to from then on. False: too many words. */
bool args_parse(struct args *args, char *spec);
/* The value of @key, or @otherwise. */
const char *args_get(const struct args *args, const char *key, const char *otherwise);
/* The same as a number in C's notation. A value that is not a number ends the step. */
u64 args_number(const struct args *args, const char *key, u64 otherwise);

/* Adds " key=value" to the line that the step reports when it succeeds. */
void report(const char *key, const char *format, ...) PRINTF(2, 3);
/* Reports the step's failure and ends its process. */
_Noreturn void fail(const char *format, ...) PRINTF(1, 2);
/* The same with errno's meaning after it. */
_Noreturn void fail_errno(const char *format, ...) PRINTF(1, 2);
/* Prints one line at once, before the step's own. */
void say(const char *format, ...) PRINTF(1, 2);
/* Prints the step's line of success, once; nothing when it has been printed. */
void report_ok(void);

/* Milliseconds since the kernel's start, and a sleep. */
u64 now_ms(void);
void sleep_ms(unsigned ms);
/* Waits until the line "continue" comes on the console or, with @ms above 0, that time is over. */
void wait_continue(u64 ms);

/*
 * Reads the file at @path into @text of @size bytes and ends it with 0, without the newlines at
 * its end. The length, or -1 and errno.
 */
ssize_t read_text(char *text, size_t size, const char *path, ...) PRINTF(3, 4);
/* Writes @text into a file of sysfs or procfs; -1 and errno. */
int write_text(const char *text, const char *path, ...) PRINTF(2, 3);
/* The last part of where the link at @path goes; "-" if it is not there. */
const char *link_name(char *name, size_t size, const char *path, ...) PRINTF(3, 4);

/* Loads the modules in the comma-separated @names, with what they need. */
void modules_load(char *names, const char *cmdline);

#endif
