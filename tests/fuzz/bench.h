/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What targets have in common in which a hostile driver uses a PCI device: a machine in small, with
 * RAM, buses and a loop but no processor; and the accesses that are the same for all devices.
 */
#ifndef FUZZ_BENCH_H
#define FUZZ_BENCH_H

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/loop.h"
#include "fake_irq.h"
#include "fuzz.h"
#include "vm/mem/ram.h"
#include "vm/pci/pci_bus.h"

#define BENCH_RAM   (2 * MIB)
#define BENCH_STEPS 500

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct irq irq;
	struct loop loop;
	struct pci_host host;
};

/* @shared: RAM is a file, as for devices in other processes. */
static inline void bench_open(struct bench *b, bool shared)
{
	struct err err = { 0 };

	log_set_level(LOG_ERROR);
	irq_fake_reset();
	CLAIM(!bus_open(&b->mmio) && !bus_open(&b->pio) && !mem_open(&b->mem, NULL, &err));
	CLAIM(!(shared ? ram_open_shared(&b->ram, &b->mem, BENCH_RAM, &err)
		       : ram_open(&b->ram, &b->mem, BENCH_RAM, &err)));
	CLAIM(!loop_open(&b->loop, &clock_system, &err));
	pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, &b->irq);
}

/* The devices are closed, and have left nothing. */
static inline void bench_close(struct bench *b)
{
	pci_host_close(&b->host);
	loop_close(&b->loop);
	ram_close(&b->ram);
	mem_close(&b->mem);
	CLAIM(!b->mmio.nr_regions && !irq_fake_routes() && !irq_fake_attached());
	bus_close(&b->pio);
	bus_close(&b->mmio);
}

static inline void bench_step(struct bench *b)
{
	struct err err = { 0 };

	CLAIM(!loop_step(&b->loop, 0, &err));
}

/* A file of @size bytes; the caller closes it, and others open it at @path. */
static inline int bench_file(char path[32], u64 size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CLAIM(fd >= 0 && !ftruncate(fd, (off_t)size));
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/*
 * The host's file no longer gives what it had: it is empty (@how 1), or takes no more writes (2).
 * Otherwise it is as long again.
 */
static inline void bench_file_fails(int fd, unsigned how, u64 size)
{
	if (how == 2)
		CLAIM(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) || errno == EBUSY);
	else if (ftruncate(fd, how == 1 ? 0 : (off_t)size))
		CLAIM(errno == EPERM);
}

/* The kinds of a step that all devices have come first. */
enum { BENCH_CONFIG_READ, BENCH_CONFIG_WRITE, BENCH_BAR_READ, BENCH_BAR_WRITE, BENCH_KINDS };

/* @size: 1, 2, 4 or 8, by its low bits; @config: an offset; @bar: an address. */
static inline void bench_access(
	struct bench *b, u8 devfn, unsigned kind, u8 size_bits, u32 config, u64 bar, u32 word)
{
	unsigned size = 1u << size_bits % 4, width = size > 4 ? 4 : size;
	u64 value = (u64)word * 0x100000001ull;
	u16 offset = (u16)(config & 0xff & ~(width - 1));

	switch (kind) {
	case BENCH_CONFIG_READ:
		pci_host_config_read(&b->host, 0, devfn, offset, width);
		break;
	case BENCH_CONFIG_WRITE:
		pci_host_config_write(&b->host, 0, devfn, offset, width, word);
		break;
	case BENCH_BAR_READ:
		bus_read(&b->mmio, bar, size);
		break;
	case BENCH_BAR_WRITE:
		bus_write(&b->mmio, bar, size, value);
		break;
	}
}

/* The next step of an input of steps of @size bytes; false: there is none. */
static inline bool bench_next(const u8 **data, size_t *left, void *step, size_t size)
{
	if (*left < size)
		return false;
	memcpy(step, *data, size);
	*data += size;
	*left -= size;
	return true;
}

#endif
