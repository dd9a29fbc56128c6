// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The flash chip under a hostile guest: any accesses. What is told as written, put together, is all
 * that has changed; the guest has the array as memory except while it reads the status.
 */
#include "vm/dev/pflash.h"

#include "base/bytes.h"
#include "fuzz.h"

#define ADDRESS   0xffc84000ull
#define SIZE      (4 * PFLASH_BLOCK)
#define MAX_STEPS 2000

struct step {
	u8 kind; /* even: a write; bit 1: by a processor in SMM; bit 7 of the first: only SMM may */
	u8 size;
	u8 offset[2];
	u8 value;
};

struct bench {
	struct bus mmio;
	struct mem mem;
	struct pflash flash;
	u8 bytes[SIZE];
	u8 file[SIZE]; /* what a file has of it */
	bool smm_only;
};

static void on_written(void *owner, u64 offset, u64 size)
{
	struct bench *b = owner;

	CLAIM(size && offset <= SIZE && size <= SIZE - offset);
	memcpy(b->file + offset, b->bytes + offset, size);
}

static const struct pflash_ops ops = { on_written };

static void take_step(struct bench *b, const struct step *s)
{
	enum flat_view view = s->kind & 2 ? FLAT_VIEW_SMM : FLAT_VIEW_NORMAL;
	bool refused = b->smm_only && view == FLAT_VIEW_NORMAL;
	enum pflash_state before = b->flash.state;
	u64 address = ADDRESS - 16 + get_le16(s->offset) % (SIZE + 32);
	unsigned size = 1 + s->size % 8;

	if (s->kind % 2)
		CLAIM(!(bus_read_in(&b->mmio, view, address, size) & ~all_ones(size)));
	else
		bus_write_in(&b->mmio, view, address, size, s->value * 0x0101010101010101ull);
	CLAIM(!refused || before == b->flash.state);
	CLAIM(b->mem.views[FLAT_VIEW_NORMAL].nr_segments == (b->smm_only || !b->flash.status_mode));
	CLAIM(b->mem.views[FLAT_VIEW_SMM].nr_segments == !b->flash.status_mode);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bench b;
	struct pflash_config config = { &b.mmio, &b.mem, ADDRESS, SIZE, b.bytes, &ops, &b };
	struct err err = { 0 };
	struct step step;

	memset(&b, 0, sizeof(b));
	b.smm_only = config.smm_only = size && data[0] & 0x80;
	CLAIM(!bus_open(&b.mmio) && !mem_open(&b.mem, NULL, &err));
	CLAIM(!mem_add_smm(&b.mem, &err));
	CLAIM(!pflash_open(&b.flash, &config, &err));
	for (unsigned n = 0; size >= sizeof(step) && n < MAX_STEPS; n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&b, &step);
	}
	pflash_reset(&b.flash);
	CLAIM(!memcmp(b.file, b.bytes, SIZE));
	CLAIM(b.mem.views[FLAT_VIEW_NORMAL].nr_segments == 1);
	pflash_close(&b.flash);
	mem_close(&b.mem);
	bus_close(&b.mmio);
	return 0;
}
