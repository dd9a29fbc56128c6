// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* No lspci of a real host comes near; an nvidia-bug-report around one has tens of megabytes. */
#define TEXT_LIMIT (256 * MIB)

static int read_all(FILE *file, char **text, size_t *size)
{
	own_free char *buf = NULL;
	size_t room = 64 * KIB, done = 0;

	for (;;) {
		char *bigger = realloc(buf, room);

		if (!bigger)
			return -ENOMEM;
		buf = bigger;
		done += fread(buf + done, 1, room - done, file);
		if (ferror(file))
			return errno ? -errno : -EIO;
		if (done < room)
			break;
		if (room > TEXT_LIMIT)
			return -EFBIG;
		room *= 2;
	}
	*size = done;
	*text = take_ptr(&buf);
	return 0;
}

static int scan_lspci_file(struct host *host, const char *path, struct err *err)
{
	bool is_stdin = !strcmp(path, "-");
	own_file FILE *file = is_stdin ? NULL : fopen(path, "re");
	own_free char *text = NULL;
	size_t size = 0;
	int ret;

	if (!file && !is_stdin)
		return err_sys(err, errno, "cannot open %s", path);
	ret = read_all(is_stdin ? stdin : file, &text, &size);
	if (ret)
		return err_sys(err, -ret, "cannot read %s", path);
	snprintf(host->origin, sizeof(host->origin), "%s", is_stdin ? "standard input" : path);
	if (size > 2 && !memcmp(text, "\x1f\x8b", 2)) {
		err_set(err, EINVAL, "%s is compressed", host->origin);
		return err_help(err, "zcat FILE | tenon ... --lspci -");
	}
	ret = scan_lspci(host, text, size, err);
	return ret ? err_wrap(err, "%s", host->origin) : 0;
}

int scan_host(struct host *host, const struct scan_source *source, struct err *err)
{
	struct sysroot sysroot;
	int ret;

	if (source->lspci)
		return scan_lspci_file(host, source->lspci, err);
	ret = sysroot_open(&sysroot, source->sysroot, err);
	if (!ret)
		ret = scan_sysfs(host, &sysroot, source->skip, err);
	sysroot_close(&sysroot);
	return ret;
}
