// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/shmem/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/own.h"
#include "kernel/account.h"

#define TMPFS  "/dev/shm/"
#define MODULE "/dev/kvmfr"

/* The module's ioctl for the size of its memory, in bytes. */
#define KVMFR_GET_SIZE _IO('u', 0x44)

#define LINE_ALIGNMENT 256
#define NR_FRAMES      3
#define REST           (4 * MIB)
#define PIXELS_MIN     64
#define PIXELS_MAX     16384
#define MODE           0660

u64 shmem_size_for(u64 width, u64 height)
{
	u64 line = (width * 4 + LINE_ALIGNMENT - 1) / LINE_ALIGNMENT * LINE_ALIGNMENT;
	u64 wanted = line * height * NR_FRAMES + REST, size = MIB;

	if (width < PIXELS_MIN || width > PIXELS_MAX || height < PIXELS_MIN || height > PIXELS_MAX)
		return 0;
	while (size < wanted)
		size *= 2;
	return size;
}

static bool is_module(const char *path)
{
	const char *number = path + strlen(MODULE);

	return !strncmp(path, MODULE, strlen(MODULE)) && *number &&
	       strspn(number, "0123456789") == strlen(number);
}

int shmem_check_path(const char *path, struct err *err)
{
	const char *name = path + strlen(TMPFS);

	if (is_module(path))
		return 0;
	if (!strncmp(path, TMPFS, strlen(TMPFS)) && *name && *name != '.' && !strchr(name, '/') &&
		strlen(name) <= NAME_MAX)
		return 0;
	err_set(err, EINVAL, "path is /dev/shm/NAME or /dev/kvmfrN, not '%s'", path);
	return err_help(err, "Shared memory elsewhere would be a file on a disk.");
}

/* Who looks at the guest is at the desk, and not root. */
static int give(int fd, const char *path, struct err *err)
{
	struct account account;
	struct account none = { .changes = false };
	char login[32] = "";
	own_fd int file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);

	if (fchmod(fd, MODE))
		return err_sys(err, errno, "cannot give %s its mode", path);
	if (geteuid() || file < 0 || read(file, login, sizeof(login) - 1) <= 0)
		return 0;
	account_default(&account, &none, login);
	if (account.changes && fchown(fd, account.uid, account.gid))
		return err_sys(err, errno, "cannot give %s to %s", path, account.name);
	return 0;
}

static int open_tmpfs(const char *path, u64 size, int *fd, struct err *err)
{
	struct stat st;
	bool made = false;
	int ret = 0;

	*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd < 0 && errno == ENOENT) {
		*fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		made = true;
	}
	if (*fd < 0 || fstat(*fd, &st))
		return err_sys(err, errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s is no file of shared memory", path);
	if ((u64)st.st_size > size) {
		err_set(err, EEXIST, "%s has %llu bytes, and --shmem asks for %llu", path,
			(unsigned long long)st.st_size, (unsigned long long)size);
		return err_help(err, "End what uses it, and remove it; or ask for its size.");
	}
	if ((u64)st.st_size < size && ftruncate(*fd, (off_t)size))
		return err_sys(err, errno, "cannot make %s %llu bytes long", path,
			(unsigned long long)size);
	if (made)
		ret = give(*fd, path, err);
	return ret;
}

static int open_module(const char *path, u64 size, int *fd, struct err *err)
{
	struct stat st;
	int has;

	*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd < 0) {
		err_sys(err, errno, "cannot open %s", path);
		return errno == ENOENT || err->code == ENOENT
			       ? err_help(err,
					 "Load Looking Glass' module: modprobe kvmfr "
					 "static_size_mb=%llu",
					 (unsigned long long)(size / MIB))
			       : -err->code;
	}
	if (fstat(*fd, &st) || !S_ISCHR(st.st_mode))
		return err_set(
			err, ENODEV, "%s is no device: the module kvmfr has not made it", path);
	has = ioctl(*fd, KVMFR_GET_SIZE, 0);
	if (has < 0)
		return err_sys(err, errno, "%s is no device of the module kvmfr", path);
	if ((u64)has == size)
		return 0;
	err_set(err, EINVAL, "%s has %u MiB, and --shmem asks for %llu", path,
		(unsigned)((u64)has / MIB), (unsigned long long)(size / MIB));
	return err_help(err, "--shmem size=%uM, or load the module with static_size_mb=%llu",
		(unsigned)((u64)has / MIB), (unsigned long long)(size / MIB));
}

int shmem_backing_open(struct shmem_backing *backing, const char *path, u64 size, struct err *err)
{
	int ret = shmem_check_path(path, err);

	*backing = (struct shmem_backing){ .fd = -1, .size = size };
	if (!ret)
		ret = is_module(path) ? open_module(path, size, &backing->fd, err)
				      : open_tmpfs(path, size, &backing->fd, err);
	if (!ret) {
		void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, backing->fd, 0);

		if (memory == MAP_FAILED)
			ret = err_sys(err, errno, "cannot map %s", path);
		else
			backing->memory = memory;
	}
	if (ret)
		shmem_backing_close(backing);
	return ret;
}

void shmem_backing_close(struct shmem_backing *backing)
{
	if (backing->memory)
		munmap(backing->memory, backing->size);
	if (backing->size)
		close_fd(&backing->fd);
	*backing = (struct shmem_backing){ .fd = -1 };
}
