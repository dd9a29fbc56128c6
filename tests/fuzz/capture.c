// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reader of captures, and the masks of their writer; and the host that a capture is of, with
 * all that is concluded from it.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "conclude.h"
#include "host/scan/capture.h"
#include "host/scan/modules.h"
#include "host/scan/platform.h"
#include "host/scan/scan.h"
#include "host/scan/uses.h"
#include "kernel/capture.h"

/* Linux before 5.6, which has no openat2(). */
static bool old_kernel;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	long arguments[5]; /* as many as have registers; no call here has more */
	va_list list;

	if (number == SYS_openat2 && old_kernel) {
		errno = ENOSYS;
		return -1;
	}
	va_start(list, number);
	for (unsigned i = 0; i < ARRAY_SIZE(arguments); i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	return __real_syscall(
		number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
}

static void check_path(const char *path)
{
	CLAIM(path[0] == '/' && strlen(path) < CAPTURE_MAX_PATH);
	CLAIM(!strstr(path, "//") && !strstr(path, "/../") && !strstr(path, "/./"));
	CLAIM(strcmp(strrchr(path, '/'), "/..") && strcmp(strrchr(path, '/'), "/."));
}

/* Whether it is one, from its first line to its end. */
static bool walk(const char *data, size_t size)
{
	struct capture_entry entry;
	struct capture_walk walk;
	struct err err = { 0 };
	int ret;

	if (capture_open(&walk, data, size, &err))
		return false;
	while ((ret = capture_next(&walk, &entry, &err)) > 0) {
		check_path(entry.path);
		CLAIM(entry.size <= CAPTURE_MAX_BYTES);
		CLAIM(entry.body >= data && entry.body_size <= (size_t)(data + size - entry.body));
		if (entry.kind == CAPTURE_HEX && entry.size <= 65536) {
			u8 *bytes = malloc(entry.size + 1);

			if (bytes)
				capture_hex(&entry, bytes);
			free(bytes);
		}
	}
	return !ret;
}

static void scan(const u8 *data, size_t size)
{
	own_fd int fd = memfd_create("capture", MFD_CLOEXEC);
	struct platform platform = { 0 };
	struct modules modules = { 0 };
	struct uses uses = { 0 }, processes;
	const struct check_facts more = {
		.uses = &uses, .platform = &platform, .modules = &modules
	};
	struct sysroot sysroot;
	struct host host = { 0 };
	struct err err = { 0 };
	char path[32];

	CLAIM(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!sysroot_open(&sysroot, path, &err) && !scan_sysfs(&host, &sysroot, 0, &err)) {
		CLAIM(!scan_guests(&processes, &host, &sysroot));
		CLAIM(!scan_processes(&processes, &host, &sysroot));
		CLAIM(!scan_uses(&uses, &host, &sysroot));
		CLAIM(!scan_modules(&modules, &host, &sysroot));
		CLAIM(!scan_platform(&platform, &host, &sysroot));
		conclude(&host, &more);
	} else {
		CLAIM(*err.text);
	}
	host_close(&host);
	sysroot_close(&sysroot);
}

static void mask(const u8 *data, size_t size)
{
	char *text = malloc(size + 1);
	u8 *config = malloc(size + 1);

	if (text && config) {
		memcpy(text, data, size);
		text[size] = '\0';
		capture_mask_text(text);
		memcpy(config, data, size);
		capture_mask_config(config, size < 4096 ? size : 4096);
	}
	free(text);
	free(config);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	log_set_level(LOG_ERROR);
	old_kernel = size & 1;
	if (walk((const char *)data, size))
		scan(data, size);
	old_kernel = false;
	mask(data, size);
	return 0;
}
