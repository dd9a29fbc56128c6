// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sleep: the guest sleeps in its memory (S3), and finds memory and processors as they were
 *   seconds=N  how long, until the clock's alarm wakes it; 0 (the default): until somebody does
 *   mib=N      how much memory is filled before and compared afterwards (64)
 * hibernate: the guest sleeps on a disk (S4), and goes on when it is started again
 *   name=DISK  takes the image of its memory; what was there is lost
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <time.h>
#include <unistd.h>

#include "steps.h"

#define PAGE  4096
#define STATE "/sys/power/state"
#define ALARM "/sys/class/rtc/rtc0/wakealarm"

static void put(const char *path, const char *text)
{
	if (write_text(text, "%s", path) < 0)
		fail_errno("cannot write %s to %s", text, path);
}

static void must_offer(const char *path, const char *word)
{
	char text[128] = "";

	read_text(text, sizeof(text), "%s", path);
	if (!strstr(text, word))
		fail("%s offers '%s', and no %s", path, text, word);
}

/* The seconds during which the guest has slept, by its own clocks. */
static u64 slept(void)
{
	struct timespec all, awake;

	clock_gettime(CLOCK_BOOTTIME, &all);
	clock_gettime(CLOCK_MONOTONIC, &awake);
	return all.tv_sec - awake.tv_sec;
}

static u64 word_at(u64 at)
{
	return (at + 1) * 0x9e3779b97f4a7c15ull;
}

static u64 *fill(u64 words)
{
	u64 *memory = mmap(NULL, words * sizeof(u64), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		fail_errno("no memory to compare");
	for (u64 i = 0; i < words; i++)
		memory[i] = word_at(i);
	return memory;
}

static void compare(const u64 *memory, u64 words)
{
	for (u64 i = 0; i < words; i++)
		if (memory[i] != word_at(i))
			fail("word %llu of the memory is not what it was", (unsigned long long)i);
	munmap((void *)memory, words * sizeof(u64));
}

void step_sleep(const struct args *args)
{
	u64 seconds = args_number(args, "seconds", 0), before = slept();
	u64 words = args_number(args, "mib", 64) * (1024 * 1024 / sizeof(u64));
	char text[32];
	u64 *memory;

	must_offer("/sys/power/mem_sleep", "deep");
	put("/sys/power/mem_sleep", "deep");
	if (seconds) {
		put(ALARM, "0");
		snprintf(text, sizeof(text), "+%llu", (unsigned long long)seconds);
		put(ALARM, text);
	}
	memory = fill(words);
	say("SLEEP begins");
	put(STATE, "mem");
	compare(memory, words);
	report("seconds", "%llu", (unsigned long long)(slept() - before));
	report("cpus", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
}

/* A swap area over the whole disk, as mkswap makes it (mm/swapfile.c, union swap_header). */
static void make_swap(const char *disk)
{
	unsigned char page[PAGE] = { 0 };
	int fd = open(disk, O_RDWR | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	unsigned info[2] = { 1, (unsigned)(size / PAGE - 1) }; /* version, last page */

	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	if (size < 2 * PAGE || pwrite(fd, page, PAGE, 0) != PAGE || fsync(fd))
		fail_errno("cannot make %s a swap area", disk);
	close(fd);
}

void step_hibernate(const struct args *args)
{
	const char *name = args_get(args, "name", "vda");
	char disk[64], device[32] = "";
	u64 *memory;

	snprintf(disk, sizeof(disk), "/dev/%s", name);
	if (read_text(device, sizeof(device), "/sys/class/block/%s/dev", name) < 0)
		fail("there is no disk %s", name);
	must_offer("/sys/power/disk", "platform");
	put("/sys/power/disk", "platform");
	/* With an image there, the kernel goes on below, behind the word "disk", and not from here.
	 */
	put("/sys/power/resume", device);
	make_swap(disk);
	if (swapon(disk, 0))
		fail_errno("cannot swap to %s", disk);
	put("/sys/power/resume", device);
	memory = fill(PAGE);
	say("SLEEP begins");
	put(STATE, "disk");
	compare(memory, PAGE);
	report("seconds", "%llu", (unsigned long long)slept());
}
