/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines that are defined: each has a machine file NAME.conf where `tenon new` makes it, in
 * /etc/tenon/machines for root and ~/.config/tenon/machines for other users. One thread.
 */
#ifndef CMD_MACHINES_DEFINED_H
#define CMD_MACHINES_DEFINED_H

#include "cmd/run/options.h"

/*
 * A directory for one kind of data of this user: below @variable of the environment, else for root
 * @system, for others @home below the home directory. The caller frees it; NULL if there is none.
 */
char *defined_directory(const char *variable, const char *system, const char *home);

/* The machine file of @name, which may not exist; the caller frees it. -ENOENT without a place. */
int defined_file(const char *name, char **path, struct err *err);

/* The names of this user's machine files, as sysroot_names(). Returns their number, or -errno. */
int defined_names(char ***names);

/*
 * Reads the machine file of @name to @request, which the caller frees also after an error. Returns
 * 0, -ENOENT if @name is not defined, or -errno; a file that is another machine's is refused.
 */
int defined_read(struct run_request *request, const char *name, struct err *err);

/* The machine's directory of state, and in it its log; the caller frees them. NULL: no place. */
char *defined_state(const char *name);
char *defined_log(const char *name);

/* -EINVAL for what can be no machine's name. */
int defined_check_name(const char *name, struct err *err);

#endif
