/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of users in a user namespace that this process has made (user_namespaces(7)): each
 * user and group has the number that it has here.
 */
#ifndef BASE_USER_MAP_H
#define BASE_USER_MAP_H

#include <sys/types.h>

/*
 * Writes the maps of process @pid, which is in the new namespace. Root gives all users their
 * numbers; another user may do so for itself only, and then the process cannot change its groups.
 * Returns 0 or -errno.
 */
int user_map_write(pid_t pid);

#endif
