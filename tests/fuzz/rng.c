// SPDX-License-Identifier: GPL-2.0-or-later
/* The source of random numbers under a hostile driver: registers, and the ring in memory. */
#include "vm/virtio/rng.h"
#include "bench.h"
#include "vm/virtio/virtio_pci.h"

#define DEVFN PCI_DEVFN_OF(16, 0)

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
};

enum { RAM_WRITE = BENCH_KINDS, RUN, RESET, NR_KINDS };

static struct {
	struct bench m;
	struct rng rng;
	struct virtio_pci pci;
} b;

static void take_step(const struct step *s)
{
	u32 address = get_le32(s->address);
	u8 *at;

	bench_access(
		&b.m, DEVFN, s->kind % NR_KINDS, s->size, address, address, get_le32(s->value));
	switch (s->kind % NR_KINDS) {
	case RAM_WRITE:
		at = mem_ptr(&b.m.mem, address % BENCH_RAM, 4);
		if (at)
			memcpy(at, s->value, 4);
		break;
	case RUN:
		bench_step(&b.m);
		break;
	case RESET:
		pci_bus_reset(&b.m.host.root);
		CLAIM(!b.rng.dev.started);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct err err = { 0 };
	struct step step;

	memset(&b, 0, sizeof(b));
	bench_open(&b.m, false);
	rng_open(&b.rng, &b.m.loop);
	CLAIM(!virtio_pci_open(&b.pci, &b.rng.dev, &b.m.host, DEVFN, RNG_CLASS, &b.m.loop, &err));
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step)); n++)
		take_step(&step);
	virtio_pci_close(&b.pci);
	bench_close(&b.m);
	return 0;
}
