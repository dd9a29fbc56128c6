// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware configuration device under a hostile guest: any port accesses, any commands. */
#include "vm/dev/fw_cfg.h"
#include "base/bytes.h"
#include "fuzz.h"

#define RAM_SIZE  0x4000
#define FILE_SIZE 100
#define MAX_STEPS 500

/* A step of the input: an access to the ports, or bytes into the guest's memory. */
struct step {
	u8 kind;
	u8 port;
	u8 where[2];
	u8 value[16];
};

struct bench {
	struct bus pio;
	struct mem mem;
	struct mem_region ram;
	u8 *bytes; /* exactly the RAM, so that the sanitizer sees what goes beside it */
	struct fw_cfg fw;
};

static int give(void *owner, u32 offset, void *to, u32 size)
{
	CLAIM(size && offset < FILE_SIZE && size <= FILE_SIZE - offset);
	memset(to, 0x5a, size);
	return offset == 3 ? -5 : 0;
}

static void on_selected(void *owner)
{
	struct bench *b = owner;

	CLAIM(!fw_cfg_put(&b->fw, "renewed", "0123456789", b->fw.dma_high % 10));
}

static void on_written(void *owner, const u8 *bytes, u32 size)
{
	CLAIM(size == FILE_SIZE);
}

static void open_bench(struct bench *b)
{
	const struct fw_cfg_content read = { .size = FILE_SIZE, .read = give, .owner = b };
	const struct fw_cfg_content writable = {
		.size = FILE_SIZE, .writable = true, .written = on_written, .owner = b
	};
	const struct fw_cfg_content selected = { .size = 4, .selected = on_selected, .owner = b };
	struct err err;

	CLAIM(!bus_open(&b->pio) && !mem_open(&b->mem, NULL, &err));
	b->bytes = calloc(1, RAM_SIZE);
	CLAIM(b->bytes);
	b->ram = (struct mem_region){
		.name = "RAM", .range = { 0, RAM_SIZE }, .host = b->bytes, .fd = -1
	};
	CLAIM(!mem_add(&b->mem, &b->ram, &err));
	CLAIM(!fw_cfg_open(&b->fw, &b->pio, &b->mem, &err));
	CLAIM(!fw_cfg_add(&b->fw, FW_CFG_KERNEL_DATA, &read, &err));
	CLAIM(!fw_cfg_add_file(&b->fw, "writable", &writable, &err));
	CLAIM(!fw_cfg_add_file(&b->fw, "selected", &selected, &err));
	CLAIM(!fw_cfg_add_file_bytes(&b->fw, "renewed", "", 0, &err));
}

static void close_bench(struct bench *b)
{
	fw_cfg_close(&b->fw);
	mem_close(&b->mem);
	bus_close(&b->pio);
	free(b->bytes);
}

static void take_step(struct bench *b, const struct step *s)
{
	unsigned size = 1u << (s->kind >> 2 & 3);
	u16 port = FW_CFG_PORT + s->port % 16;
	u16 where = get_le16(s->where) % (RAM_SIZE - sizeof(s->value));

	switch (s->kind & 3) {
	case 0:
		bus_write(&b->pio, port, size, get_le64(s->value));
		break;
	case 1:
		CLAIM(!(bus_read(&b->pio, port, size) & ~all_ones(size)));
		break;
	case 2:
		memcpy(b->bytes + where, s->value, sizeof(s->value));
		break;
	case 3:
		/* A command at its place, as firmware gives it. */
		memcpy(b->bytes + where, s->value, sizeof(s->value));
		bus_write(&b->pio, FW_CFG_DMA_PORT + 4, 4, htobe32(where));
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bench b;
	struct step step;

	memset(&b, 0, sizeof(b));
	open_bench(&b);
	for (unsigned n = 0; size >= sizeof(step) && n < MAX_STEPS; n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&b, &step);
		CLAIM(!b.fw.selected || b.fw.selected->name[FW_CFG_NAME_SIZE - 1] == '\0');
	}
	fw_cfg_reset(&b.fw);
	close_bench(&b);
	return 0;
}
