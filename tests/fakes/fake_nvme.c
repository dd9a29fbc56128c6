// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_nvme.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "unit.h"

#define TABLE 0x2000
#define DNR   0x4000u

static int make_file(void)
{
	int fd = memfd_create("disk", 0);
	u32 words[1024];

	assert_true(fd >= 0);
	for (u32 at = 0; at < FNVME_DISK_SIZE / 4; at += 1024) {
		for (u32 i = 0; i < 1024; i++)
			words[i] = at + i;
		assert_int_equal(write(fd, words, sizeof(words)), sizeof(words));
	}
	return fd;
}

void fnvme_open(struct fnvme *f, struct nvme_config config)
{
	struct err err = { 0 };
	char path[32];

	memset(f, 0, sizeof(*f));
	guest_open(&f->guest);
	f->file = make_file();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->file);
	config.path = path;
	config.queues = 1; /* the tests create two nevertheless */
	if (nvme_open(&f->nvme, &config, &err))
		fail_msg("%s", err.text);
	assert_int_equal(
		nvme_attach(&f->nvme, &f->guest.host.root, GUEST_DEVFN, &f->guest.loop, &err), 0);
	guest_config_write(&f->guest, PCI_BASE_ADDRESS_0, 4, GUEST_BAR);
	guest_config_write(&f->guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (unsigned i = 0; i < ARRAY_SIZE(f->queues); i++) {
		f->queues[i].sq = guest_alloc(&f->guest, 4096, 4096);
		f->queues[i].cq = guest_alloc(&f->guest, 4096, 4096);
	}
	f->data = guest_alloc(&f->guest, MIB, 4096);
	f->shadows = guest_alloc(&f->guest, 2 * NVME_PAGE, 4096);
}

void fnvme_close(struct fnvme *f)
{
	nvme_close(&f->nvme);
	guest_close(&f->guest);
	close(f->file);
}

u32 fnvme_read(struct fnvme *f, u32 reg)
{
	return (u32)bus_read(&f->guest.mmio, GUEST_BAR + reg, 4);
}

void fnvme_write(struct fnvme *f, u32 reg, u32 value)
{
	bus_write(&f->guest.mmio, GUEST_BAR + reg, 4, value);
}

void fnvme_enable(struct fnvme *f)
{
	for (unsigned i = 0; i < ARRAY_SIZE(f->queues); i++) {
		struct fnvme_queue *q = &f->queues[i];

		memset(guest_at(&f->guest, q->cq), 0, 4096);
		q->tail = q->head = 0;
		q->phase = true;
	}
	f->shadowed = false;
	fnvme_write(f, NVME_AQA, (FNVME_ENTRIES - 1) | (FNVME_ENTRIES - 1) << 16);
	bus_write(&f->guest.mmio, GUEST_BAR + NVME_ASQ, 8, f->queues[0].sq);
	bus_write(&f->guest.mmio, GUEST_BAR + NVME_ACQ, 8, f->queues[0].cq);
	fnvme_write(f, NVME_CC, NVME_CC_EN | 6 << 16 | 4 << 20);
	assert_int_equal(fnvme_read(f, NVME_CSTS), NVME_CSTS_RDY);
}

void fnvme_create(struct fnvme *f, unsigned id)
{
	const u32 size = (FNVME_ENTRIES - 1) << 16;
	struct fnvme_command cq = {
		.opcode = NVME_CREATE_CQ,
		.prp1 = f->queues[id].cq,
		.dw10 = id | size,
		.dw11 = 3 | id << 16,
	};
	struct fnvme_command sq = {
		.opcode = NVME_CREATE_SQ,
		.prp1 = f->queues[id].sq,
		.dw10 = id | size,
		.dw11 = 1 | id << 16,
	};

	assert_int_equal(fnvme_do(f, 0, &cq), NVME_OK);
	assert_int_equal(fnvme_do(f, 0, &sq), NVME_OK);
}

void fnvme_msix(struct fnvme *f)
{
	u16 cap = (u16)guest_config_read(&f->guest, PCI_CAPABILITY_LIST, 1);

	while (guest_config_read(&f->guest, cap, 1) != PCI_CAP_ID_MSIX)
		cap = (u16)guest_config_read(&f->guest, cap + 1, 1);
	guest_config_write(&f->guest, cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	for (u32 i = 0; i < ARRAY_SIZE(f->queues); i++) {
		fnvme_write(f, TABLE + 16 * i, (u32)GUEST_MSI);
		fnvme_write(f, TABLE + 16 * i + 8, 0x40 + i);
		fnvme_write(f, TABLE + 16 * i + 12, 0);
	}
}

void fnvme_run(struct fnvme *f)
{
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i <= f->nvme.nr_io; i++)
			if (!f->nvme.sqs[i].worker.has_thread)
				assert_int_equal(
					block_worker_step(&f->nvme.sqs[i].worker, false), 0);
		guest_step(&f->guest);
	}
}

u16 fnvme_put(struct fnvme *f, unsigned queue, const struct fnvme_command *c)
{
	struct fnvme_queue *q = &f->queues[queue];
	u8 *at = guest_at(&f->guest, q->sq + q->tail * NVME_SQE);

	memset(at, 0, NVME_SQE);
	put_le32(at, c->opcode | (u32)++f->next_id << 16);
	put_le32(at + 4, c->ns);
	put_le64(at + 24, c->prp1);
	put_le64(at + 32, c->prp2);
	put_le32(at + 40, c->dw10);
	put_le32(at + 44, c->dw11);
	put_le32(at + 48, c->dw12);
	put_le32(at + 52, c->dw13);
	q->tail = (q->tail + 1) % FNVME_ENTRIES;
	return f->next_id;
}

void fnvme_use_shadows(struct fnvme *f)
{
	const struct fnvme_command command = {
		.opcode = NVME_DOORBELL_BUFFER,
		.prp1 = f->shadows,
		.prp2 = f->shadows + NVME_PAGE,
	};

	memset(guest_at(&f->guest, f->shadows), 0, 2 * NVME_PAGE);
	for (unsigned i = 1; i < ARRAY_SIZE(f->queues); i++) {
		put_le32(guest_at(&f->guest, f->shadows + 8 * i), f->queues[i].tail);
		put_le32(guest_at(&f->guest, f->shadows + 8 * i + 4), f->queues[i].head);
	}
	assert_int_equal(fnvme_do(f, 0, &command), NVME_OK);
	f->shadowed = true;
}

/* @n: the number of the doorbell. NVM Express 1.4, 7.13, says when it is written to. */
static void doorbell(struct fnvme *f, unsigned n, u32 value)
{
	u32 *shadow = (u32 *)guest_at(&f->guest, f->shadows) + n, before, event;

	if (f->shadowed && n >= 2) {
		before = le32toh(__atomic_load_n(shadow, __ATOMIC_RELAXED));
		__atomic_store_n(shadow, htole32(value), __ATOMIC_SEQ_CST);
		event = le32toh(__atomic_load_n(shadow + NVME_PAGE / 4, __ATOMIC_SEQ_CST));
		if ((u16)(value - event - 1) >= (u16)(value - before))
			return;
	}
	f->nr_rings++;
	fnvme_write(f, NVME_DOORBELLS + 4 * n, value);
}

void fnvme_ring(struct fnvme *f, unsigned queue)
{
	doorbell(f, 2 * queue, f->queues[queue].tail);
}

u32 fnvme_take(struct fnvme *f, unsigned queue, u16 *id)
{
	struct fnvme_queue *q = &f->queues[queue];
	const u8 *at = guest_at(&f->guest, q->cq + q->head * NVME_CQE);
	u32 last = le32toh(__atomic_load_n((const u32 *)(const void *)(at + 12), __ATOMIC_ACQUIRE));

	if ((last >> 16 & 1) != q->phase)
		return FNVME_NONE;
	f->result = get_le32(at);
	assert_int_equal(get_le16(at + 10), queue);
	if (id)
		*id = (u16)last;
	if (++q->head == FNVME_ENTRIES) {
		q->head = 0;
		q->phase = !q->phase;
	}
	doorbell(f, 2 * queue + 1, q->head);
	return last >> 17 & ~DNR;
}

u32 fnvme_do(struct fnvme *f, unsigned queue, const struct fnvme_command *command)
{
	u16 id = fnvme_put(f, queue, command), back = 0;
	u32 status;

	fnvme_ring(f, queue);
	for (unsigned ms = 0;; ms++) {
		fnvme_run(f);
		status = fnvme_take(f, queue, &back);
		if (status != FNVME_NONE || !f->nvme.sqs[0].worker.has_thread || ms == 5000)
			break;
		usleep(1000);
	}
	if (status != FNVME_NONE)
		assert_int_equal(back, id);
	return status;
}

u8 *fnvme_data(struct fnvme *f)
{
	return guest_at(&f->guest, f->data);
}
