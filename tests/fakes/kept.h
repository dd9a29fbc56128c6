/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper program below a keeper (base/keeper.h), for tests that look at it. */
#ifndef FAKES_KEPT_H
#define FAKES_KEPT_H

#include <stdio.h>
#include <sys/types.h>

/* The helper's process, as this one sees it; 0: none. */
static inline pid_t kept_by(pid_t keeper)
{
	char path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid;
}

#endif
