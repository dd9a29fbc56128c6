// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/trust.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

/* Whether only root can change the file at @path, or, for a @directory, what it contains. */
static bool is_roots(const char *path, bool directory)
{
	struct stat st;

	if (lstat(path, &st) || st.st_uid)
		return false;
	return !(st.st_mode & (S_IWGRP | S_IWOTH)) || (directory && st.st_mode & S_ISVTX);
}

/* @path has no symbolic links. */
static bool all_roots(char *path)
{
	if (!is_roots(path, false) || !is_roots("/", true))
		return false;
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		bool fine;

		*at = '\0';
		fine = is_roots(path, true);
		*at = '/';
		if (!fine)
			return false;
	}
	return true;
}

bool trust_path(const char *path, char *real, size_t size)
{
	own_free char *resolved = realpath(path, NULL);

	if (!resolved || strlen(resolved) >= size)
		return false;
	strcpy(real, resolved);
	return geteuid() || all_roots(real);
}

const char *trust_environment(const char *name, char *real, size_t size)
{
	const char *value = getenv(name);
	struct stat st;

	if (!value || value[0] != '/' || strlen(value) >= size)
		return NULL;
	if (geteuid())
		return strcpy(real, value);
	return trust_path(value, real, size) && !stat(real, &st) && S_ISDIR(st.st_mode) ? real
											: NULL;
}
