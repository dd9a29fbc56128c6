// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/outer_read.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define DMI           "/sys/class/dmi/id"
#define CPUINFO_SIZE  8192    /* more than the lines of the first processor */
#define CPUID_VIRTUAL BIT(31) /* CPUID.1:ECX */

/* Asks this processor: to list all of them takes the kernel long on large hosts. */
static bool this_processor_is_virtual(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned a, b, c = 0, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c & CPUID_VIRTUAL;
#else
	return false;
#endif
}

static bool has_virtual_processors(const struct sysroot *sysroot)
{
	char text[CPUINFO_SIZE], *flags;
	ssize_t n;

	if (sysroot->running)
		return this_processor_is_virtual();
	n = sysroot_bytes(sysroot, "/proc/cpuinfo", text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	flags = strstr(text, "\nflags");
	if (!flags)
		return false;
	flags[1 + strcspn(flags + 1, "\n")] = ' ';
	flags[2 + strcspn(flags + 1, "\n")] = '\0';
	return strstr(flags, " hypervisor ");
}

enum outer outer_read(const struct sysroot *sysroot, char evidence[OUTER_EVIDENCE])
{
	char vendor[OUTER_EVIDENCE], product[OUTER_EVIDENCE];
	bool has_vendor = sysroot_text(sysroot, DMI "/sys_vendor", vendor, sizeof(vendor)) > 0;
	bool has_product = sysroot_text(sysroot, DMI "/product_name", product, sizeof(product)) > 0;
	enum outer outer = outer_of(has_vendor ? vendor : NULL, has_product ? product : NULL,
		has_virtual_processors(sysroot));

	snprintf(evidence, OUTER_EVIDENCE, "%s",
		!outer       ? ""
		: has_vendor ? vendor
			     : "the processor's flag \"hypervisor\"");
	return outer;
}

enum outer outer_of_this_host(void)
{
	char evidence[OUTER_EVIDENCE];
	enum outer outer = OUTER_NONE;
	struct sysroot host;
	struct err err;

	if (!sysroot_open(&host, "", &err)) {
		outer = outer_read(&host, evidence);
		sysroot_close(&host);
	}
	return outer;
}
