// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/block/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "kernel/file_lock.h"

#define PAGE 4096u

/*
 * QEMU locks these bytes of an image to tell other QEMU tools how it uses it. The locks are not
 * documented; `qemu-img` refuses a locked image. Byte 100 + n: this process holds permission n;
 * byte 200 + n: no other process may hold it.
 */
#define QEMU_HELD   100
#define QEMU_DENIED 200
#define QEMU_READ   0
#define QEMU_WRITE  1
#define QEMU_RESIZE 3

/* @file: how it was to be opened. */
static int say_open(
	const struct block_file *file, const char *path, int code, bool direct, struct err *err)
{
	err_sys(err, code, "cannot open disk %s", path);
	if (code == EBUSY && file->is_device)
		return err_help(err,
			"The host uses it; `lsblk %s` tells for what. Unmount it first, "
			"or give it with readonly=on",
			path);
	if ((code == EACCES || code == EPERM) && file->read_only)
		return err_help(err, "Let this user read it, or choose another with --user");
	if (code == EACCES || code == EROFS || code == EPERM)
		return err_help(err, "Give it with readonly=on, or let this user write to it");
	if (code == EINVAL && direct)
		return err_help(err, "Its file system has no direct I/O; use cache=writeback");
	return -code;
}

/* O_EXCL fails if the block device is mounted, and keeps the host from mounting it later. */
static int open_path(struct block_file *file, const char *path, bool direct, struct err *err)
{
	struct stat st;
	int flags = O_CLOEXEC | (direct ? O_DIRECT : 0) | (file->read_only ? O_RDONLY : O_RDWR);

	if (stat(path, &st) && errno == ENOENT && !file->read_only) {
		err_set(err, ENOENT, "there is no disk %s", path);
		return err_help(err, "Make it: tenon disk create %s 64G", path);
	}
	if (stat(path, &st))
		return say_open(file, path, errno, direct, err);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "disk %s is neither a file nor a block device", path);
	file->is_device = S_ISBLK(st.st_mode);
	if (file->is_device && !file->read_only)
		flags |= O_EXCL;
	file->fd = open(path, flags);
	if (file->fd < 0)
		return say_open(file, path, errno, direct, err);
	/* The path may refer to another file by now. */
	if (fstat(file->fd, &st) || S_ISBLK(st.st_mode) != file->is_device ||
		(!file->is_device && !S_ISREG(st.st_mode)))
		return err_set(err, EAGAIN, "disk %s was replaced while it was opened", path);
	file->size = (u64)st.st_size;
	file->physical = is_pow2((u64)st.st_blksize) ? (u32)st.st_blksize : BLOCK_SECTOR;
	return 0;
}

static int lock_bytes(const struct block_file *file, int type, off_t start, off_t length)
{
	struct flock lock = {
		.l_type = (short)type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = length,
	};

	return fcntl(file->fd, F_OFD_SETLK, &lock) ? -errno : 0;
}

static bool someone_holds(const struct block_file *file, off_t byte)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	return !fcntl(file->fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/*
 * A writer shares the file with nobody, so it locks all bytes. A reader shares it with other
 * readers, tenon's and QEMU's: it holds the permission to read and denies others that to write.
 */
static int take_lock(const struct block_file *file)
{
	int ret;

	if (!file->read_only)
		return lock_bytes(file, F_WRLCK, 0, 0);
	ret = lock_bytes(file, F_RDLCK, QEMU_HELD + QEMU_READ, 1);
	if (!ret)
		ret = lock_bytes(file, F_RDLCK, QEMU_DENIED + QEMU_WRITE, 1);
	if (!ret)
		ret = lock_bytes(file, F_RDLCK, QEMU_DENIED + QEMU_RESIZE, 1);
	if (!ret && (someone_holds(file, QEMU_HELD + QEMU_WRITE) ||
			    someone_holds(file, QEMU_HELD + QEMU_RESIZE)))
		ret = -EAGAIN;
	return ret;
}

static int lock(const struct block_file *file, const char *path, struct err *err)
{
	int ret = take_lock(file);
	char holder[FILE_HOLDER_SIZE];

	if (ret == -EAGAIN || ret == -EACCES) {
		file_holder(file->fd, holder);
		err_set(err, EBUSY, "disk %s is in use by %s", path, holder);
		if (file->read_only)
			return err_help(err, "It writes to the disk, which would change below this "
					     "guest; both need readonly=on");
		return err_help(err, "Two machines that write to one disk destroy it; readonly=on "
				     "shares it with other readers");
	}
	if (ret)
		log_warn("disk %s: it cannot be locked against other machines: %s", path,
			strerror(-ret));
	return 0;
}

static int measure_device(struct block_file *file, struct err *err)
{
	unsigned physical = 0;
	int block = 0;

	if (ioctl(file->fd, BLKGETSIZE64, &file->size) || ioctl(file->fd, BLKSSZGET, &block))
		return err_sys(err, errno, "cannot tell its size");
	file->block = (u32)block;
	file->physical = ioctl(file->fd, BLKPBSZGET, &physical) ? file->block : physical;
	if (!is_pow2(file->block) || file->block < BLOCK_SECTOR || file->block > 64 * KIB ||
		file->size % file->block)
		return err_set(err, ENOTSUP, "it has blocks of %u bytes", file->block);
	return 0;
}

/*
 * Checks that the file can be read. With @direct this also finds the alignment that O_DIRECT needs:
 * kernels before 6.1 do not tell.
 */
static int try_read(struct block_file *file, bool direct, struct err *err)
{
	u32 size = file->block < PAGE ? PAGE : file->block;
	own_free u8 *buffer = aligned_alloc(size, size);

	if (!buffer)
		return err_sys(err, ENOMEM, "cannot read it");
	file->align = direct ? file->block : 1;
	if (pread(file->fd, buffer, file->block, 0) >= 0)
		return 0;
	err_sys(err, errno, "cannot read it");
	if (err->code == EINVAL && direct)
		return err_help(err, "Direct I/O needs larger blocks there; use cache=writeback");
	return -err->code;
}

static int measure(struct block_file *file, bool direct, struct err *err)
{
	int ret;

	file->block = BLOCK_SECTOR;
	if (file->is_device) {
		ret = measure_device(file, err);
		if (ret)
			return ret;
	}
	ret = try_read(file, direct, err);
	if (ret)
		return ret;
	if (file->physical < file->block || file->physical > 64 * KIB)
		file->physical = file->block;
	if (file->size < BLOCK_SECTOR)
		return err_set(err, EINVAL, "it is empty");
	return 0;
}

int block_file_open(
	struct block_file *file, const char *path, bool read_only, bool direct, struct err *err)
{
	int ret;

	*file = (struct block_file){ .fd = -1, .read_only = read_only };
	ret = open_path(file, path, direct, err);
	if (!ret)
		ret = lock(file, path, err);
	if (!ret) {
		ret = measure(file, direct, err);
		if (ret)
			err_wrap(err, "disk %s", path);
	}
	if (!ret && file->size % BLOCK_SECTOR)
		log_warn("disk %s: its last %u bytes are no whole sector: the guest does not have "
			 "them",
			path, (unsigned)(file->size % BLOCK_SECTOR));
	file->size = round_down(file->size, BLOCK_SECTOR);
	if (ret)
		block_file_close(file);
	return ret;
}

void block_file_close(struct block_file *file)
{
	close_fd(&file->fd);
}
