// SPDX-License-Identifier: GPL-2.0-or-later
/* Captures the relevant lines of some files. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/capture_internal.h"
#include "kernel/log.h"

#define MAX_TEXT (64 * MIB)

/* Writes the lines of @text for which @keep returns true; it may change them. */
static void write_lines(struct capturing *capturing, const char *path, char *text,
	bool (*keep)(struct capturing *, char *line))
{
	own_free char *bytes = NULL;
	own_file FILE *out = NULL;
	size_t size;
	char *line;

	out = open_memstream(&bytes, &size);
	if (!out) {
		capturing->failed = true;
		return;
	}
	while ((line = strsep(&text, "\n")))
		if (*line && keep(capturing, line))
			fprintf(out, "%s\n", line);
	if (fflush(out))
		capturing->failed = true;
	else
		capture_text(capturing, path, bytes, size);
}

static void filter(
	struct capturing *capturing, const char *path, bool (*keep)(struct capturing *, char *line))
{
	own_free char *text = NULL;
	size_t size;

	if (!sysroot_whole(capturing->sysroot, path, MAX_TEXT, &text, &size))
		write_lines(capturing, path, text, keep);
}

static bool has_any(const char *line, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (strcasestr(line, words[i]))
			return true;
	return false;
}

static bool keep_log(struct capturing *capturing, char *line)
{
	static const char *const words[] = { "DMAR", "AMD-Vi", "iommu", "smmu", "vfio", "vgaarb",
		"shadowed ROM", "can't reserve", "can't claim", "no space for", "framebuffer",
		"simpledrm", "simple-framebuffer", "efifb", "vesafb", "fb0", "nvidia", "nouveau",
		"amdgpu", "radeon", "i915", "xe 0000", "x2apic", "remapping", "D3cold", "D3hot",
		"power state", "resizable", "BAR ", "AER:", "pcieport", "reset" };

	(void)capturing;
	return has_any(line, words, ARRAY_SIZE(words));
}

static void filter_log(struct capturing *capturing)
{
	own_free char *text = NULL;

	if (!capturing->sysroot->running) {
		filter(capturing, "/dmesg", keep_log);
		return;
	}
	text = kernel_log();
	if (text)
		write_lines(capturing, "/dmesg", text, keep_log);
	else
		capture_unreadable(capturing->summary, "/dmesg");
}

/* Keeps the first processor; the others are like it. */
static void filter_cpuinfo(struct capturing *capturing)
{
	own_free char *text = NULL;
	char *end;
	size_t size;

	if (sysroot_whole(capturing->sysroot, "/proc/cpuinfo", MAX_TEXT, &text, &size))
		return;
	end = strstr(text, "\n\n");
	capture_text(capturing, "/proc/cpuinfo", text, end ? (size_t)(end + 1 - text) : size);
}

/* Keeps default routes, without their gateways: "eth0 00000000 0102A8C0 0003 ..." */
static bool keep_route(struct capturing *capturing, char *line)
{
	char name[64];
	unsigned destination, gateway;
	int at, end;

	(void)capturing;
	if (!strncmp(line, "Iface", 5))
		return true;
	if (sscanf(line, "%63s %x %n%x%n", name, &destination, &at, &gateway, &end) != 3 ||
		destination)
		return false;
	memset(line + at, '0', end - at);
	return true;
}

/* "0...0 00 0...0 00 fe80...1 00000400 ... eth0" */
static bool keep_route6(struct capturing *capturing, char *line)
{
	static const char any[] = "00000000000000000000000000000000 00 "
				  "00000000000000000000000000000000 00 ";

	(void)capturing;
	if (strncmp(line, any, sizeof(any) - 1) || strlen(line) < sizeof(any) + 32)
		return false;
	memset(line + sizeof(any) - 1, '0', 32);
	return true;
}

static bool keep_vfio(struct capturing *capturing, char *line)
{
	(void)capturing;
	return line[strspn(line, " \t")] != '#' && strstr(line, "vfio");
}

static void filter_modprobe(struct capturing *capturing, const char *path)
{
	filter(capturing, path, keep_vfio);
}

/* Keeps the aliases of graphics drivers and of VFIO; the others are not needed. */
static bool keep_alias(struct capturing *capturing, char *line)
{
	static const char *const names[] = { " nouveau", " nvidia", " amdgpu", " radeon", " i915",
		" xe", " snd_hda_intel", " ast", " mgag200", " ucsi_ccg", " i2c_nvidia_gpu" };

	(void)capturing;
	if (!strncmp(line, "alias vfio_pci:", 15))
		return true;
	return !strncmp(line, "alias pci:", 10) && has_any(line, names, ARRAY_SIZE(names));
}

static void filter_aliases(struct capturing *capturing)
{
	static const char *const roots[] = { "/lib/modules", "/usr/lib/modules" };
	char release[128], path[PATH_MAX];

	if (sysroot_text(capturing->sysroot, "/proc/sys/kernel/osrelease", release,
		    sizeof(release)) <= 0 ||
		strchr(release, '/'))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(roots); i++) {
		snprintf(path, sizeof(path), "%s/%s/modules.alias", roots[i], release);
		filter(capturing, path, keep_alias);
	}
}

static bool keep_caps(struct capturing *capturing, char *line)
{
	(void)capturing;
	return !strncmp(line, "CapEff:", 7);
}

static bool is_daemon(const char *name)
{
	return !strncmp(name, "nvidia-", 7) || !strncmp(name, "nv-", 3) ||
	       !strncmp(name, "dcgm-", 5);
}

/* Captures a process that has devices open, with only those files. */
static void filter_process(struct capturing *capturing, const char *directory)
{
	static const char *const files[] = { "/dev/dri/", "/dev/nvidia", "/dev/vfio/", "/dev/snd/",
		"/dev/fb" };
	own_free char **fds = NULL;
	char path[PATH_MAX], target[PATH_MAX], name[64];
	bool wanted;
	int n;

	snprintf(path, sizeof(path), "%s/comm", directory);
	wanted = sysroot_text(capturing->sysroot, path, name, sizeof(name)) > 0 && is_daemon(name);
	snprintf(path, sizeof(path), "%s/fd", directory);
	n = sysroot_names(capturing->sysroot, path, &fds);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/fd/%.16s", directory, fds[i]);
		if (sysroot_link(capturing->sysroot, path, target, sizeof(target)) <= 0 ||
			!has_any(target, files, ARRAY_SIZE(files)))
			continue;
		capture_link(capturing, path);
		wanted = true;
	}
	snprintf(path, sizeof(path), "%s/comm", directory);
	if (wanted)
		capture_file(capturing, path);
}

static void filter_processes(struct capturing *capturing)
{
	own_free char **names = NULL;
	int n = sysroot_names(capturing->sysroot, "/proc", &names);

	for (int i = 0; i < n; i++) {
		char directory[64];

		if (strspn(names[i], "0123456789") != strlen(names[i]))
			continue;
		snprintf(directory, sizeof(directory), "/proc/%.16s", names[i]);
		filter_process(capturing, directory);
	}
}

void capture_filtered(struct capturing *capturing)
{
	static const char *const modprobe[] = { "/etc/modprobe.d/*.conf", "/run/modprobe.d/*.conf",
		"/usr/lib/modprobe.d/*.conf", "/lib/modprobe.d/*.conf" };

	filter_log(capturing);
	filter_cpuinfo(capturing);
	filter(capturing, "/proc/self/status", keep_caps);
	filter(capturing, "/proc/net/route", keep_route);
	filter(capturing, "/proc/net/ipv6_route", keep_route6);
	for (unsigned i = 0; i < ARRAY_SIZE(modprobe); i++)
		capture_glob(capturing, modprobe[i], filter_modprobe);
	filter_aliases(capturing);
	filter_processes(capturing);
}
