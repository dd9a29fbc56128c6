// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * disk: reads and writes a disk past the page cache, in turn on each CPU, which gives each queue
 * and its interrupt work. Reports its serial number, sectors, queues and block size.
 *   name=NAME (vda)  of the kernel's; ata2: the disk at that SATA port; 2-1: at that USB port
 *   read=MIB (0)     from at=MIB (0); reports the SHA-256 as read=
 *   write=MIB (0)    then, from at=MIB, what blocks.py makes of seed=N (1); reads it back and
 *                    compares
 *   zero=MIB (0)     then has the disk make zeroes from at=MIB, discard=MIB (0) discards there;
 *                    reads zeroes back
 *   gone=SECONDS (0) then waits so long until the disk is gone, as when it is unplugged
 *   refuse=1         the disk says that it is read-only, and a write fails
 *   full=MIB (0)     writes from at=MIB until it fails, which it has to within so much; what was
 *                    written before reads back. Reports how much that was as fitted=
 *   log=N (0)        writes N records, one a sector, each with its number, flushes each
 *                    and says DURABLE NUMBER then
 *   random=N (0)     the time of N reads and writes in turn of 4 KiB anywhere on the disk, of which
 *                    depth=N (4) are under way at once; sequential=MIB (0) the time of writing and
 *                    reading so much in pieces of 1 MiB. A line with ~ is printed at the start and
 *                    one with ~+ at the end
 * nvme: the same for the first namespace of an NVMe controller, pci=ADDRESS (the first);
 *   read=64, write=64
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pci.h"
#include "sha256.h"
#include "steps.h"

#define WAIT_MS 10000
#define CHUNK   MIB
#define SECTOR  512
#define BLOCK   4096

struct disk {
	int fd;
	unsigned cpu;
	char pci[PCI_ADDRESS_SIZE];
	char name[32]; /* the kernel's */
};

/* The controller's function goes into @disk; false if there is no first namespace (yet). */
static bool disk_find(struct disk *disk, const char *pci, char *path, size_t size)
{
	struct dirent *entry;
	char device[64];
	unsigned n, ns;
	DIR *directory = opendir("/sys/class/block");
	bool found = false;

	while (directory && !found && (entry = readdir(directory))) {
		if (sscanf(entry->d_name, "nvme%un%u", &n, &ns) != 2 || ns != 1 ||
			strchr(entry->d_name, 'p'))
			continue;
		link_name(device, sizeof(device), "/sys/class/nvme/nvme%u/device", n);
		if (pci && strcmp(pci, device))
			continue;
		snprintf(disk->pci, sizeof(disk->pci), "%.15s", device);
		snprintf(path, size, "/dev/nvme%un%u", n, ns);
		found = true;
	}
	if (directory)
		closedir(directory);
	return found;
}

/* Whether @text is a function's address: 0000:00:10.0. */
static bool is_pci_address(const char *text)
{
	unsigned domain, bus, device, function;
	int end = 0;

	return sscanf(text, "%4x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &end) == 4 &&
	       !text[end];
}

/* Where sysfs has the device of the disk @name. */
static bool device_of(const char *name, char target[PATH_MAX])
{
	char link[320];

	snprintf(link, sizeof(link), "/sys/class/block/%s/device", name);
	return realpath(link, target);
}

/* The disk at a SATA port, "ata2", or one of USB, "2-1": which name it gets is by chance. */
static bool at_port(struct disk *disk, const char *port)
{
	DIR *directory = opendir("/sys/class/block");
	char target[PATH_MAX], part[32];
	struct dirent *entry;
	bool found = false;

	snprintf(part, sizeof(part), "/%.16s/", port);
	while (directory && !found && (entry = readdir(directory))) {
		found = device_of(entry->d_name, target) && strstr(target, part);
		if (found)
			snprintf(disk->name, sizeof(disk->name), "%.31s", entry->d_name);
	}
	if (directory)
		closedir(directory);
	return found;
}

/* The function that the disk @name is of, the nearest above it: .../0000:00:1f.2/ata1/host0/... */
static bool named_find(struct disk *disk, const char *name, char *path, size_t size)
{
	char target[PATH_MAX], *up = target;

	if (strncmp(name, "ata", 3) && !strchr(name, '-'))
		snprintf(disk->name, sizeof(disk->name), "%.31s", name);
	else if (!at_port(disk, name))
		return false;
	if (!device_of(disk->name, target))
		return false;
	while (strlen(up) > 1 && !is_pci_address(basename(up)))
		up = dirname(up);
	snprintf(disk->pci, sizeof(disk->pci), "%.15s", basename(up));
	snprintf(path, size, "/dev/%s", disk->name);
	return true;
}

/* @name NULL: the NVMe disk at @pci. */
static void disk_open(struct disk *disk, const char *name, const char *pci, int mode)
{
	char path[64] = "no disk";

	disk->fd = -1;
	for (u64 end = now_ms() + WAIT_MS; disk->fd < 0;) {
		if (name ? named_find(disk, name, path, sizeof(path))
			 : disk_find(disk, pci, path, sizeof(path)))
			disk->fd = open(path, mode | O_DIRECT | O_CLOEXEC);
		if (disk->fd >= 0)
			return;
		if (now_ms() > end)
			fail("no disk came up (%s)", path);
		sleep_ms(10);
	}
}

/* Moves to the next online CPU, whose queue the next request goes through. */
static void next_cpu(struct disk *disk)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(disk->cpu++ % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static u8 *buffer_make(void)
{
	u8 *buffer = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (buffer == MAP_FAILED)
		fail_errno("no memory for the data");
	return buffer;
}

static void disk_read(struct disk *disk, u8 *buffer, u64 at)
{
	next_cpu(disk);
	if (pread(disk->fd, buffer, CHUNK, at) != (ssize_t)CHUNK)
		fail_errno("cannot read at 0x%llx", (unsigned long long)at);
}

static void disk_write(struct disk *disk, const u8 *buffer, u64 at)
{
	next_cpu(disk);
	if (pwrite(disk->fd, buffer, CHUNK, at) != (ssize_t)CHUNK)
		fail_errno("cannot write at 0x%llx", (unsigned long long)at);
}

static void read_sum(struct disk *disk, u64 start, u64 size)
{
	u8 *buffer = buffer_make();
	struct sha256 sha;
	char text[65];

	sha256_start(&sha);
	for (u64 at = 0; at < size; at += CHUNK) {
		disk_read(disk, buffer, start + at);
		sha256_add(&sha, buffer, CHUNK);
	}
	sha256_finish(&sha, text);
	report("read", "%s", text);
}

/* The same noise in each chunk, but the number of the sector at the start of each sector. */
static void noise(u8 *buffer, u32 seed)
{
	for (size_t i = 0; i < CHUNK; i += 4) {
		seed = seed * 1664525 + 1013904223;
		put_le32(buffer + i, seed);
	}
}

static void number_sectors(u8 *buffer, u64 first)
{
	for (size_t i = 0; i < CHUNK / SECTOR; i++)
		put_le64(buffer + i * SECTOR, first + i);
}

static void write_check(struct disk *disk, u64 start, u64 size, u32 seed)
{
	u8 *buffer = buffer_make(), *back = buffer_make();

	noise(buffer, seed);
	for (u64 at = 0; at < size; at += CHUNK) {
		number_sectors(buffer, at / SECTOR);
		disk_write(disk, buffer, start + at);
	}
	if (fsync(disk->fd))
		fail_errno("cannot flush the disk");
	for (u64 at = 0; at < size; at += CHUNK) {
		number_sectors(buffer, at / SECTOR);
		disk_read(disk, back, start + at);
		if (memcmp(buffer, back, CHUNK))
			fail("what was written in the MiB at 0x%llx reads differently",
				(unsigned long long)(start + at));
	}
	report("written", "%llu", (unsigned long long)(size / MIB));
}

static void zero_check(struct disk *disk, u64 start, u64 size, unsigned long how, const char *what)
{
	u64 range[2] = { start, size };
	u8 *back = buffer_make();

	if (!size)
		return;
	if (ioctl(disk->fd, how, range))
		fail_errno("cannot %s", what);
	for (u64 at = start; at < start + size; at += CHUNK) {
		disk_read(disk, back, at);
		for (size_t i = 0; i < CHUNK; i++)
			if (back[i])
				fail("%s: byte 0x%llx is 0x%02x", what,
					(unsigned long long)(at + i), back[i]);
	}
	report(what, "%llu", (unsigned long long)(size / MIB));
}

static void refuse_check(const char *name)
{
	u8 *buffer = buffer_make();
	int read_only = 0, fd;
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	/* A CD does not even open. */
	if (fd < 0 && errno == EROFS) {
		report("refused", "1");
		return;
	}
	if (fd < 0 || ioctl(fd, BLKROGET, &read_only) || !read_only)
		fail("the disk does not say that it is read-only");
	if (pwrite(fd, buffer, SECTOR, 0) >= 0)
		fail("the read-only disk was written to");
	report("refused", "1");
}

/* Each record is in the disk before it is said to be: see blocks.records(). */
static void log_records(struct disk *disk, u64 start, u64 count)
{
	u8 *buffer = buffer_make();

	for (u64 n = 1; n <= count; n++) {
		for (size_t i = 0; i < SECTOR; i += 8)
			put_le64(buffer + i, n);
		next_cpu(disk);
		if (pwrite(disk->fd, buffer, SECTOR, start + n * SECTOR) != SECTOR)
			fail_errno("cannot write record %llu", (unsigned long long)n);
		if (fsync(disk->fd))
			fail_errno("cannot flush the disk");
		say("DURABLE %llu", (unsigned long long)n);
	}
}

/* The host has no room for all of the disk: an error, after which the disk works. */
static void full_check(struct disk *disk, u64 start, u64 size)
{
	u8 *buffer = buffer_make(), *back = buffer_make();
	ssize_t ret = CHUNK;
	u64 at = 0;

	if (!size)
		return;
	noise(buffer, 1);
	for (; at < size; at += CHUNK) {
		number_sectors(buffer, at / SECTOR);
		ret = pwrite(disk->fd, buffer, CHUNK, start + at);
		if (ret != (ssize_t)CHUNK)
			break;
	}
	if (!at || at == size)
		fail("%llu MiB were written", (unsigned long long)(at / MIB));
	/* Of the medium, Linux calls it ENODATA. */
	if (ret < 0 && errno != EIO && errno != ENOSPC && errno != ENODATA)
		fail_errno("the write fails otherwise than by its error");
	report("fitted", "%llu", (unsigned long long)(at / MIB));
	while (at) {
		at -= CHUNK;
		number_sectors(buffer, at / SECTOR);
		disk_read(disk, back, start + at);
		if (memcmp(buffer, back, CHUNK))
			fail("what was written before the error reads differently");
	}
}

static unsigned count_entries(const char *path)
{
	struct dirent *entry;
	DIR *directory = opendir(path);
	unsigned n = 0;

	while (directory && (entry = readdir(directory)))
		n += entry->d_name[0] != '.';
	if (directory)
		closedir(directory);
	return n;
}

static void describe(const char *name)
{
	char text[64], path[64];

	if (read_text(text, sizeof(text), "/sys/class/block/%s/serial", name) > 0)
		report("serial", "%s", text);
	if (read_text(text, sizeof(text), "/sys/class/block/%s/size", name) > 0)
		report("sectors", "%s", text);
	if (read_text(text, sizeof(text), "/sys/class/block/%s/queue/logical_block_size", name) > 0)
		report("block", "%s", text);
	if (read_text(text, sizeof(text), "/sys/class/block/%s/queue/write_cache", name) > 0)
		report("cache", "%s", strcmp(text, "write back") ? "through" : "back");
	snprintf(path, sizeof(path), "/sys/class/block/%s/mq", name);
	report("queues", "%u", count_entries(path));
}

/* One of @depth processes: its share of the requests, each at a place of its own making. */
static void random_share(const char *path, u64 blocks, u64 count, u32 seed)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	u8 *buffer = buffer_make();

	for (u64 n = 0; n < count; n++) {
		off_t at;

		seed = seed * 1664525 + 1013904223;
		at = (off_t)((u64)seed % blocks * BLOCK);
		if ((n & 1 ? pwrite(fd, buffer, BLOCK, at) : pread(fd, buffer, BLOCK, at)) != BLOCK)
			_exit(1);
	}
	_exit(0);
}

static void time_random(const struct disk *disk, const char *name, u64 count, u64 depth)
{
	u64 blocks = (u64)lseek(disk->fd, 0, SEEK_END) / BLOCK;
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/dev/%s", name);
	say("~");
	for (u64 i = 0; i < depth; i++)
		if (!fork())
			random_share(path, blocks, count / depth, (u32)(i * 7919 + 1));
	for (u64 i = 0; i < depth; i++)
		if (wait(&status) < 0 || status)
			fail("a read or write of %u bytes failed", BLOCK);
	say("~+");
}

static void time_sequential(struct disk *disk, u64 size)
{
	u8 *buffer = buffer_make();

	say("~");
	for (u64 at = 0; at < size; at += CHUNK)
		disk_write(disk, buffer, at);
	if (fsync(disk->fd))
		fail_errno("cannot flush the disk");
	for (u64 at = 0; at < size; at += CHUNK)
		disk_read(disk, buffer, at);
	say("~+");
}

static void gone_check(const char *name, u64 seconds)
{
	char path[64];
	u64 end = now_ms() + seconds * 1000;

	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	while (seconds && !access(path, F_OK)) {
		if (now_ms() > end)
			fail("the disk is still there");
		sleep_ms(50);
	}
	if (seconds)
		report("gone", "1");
}

void step_disk(const struct args *args)
{
	const char *name = args_get(args, "name", "vda");
	u64 at = args_number(args, "at", 0) * MIB, read = args_number(args, "read", 0) * MIB;
	u64 write = args_number(args, "write", 0) * MIB, refuse = args_number(args, "refuse", 0);
	struct disk disk = { .fd = -1 };

	disk_open(&disk, name, NULL, refuse ? O_RDONLY : O_RDWR);
	if (read)
		read_sum(&disk, at, read);
	if (write)
		write_check(&disk, at, write, args_number(args, "seed", 1));
	zero_check(&disk, at, args_number(args, "zero", 0) * MIB, BLKZEROOUT, "zero");
	zero_check(&disk, at, args_number(args, "discard", 0) * MIB, BLKDISCARD, "discard");
	if (refuse)
		refuse_check(disk.name);
	full_check(&disk, at, args_number(args, "full", 0) * MIB);
	log_records(&disk, at, args_number(args, "log", 0));
	if (args_number(args, "gone", 0))
		say("DISK waits to be unplugged");
	gone_check(disk.name, args_number(args, "gone", 0));
	if (args_number(args, "random", 0))
		time_random(&disk, disk.name, args_number(args, "random", 0),
			args_number(args, "depth", 4));
	if (args_number(args, "sequential", 0))
		time_sequential(&disk, args_number(args, "sequential", 0) * MIB);
	describe(disk.name);
	pci_report(disk.pci);
}

void step_nvme(const struct args *args)
{
	u64 reads = args_number(args, "read", 64), writes = args_number(args, "write", 64);
	u64 at = args_number(args, "at", 0);
	struct disk disk = { .fd = -1 };

	disk_open(&disk, NULL, args_get(args, "pci", NULL), O_RDWR);
	if (reads)
		read_sum(&disk, 0, reads * MIB);
	if (writes)
		write_check(&disk, at * MIB, writes * MIB, args_number(args, "seed", 1));
	pci_report(disk.pci);
}
