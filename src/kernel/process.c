// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/machines.h"

/* Of a process's comm, with its newline and a NUL. */
#define COMM_SIZE 17

char *process_text(int pid, char text[PROCESS_TEXT])
{
	char path[32], comm[COMM_SIZE] = "?", name[4 * COMM_SIZE], machine[MACHINE_NAME_SIZE];
	own_file FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && !fgets(comm, sizeof(comm), f))
		snprintf(comm, sizeof(comm), "?");
	log_printable(name, sizeof(name), comm);
	machine_name(pid, machine);
	if (*machine)
		snprintf(text, PROCESS_TEXT, "%s (process %d, machine %.80s)", name, pid, machine);
	else
		snprintf(text, PROCESS_TEXT, "%s (process %d)", name, pid);
	return text;
}

static bool has_file(const char *pid, const char *link)
{
	struct dirent *entry;
	own_dir DIR *dir = NULL;
	char path[64], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (!strcmp(target, link))
			return true;
	}
	return false;
}

int process_with_file(const char *link)
{
	own_dir DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name) && has_file(entry->d_name, link))
			return atoi(entry->d_name);
	return 0;
}
