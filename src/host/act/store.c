// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/act/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"

#define SUFFIX        ".journal"
#define LOCK_POLL_MS  50
#define TICKS(second) ((second) * (1000 / LOCK_POLL_MS))

static int make_directory(const struct sysroot *sysroot, const char *parent, const char *name)
{
	own_fd int fd = sysroot_directory(sysroot, parent);

	if (fd < 0)
		return fd;
	if (mkdirat(fd, name, 0700) && errno != EEXIST)
		return -errno;
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

static int make_directories(const struct sysroot *sysroot)
{
	static const char *const parts[][2] = {
		{ "/", "var" },
		{ "/var", "lib" },
		{ "/var/lib", "tenon" },
		{ STORE_DIRECTORY, "journal" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		char path[64];
		int ret;

		snprintf(path, sizeof(path), "%s/%s", i ? parts[i][0] : "", parts[i][1]);
		if (sysroot_exists(sysroot, path))
			continue;
		ret = make_directory(sysroot, parts[i][0], parts[i][1]);
		if (ret)
			return ret;
	}
	return 0;
}

int store_relock(const struct store *store, unsigned seconds, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_MS * 1000000l };
	char pid[16] = "";

	for (unsigned ticks = TICKS(seconds);; ticks--) {
		if (!flock(store->lock, LOCK_EX | LOCK_NB))
			break;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "cannot lock " STORE_DIRECTORY "/lock");
		if (!ticks) {
			if (pread(store->lock, pid, sizeof(pid) - 1, 0) <= 0)
				strcpy(pid, "?");
			pid[strcspn(pid, "\n")] = '\0';
			err_set(err, EBUSY, "another tenon, process %s, is changing this host",
				pid);
			return err_help(err,
				"wait for it; if that process is gone, a change that it made still "
				"hangs in the kernel, and only a reboot ends that");
		}
		nanosleep(&pause, NULL);
	}
	if (!ftruncate(store->lock, 0))
		dprintf(store->lock, "%d\n", getpid());
	return 0;
}

static int open_failed(int code, struct err *err)
{
	err_sys(err, code, "cannot open " STORE_DIRECTORY);
	if (code == EACCES || code == EPERM)
		err_help(err, "Changing drivers takes root: try sudo.");
	if (code == EROFS)
		err_help(err, "the journal needs a place that is written to: without it nothing "
			      "could be put back after a crash");
	return -code;
}

int store_open(struct store *store, const struct sysroot *sysroot, bool write, unsigned seconds,
	struct err *err)
{
	int ret = write ? make_directories(sysroot) : 0;

	*store = (struct store){ .directory = -1, .lock = -1 };
	if (!ret) {
		store->directory = sysroot_directory(sysroot, STORE_DIRECTORY "/journal");
		ret = store->directory < 0 ? store->directory : 0;
	}
	if (!ret && write) {
		own_fd int fd = sysroot_directory(sysroot, STORE_DIRECTORY);

		store->lock = openat(fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		ret = store->lock < 0 ? -errno : 0;
	}
	if (ret)
		open_failed(-ret, err);
	else if (write)
		ret = store_relock(store, seconds, err);
	if (ret)
		store_close(store);
	return ret;
}

void store_unlock(const struct store *store)
{
	if (store->lock >= 0)
		flock(store->lock, LOCK_UN);
}

void store_close(struct store *store)
{
	store_unlock(store);
	close_fd(&store->lock);
	close_fd(&store->directory);
}

static bool is_journal(const char *name)
{
	size_t n = strlen(name), suffix = strlen(SUFFIX);

	return n > suffix && !strcmp(name + n - suffix, SUFFIX);
}

int store_names(const struct store *store, char ***names, struct err *err)
{
	const struct sysroot sysroot = { .fd = store->directory, .root = "" };
	int n = sysroot_names(&sysroot, "/", names), kept = 0;

	if (n < 0)
		return err_sys(err, -n, "cannot list " STORE_DIRECTORY "/journal");
	for (int i = 0; i < n; i++)
		if (is_journal((*names)[i]))
			(*names)[kept++] = (*names)[i];
	(*names)[kept] = NULL;
	return kept;
}

int store_find(
	const struct store *store, const char *device, struct journal *journal, struct err *err)
{
	own_free char **names = NULL;
	int n = store_names(store, &names, err), unread = 0;

	*journal = (struct journal){ .fd = -1 };
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		int ret = journal_load(journal, store->directory, names[i], store->lock >= 0, err);

		if (ret) {
			unread = ret;
			continue;
		}
		if (journal_keeps_devices(journal) && journal_has(journal, device))
			return 0;
		journal_close(journal);
	}
	return unread ? unread : -ENOENT;
}
