/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locals that clean up after themselves when they go out of scope:
 *
 *	own_fd int fd = open(...);          closed unless taken
 *	own_free char *s = strdup(...);     freed unless taken
 *	own_file FILE *f = fopen(...);
 *	own_dir DIR *d = opendir(...);
 *
 * take_fd(&fd) and take_ptr(&s) return the value and leave -1 or NULL in the variable.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void own_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void own_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void own_close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void own_close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define own_fd   __attribute__((cleanup(own_close_fd), unused))
#define own_free __attribute__((cleanup(own_free_ptr), unused))
#define own_file __attribute__((cleanup(own_close_file), unused))
#define own_dir  __attribute__((cleanup(own_close_dir), unused))

static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

#define take_ptr(p)                         \
	({                                  \
		__auto_type take_v_ = *(p); \
		*(p) = NULL;                \
		take_v_;                    \
	})

/* Closes *fd if it is open and leaves -1. */
static inline void close_fd(int *fd)
{
	own_close_fd(fd);
	*fd = -1;
}

#endif
