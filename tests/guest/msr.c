// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * msr: reads model-specific registers of the first CPU through the module msr, and prints
 * "MSR INDEX VALUE" in hexadecimal, or "MSR INDEX fault".
 *   index=N, repeatable
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "steps.h"

#define MSR_MAJOR 202

void step_msr(const struct args *args)
{
	unsigned faults = 0;
	int fd;

	mknod("/dev/msr0", S_IFCHR | 0600, makedev(MSR_MAJOR, 0));
	fd = open("/dev/msr0", O_RDONLY);
	if (fd < 0)
		fail_errno("cannot open the registers");
	for (unsigned i = 0; i < args->count; i++) {
		struct args one = { .count = 1, .list = { args->list[i] } };
		u32 index = args_number(&one, "index", 0);
		u64 value;

		if (pread(fd, &value, sizeof(value), index) == sizeof(value)) {
			say("MSR %08x %016llx", index, (unsigned long long)value);
		} else {
			say("MSR %08x fault", index);
			faults++;
		}
	}
	report("faults", "%u", faults);
}
