// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nvme: reads and writes the disk of an NVMe controller past the page cache, in turn on each CPU,
 * which gives each queue and its interrupt work.
 *   pci=ADDRESS (without: the first controller)
 *   read=MIB (64)    from the start; reports the SHA-256 as read=
 *   write=MIB (64)   then, from at=MIB (0), what blocks.py makes of seed=N (1); reads it back and
 *                    compares
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pci.h"
#include "sha256.h"
#include "steps.h"

#define WAIT_MS 10000
#define CHUNK   MIB
#define SECTOR  512

struct disk {
	int fd;
	unsigned cpu;
	char pci[PCI_ADDRESS_SIZE];
};

/* The controller's function goes into @disk; false if there is no first namespace (yet). */
static bool disk_find(struct disk *disk, const char *pci, char *path, size_t size)
{
	struct dirent *entry;
	char device[64];
	unsigned n, ns;
	DIR *folder = opendir("/sys/class/block");
	bool found = false;

	while (folder && !found && (entry = readdir(folder))) {
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
	if (folder)
		closedir(folder);
	return found;
}

static void disk_open(struct disk *disk, const char *pci)
{
	char path[64] = "no disk";

	disk->fd = -1;
	for (u64 end = now_ms() + WAIT_MS; disk->fd < 0;) {
		if (disk_find(disk, pci, path, sizeof(path)))
			disk->fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (disk->fd >= 0)
			return;
		if (now_ms() > end)
			fail("no NVMe disk came up (%s)", path);
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

static void read_sum(struct disk *disk, u64 size)
{
	u8 *buffer = buffer_make();
	struct sha256 sha;
	char text[65];

	sha256_start(&sha);
	for (u64 at = 0; at < size; at += CHUNK) {
		disk_read(disk, buffer, at);
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

void step_nvme(const struct args *args)
{
	u64 reads = args_number(args, "read", 64), writes = args_number(args, "write", 64);
	u64 at = args_number(args, "at", 0);
	struct disk disk = { .fd = -1 };

	disk_open(&disk, args_get(args, "pci", NULL));
	if (reads)
		read_sum(&disk, reads * MIB);
	if (writes)
		write_check(&disk, at * MIB, writes * MIB, args_number(args, "seed", 1));
	pci_report(disk.pci);
}
