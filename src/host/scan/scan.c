// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"

/* Far more than lspci prints on any host; an nvidia-bug-report has tens of megabytes. */
#define TEXT_LIMIT (256 * MIB)

static int scan_lspci_file(struct host *host, const char *path, struct err *err)
{
	bool is_stdin = !strcmp(path, "-");
	own_fd int file = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	own_free char *text = NULL;
	size_t size = 0;
	int ret;

	if (file < 0 && !is_stdin)
		return err_sys(err, errno, "cannot open %s", path);
	ret = file_read_all(is_stdin ? STDIN_FILENO : file, TEXT_LIMIT, &text, &size);
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
