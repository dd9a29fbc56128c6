// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads facts about the processor and memory. */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/platform_internal.h"

#define HUGEPAGES   "/sys/kernel/mm/hugepages"
#define MAX_CPUINFO (64 * KIB) /* enough for the first processor, and the others are like it */

/* The value in a line "key : value" of /proc/cpuinfo and the like; NULL if there is none. */
static const char *field(const char *text, const char *key)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *colon;

		line += *line == '\n';
		colon = line + strcspn(line, ":\n");
		if (!strncmp(line, key, strlen(key)) && *colon == ':' &&
			strspn(line + strlen(key), " \t") == (size_t)(colon - line) - strlen(key))
			return colon + 1 + strspn(colon + 1, " \t");
	}
	return NULL;
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	while (line && *line && *line != '\n') {
		size_t n = strcspn(line, " \n");

		if (n == len && !memcmp(line, word, n))
			return true;
		line += n + (line[n] == ' ');
	}
	return false;
}

static void scan_cpu(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	own_free char *text = malloc(MAX_CPUINFO);
	const char *vendor, *flags, *sizes;
	ssize_t n;

	if (!text) {
		scan->host->memory.failed = true;
		return;
	}
	n = sysroot_bytes(scan->sysroot, "/proc/cpuinfo", text, MAX_CPUINFO - 1);
	if (n <= 0)
		return;
	text[n] = '\0';
	vendor = field(text, "vendor_id");
	flags = field(text, "flags");
	sizes = field(text, "address sizes");
	platform->cpu_known = true;
	platform->x86 = flags;
	platform->intel = vendor && !strncmp(vendor, "GenuineIntel", 12);
	platform->amd = vendor && (!strncmp(vendor, "AuthenticAMD", 12) ||
					  !strncmp(vendor, "HygonGenuine", 12));
	platform->virtualisation = has_word(flags, "vmx") || has_word(flags, "svm");
	if (sizes)
		platform->physical_bits = strtoul(sizes, NULL, 10);
	if (platform->physical_bits > 64)
		platform->physical_bits = 0;
}

static void scan_hugepages(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	own_free char **names = NULL;
	int n = sysroot_names(scan->sysroot, HUGEPAGES, &names);

	platform->hugepages_known = n >= 0;
	for (int i = 0; i < n; i++) {
		struct platform_hugepages *list, pages;
		unsigned long long kib;

		if (sscanf(names[i], "hugepages-%llukB", &kib) != 1 || kib > ~0ull / KIB)
			continue;
		list = host_grow(
			scan->host, platform->hugepages, platform->nr_hugepages, sizeof(*list));
		if (!list)
			return;
		pages = (struct platform_hugepages){ kib * KIB,
			platform_number(scan, 10, HUGEPAGES "/%s/nr_hugepages", names[i]),
			platform_number(scan, 10, HUGEPAGES "/%s/free_hugepages", names[i]) };
		if (pages.total == PLATFORM_UNKNOWN || pages.free == PLATFORM_UNKNOWN)
			continue;
		platform->hugepages = list;
		list[platform->nr_hugepages++] = pages;
	}
}

/* "Max locked memory         8388608              8388608              bytes" */
static u64 locked_memory(struct platform_scan *scan)
{
	static const char key[] = "Max locked memory";
	char text[4096];
	const char *found;
	u64 caps;

	if (sysroot_text(scan->sysroot, "/proc/self/status", text, sizeof(text)) > 0) {
		found = field(text, "CapEff");
		caps = found ? strtoull(found, NULL, 16) : 0;
		if (caps & BIT_ULL(CAP_IPC_LOCK))
			return PLATFORM_LOCK_ALL;
	}
	if (sysroot_text(scan->sysroot, "/proc/self/limits", text, sizeof(text)) <= 0)
		return PLATFORM_UNKNOWN;
	found = strstr(text, key);
	if (!found)
		return PLATFORM_UNKNOWN;
	found += sizeof(key) - 1;
	found += strspn(found, " ");
	if (!strncmp(found, "unlimited", 9))
		return PLATFORM_LOCK_ALL;
	return *found >= '0' && *found <= '9' ? strtoull(found, NULL, 10) : PLATFORM_UNKNOWN;
}

void platform_scan_memory(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	const char *total;
	char text[4096];

	platform->memory = PLATFORM_UNKNOWN;
	if (sysroot_text(scan->sysroot, "/proc/meminfo", text, sizeof(text)) > 0) {
		total = field(text, "MemTotal");
		if (total)
			platform->memory = strtoull(total, NULL, 10) * KIB;
	}
	platform->locked_memory = locked_memory(scan);
	scan_cpu(scan);
	scan_hugepages(scan);
}
