// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first three steps take pci=ADDRESS, else the first such device.
 * edu: its registers answer as specified.
 * edu-dma: random bytes go from memory to the device and back, to another place.
 *   rounds=N (2)   min=, max=: the range of physical addresses (0 to 256 MiB, the device's default)
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "edu.h"
#include "steps.h"

#define PAGE        4096
#define CHUNK       (512 * PAGE)
#define MAX_CHUNKS  4096
#define DEADLINE_MS 5000

void edu_open(struct edu *edu, const struct args *args)
{
	u16 command;

	pci_open(&edu->pci, args, EDU_VENDOR, EDU_DEVICE);
	command = pci_read16(&edu->pci, PCI_COMMAND);
	pci_write16(&edu->pci, PCI_COMMAND, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	edu->bar = pci_map(&edu->pci, 0, PAGE);
}

u32 edu_read(const struct edu *edu, unsigned offset)
{
	return *(volatile u32 *)(edu->bar + offset);
}

void edu_write(const struct edu *edu, unsigned offset, u32 value)
{
	*(volatile u32 *)(edu->bar + offset) = value;
}

void edu_write64(const struct edu *edu, unsigned offset, u64 value)
{
	*(volatile u64 *)(edu->bar + offset) = value;
}

/* Waits until none of @bits is set in the register at @offset. */
static void wait_clear(const struct edu *edu, unsigned offset, u32 bits, const char *what)
{
	u64 end = now_ms() + DEADLINE_MS;

	while (edu_read(edu, offset) & bits) {
		if (now_ms() > end)
			fail("%s does not end", what);
		sleep_ms(1);
	}
}

static void check_factorial(const struct edu *edu, u32 n)
{
	u32 product = 1, is;

	for (u32 i = 2; i <= n; i++)
		product *= i;
	edu_write(edu, EDU_FACTORIAL, n);
	wait_clear(edu, EDU_STATUS, EDU_COMPUTING, "the factorial");
	is = edu_read(edu, EDU_FACTORIAL);
	if (is != product)
		fail("the factorial of %u is %u, not %u", n, is, product);
}

void step_edu(const struct args *args)
{
	static const u32 values[] = { 0, 1, 0x12345678, 0x80000000, 0xffffffff };
	struct edu edu;
	u32 id, is;

	edu_open(&edu, args);
	id = edu_read(&edu, EDU_ID);
	if ((id & 0xffff) != 0xed)
		fail("the identification is 0x%08x", id);
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		edu_write(&edu, EDU_LIVENESS, values[i]);
		is = edu_read(&edu, EDU_LIVENESS);
		if (is != ~values[i])
			fail("the complement of 0x%08x is 0x%08x", values[i], is);
	}
	for (u32 n = 1; n <= 12; n++)
		check_factorial(&edu, n);
	report("pci", "%s", edu.pci.address);
	report("id", "0x%08x", id);
}

/* The physical address of the page at @page. */
static u64 physical(int pagemap, const void *page)
{
	u64 entry;

	if (pread(pagemap, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry)) !=
		sizeof(entry))
		fail_errno("cannot read /proc/self/pagemap");
	if (!(entry >> 63) || !(entry << 9))
		fail("the kernel does not tell the physical address of a page");
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

/* Maps a page that lies in [@min, @max) of physical memory and stays there; its address in @at. */
static u8 *page_between(int pagemap, u64 min, u64 max, u64 *at)
{
	for (unsigned n = 0; n < MAX_CHUNKS; n++) {
		u8 *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);

		if (chunk == MAP_FAILED)
			break;
		for (unsigned i = 0; i < CHUNK; i += PAGE) {
			*at = physical(pagemap, chunk + i);
			if (*at >= min && *at + PAGE <= max)
				return chunk + i;
		}
	}
	fail("no free page between 0x%llx and 0x%llx", (unsigned long long)min,
		(unsigned long long)max);
}

void edu_transfer(const struct edu *edu, u64 from, u64 to, u64 size, u32 direction)
{
	edu_write64(edu, EDU_DMA_FROM, from);
	edu_write64(edu, EDU_DMA_TO, to);
	edu_write64(edu, EDU_DMA_SIZE, size);
	edu_write(edu, EDU_DMA_CMD, EDU_DMA_START | direction);
	wait_clear(edu, EDU_DMA_CMD, EDU_DMA_START, "the transfer");
}

static void check_arrived(
	const u8 *to, const u8 *before, const u8 *sent, unsigned skip, unsigned size)
{
	for (unsigned i = 0; i < PAGE; i++) {
		bool inside = i >= skip && i < skip + size;

		if (to[i] != (inside ? sent[i - skip] : before[i]))
			fail("byte %u is 0x%02x, not 0x%02x (the transfer: %u bytes at %u)", i,
				to[i], inside ? sent[i - skip] : before[i], size, skip);
	}
}

/* Sends bytes to the device and gets them back with other offsets, in a page whose rest stays. */
static void round_trip(const struct edu *edu, u8 *from, u64 from_at, u8 *to, u64 to_at, unsigned n)
{
	unsigned skip = 16 + 8 * n % 256, there = 8 * n % 512;
	unsigned size = EDU_TRANSFER_MAX - 512 - 128 * n % 2048;
	u8 before[PAGE];

	if (getrandom(from, PAGE, GRND_INSECURE) != PAGE ||
		getrandom(before, PAGE, GRND_INSECURE) != PAGE)
		fail_errno("no random bytes");
	memcpy(to, before, PAGE);
	edu_transfer(edu, from_at, EDU_BUFFER + there, size, 0);
	edu_transfer(edu, EDU_BUFFER + there, to_at + skip, size, EDU_DMA_READ);
	check_arrived(to, before, from, skip, size);
}

void step_edu_dma(const struct args *args)
{
	u64 rounds = args_number(args, "rounds", 2);
	u64 min = args_number(args, "min", 0), max = args_number(args, "max", 256 * MIB);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u64 from_at, to_at;
	struct edu edu;
	u8 *from, *to;

	if (pagemap < 0)
		fail_errno("cannot open /proc/self/pagemap");
	edu_open(&edu, args);
	from = page_between(pagemap, min, max, &from_at);
	to = page_between(pagemap, min, max, &to_at);
	for (u64 n = 0; n < rounds; n++)
		round_trip(&edu, from, from_at, to, to_at, n);
	if (physical(pagemap, from) != from_at || physical(pagemap, to) != to_at)
		fail("the kernel moved the page; try again");
	report("pci", "%s", edu.pci.address);
	report("rounds", "%llu", (unsigned long long)rounds);
	report("from", "0x%llx", (unsigned long long)from_at);
	report("to", "0x%llx", (unsigned long long)to_at);
}
