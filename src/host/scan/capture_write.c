// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "host/scan/capture_internal.h"
#include "kernel/capture.h"
#include "pci/caps.h"

#define MAX_LINKS 40
#define HEX_LINE  32

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Whether a path has not been written yet. */
static bool is_new(struct capturing *capturing, const char *path)
{
	own_free char *copy = strdup(path);
	char **found = copy ? tsearch(copy, &capturing->written, by_text) : NULL;

	if (!found) {
		capturing->failed = true;
		return false;
	}
	if (*found != copy)
		return false;
	take_ptr(&copy);
	return true;
}

static bool is_text(const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\t' && bytes[i] != '\r')
			return false;
	return true;
}

static void write_link(struct capturing *capturing, const char *path, const char *target)
{
	if (!is_new(capturing, path))
		return;
	fprintf(capturing->out, "link %zu %s\n%s\n", strlen(target), path, target);
	capturing->summary->links++;
}

/*
 * Replaces the path's component that ends at @end with @target, and resolves "..". Returns false if
 * it leads nowhere.
 */
static bool follow(char path[PATH_MAX], size_t end, const char *target)
{
	char joined[2 * PATH_MAX], result[PATH_MAX] = "";
	size_t start = end, used = 0;

	while (start && path[start - 1] != '/')
		start--;
	if (snprintf(joined, sizeof(joined), "%.*s%s%s", *target == '/' ? 0 : (int)start, path,
		    target, path + end) >= (int)sizeof(joined))
		return false;
	for (char *rest = joined, *part; (part = strsep(&rest, "/"));) {
		size_t n = strlen(part);

		if (!n || !strcmp(part, "."))
			continue;
		if (!strcmp(part, "..")) {
			while (used && result[--used] != '/')
				continue;
			continue;
		}
		if (used + n + 2 > sizeof(result))
			return false;
		result[used++] = '/';
		memcpy(result + used, part, n);
		used += n;
	}
	result[used] = '\0';
	memcpy(path, result, used + 1);
	return used;
}

/* Resolves a path, and writes the links on the way; also the last component's if @all. */
static bool resolve(struct capturing *capturing, char path[PATH_MAX], bool all)
{
	unsigned links = 0;

	for (size_t end = 1; end <= strlen(path);) {
		char prefix[PATH_MAX], target[PATH_MAX];

		end += strcspn(path + end, "/");
		if (!path[end] && !all)
			break;
		snprintf(prefix, sizeof(prefix), "%.*s", (int)end, path);
		if (sysroot_link(capturing->sysroot, prefix, target, sizeof(target)) <= 0) {
			end++;
			continue;
		}
		write_link(capturing, prefix, target);
		if (++links > MAX_LINKS || !follow(path, end, target))
			return false;
		end = 1;
	}
	return true;
}

static void write_hex(FILE *out, const u8 *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += HEX_LINE) {
		size_t n = size - at < HEX_LINE ? size - at : HEX_LINE;
		bool any = false;

		for (size_t i = 0; i < n; i++)
			any |= bytes[at + i];
		if (!any)
			continue;
		fprintf(out, "%04zx:", at);
		for (size_t i = 0; i < n; i++)
			fprintf(out, " %02x", bytes[at + i]);
		fputc('\n', out);
	}
}

static bool is_config(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && !strcmp(slash, "/config");
}

void capture_text(struct capturing *capturing, const char *path, const char *text, size_t size)
{
	char real[PATH_MAX];
	own_free char *copy = malloc(size + 1);

	snprintf(real, sizeof(real), "%s", path);
	if (!copy) {
		capturing->failed = true;
		return;
	}
	if (!resolve(capturing, real, true) || !is_new(capturing, real))
		return;
	memcpy(copy, text, size);
	copy[size] = '\0';
	capture_mask_text(copy);
	fprintf(capturing->out, "text %zu %s\n", size, real);
	fwrite(copy, 1, size, capturing->out);
	fputc('\n', capturing->out);
	capturing->summary->files++;
}

static void write_binary(struct capturing *capturing, const char *path, u8 *bytes, size_t size)
{
	if (!is_new(capturing, path))
		return;
	if (is_config(path))
		capture_mask_config(bytes, size);
	fprintf(capturing->out, "hex %zu %s\n", size, path);
	write_hex(capturing->out, bytes, size);
	capturing->summary->files++;
}

/*
 * Config space is read only by following the capability lists, because some devices hang when other
 * registers are read.
 */
static long read_config(void *from, unsigned pos, void *bytes, unsigned size)
{
	return pread(*(int *)from, bytes, size, pos);
}

static int read_file(struct capturing *capturing, const char *path, char **bytes, size_t *size)
{
	own_fd int fd = -1;
	own_free u8 *config = NULL;
	unsigned n;

	if (!is_config(path) || !capturing->sysroot->running)
		return sysroot_whole(capturing->sysroot, path, CAPTURE_MAX_BYTES, bytes, size);
	fd = sysroot_fd(capturing->sysroot, path, O_RDONLY);
	config = calloc(1, 4096);
	if (fd < 0 || !config)
		return fd < 0 ? fd : -ENOMEM;
	n = pci_config_collect(read_config, &fd, config);
	*size = n;
	*bytes = (char *)take_ptr(&config);
	return 0;
}

void capture_unreadable(struct capture_summary *summary, const char *path)
{
	size_t used = strlen(summary->which), room = sizeof(summary->which) - used;

	summary->unreadable++;
	/* Whole names only. */
	if (snprintf(summary->which + used, room, "%s%s", used ? " " : "", path) >= (int)room)
		summary->which[used] = '\0';
}

void capture_file(struct capturing *capturing, const char *path)
{
	own_free char *bytes = NULL;
	char real[PATH_MAX];
	size_t size;
	int ret;

	snprintf(real, sizeof(real), "%s", path);
	if (!resolve(capturing, real, true))
		return;
	ret = read_file(capturing, real, &bytes, &size);
	if (ret) {
		if (ret == -EACCES || ret == -EPERM)
			capture_unreadable(capturing->summary, path);
		return;
	}
	if (is_config(path) || !is_text((u8 *)bytes, size))
		write_binary(capturing, real, (u8 *)bytes, size);
	else
		capture_text(capturing, real, bytes, size);
}

void capture_link(struct capturing *capturing, const char *path)
{
	char real[PATH_MAX], target[PATH_MAX];

	snprintf(real, sizeof(real), "%s", path);
	if (resolve(capturing, real, false) &&
		sysroot_link(capturing->sysroot, real, target, sizeof(target)) > 0)
		write_link(capturing, real, target);
}

void capture_presence(struct capturing *capturing, const char *path)
{
	char real[PATH_MAX];
	own_fd int directory = -1;

	snprintf(real, sizeof(real), "%s", path);
	if (!sysroot_exists(capturing->sysroot, path) || !resolve(capturing, real, true) ||
		!is_new(capturing, real))
		return;
	directory = sysroot_directory(capturing->sysroot, real);
	if (directory >= 0)
		fprintf(capturing->out, "folder 0 %s\n", real);
	else
		fprintf(capturing->out, "text 0 %s\n\n", real);
}

void capture_glob(struct capturing *capturing, const char *pattern,
	void (*take)(struct capturing *, const char *path))
{
	const char *star = strchr(pattern, '*');
	own_free char **names = NULL;
	char directory[PATH_MAX], match[NAME_MAX + 1];
	size_t start, end;
	int n;

	if (!star) {
		take(capturing, pattern);
		return;
	}
	for (start = star - pattern; start && pattern[start - 1] != '/';)
		start--;
	end = start + strcspn(pattern + start, "/");
	snprintf(directory, sizeof(directory), "%.*s", (int)(start - 1), pattern);
	snprintf(match, sizeof(match), "%.*s", (int)(end - start), pattern + start);
	n = sysroot_names(capturing->sysroot, directory, &names);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		if (fnmatch(match, names[i], 0) || strchr(names[i], '*') ||
			snprintf(path, sizeof(path), "%s/%s%s", directory, names[i],
				pattern + end) >= (int)sizeof(path))
			continue;
		capture_glob(capturing, path, take);
	}
}
