// SPDX-License-Identifier: GPL-2.0-or-later
/* I/O queues and commands: NVM Express 1.4, chapters 4 and 6. */
#include "unit.h"

#include <unistd.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_nvme.h"

#define BLOCKS (FNVME_DISK_SIZE / 512)

static const struct nvme_config here = { .no_threads = true };

static void set_up(struct fnvme *f, struct nvme_config config)
{
	fnvme_open(f, config);
	fnvme_enable(f);
	fnvme_create(f, 1);
}

static u32 word_at(struct fnvme *f, u64 block)
{
	u8 word[4];

	assert_int_equal(pread(f->file, word, 4, (off_t)block * 512), 4);
	return get_le32(word);
}

static void blocks_are_read_and_written(void **state)
{
	struct fnvme f;

	set_up(&f, here);
	assert_int_equal(
		fnvme_do(&f, 1,
			&(struct fnvme_command){ NVME_READ, 1, f.data, .dw10 = 100, .dw12 = 1 }),
		NVME_OK);
	assert_int_equal(get_le32(fnvme_data(&f)), 100 * 128);
	assert_int_equal(get_le32(fnvme_data(&f) + 1020), 102 * 128 - 1);
	memset(fnvme_data(&f), 0x5a, 1024);
	assert_int_equal(fnvme_do(&f, 1,
				 &(struct fnvme_command){ NVME_WRITE, 1, f.data, .dw10 = 200,
					 .dw12 = 1 | 1u << 30 }),
		NVME_OK);
	assert_int_equal(word_at(&f, 199), 199 * 128);
	assert_int_equal(word_at(&f, 200), 0x5a5a5a5a);
	assert_int_equal(word_at(&f, 201), 0x5a5a5a5a);
	assert_int_equal(word_at(&f, 202), 202 * 128);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 }), NVME_OK);
	assert_int_equal(
		fnvme_do(&f, 1, &(struct fnvme_command){ NVME_FLUSH, NVME_ALL_NS }), NVME_OK);
	fnvme_close(&f);
}

/* A list of pages that are anywhere, which goes on in a second page of it. */
static void lists_of_pages_are_followed(void **state)
{
	enum { PAGES = 300 };
	struct fnvme f;
	u64 list, second, memory;

	set_up(&f, here);
	list = guest_alloc(&f.guest, 4096, 4096);
	second = guest_alloc(&f.guest, 4096, 4096);
	memory = guest_alloc(&f.guest, (PAGES / 2) * 4096, 4096);
	/* From the middle of the list's page: 256 entries, of which the last leads on. */
	for (unsigned i = 0; i < PAGES; i++) {
		u64 page = memory + (i % (PAGES / 2)) * 4096;

		put_le64(guest_at(&f.guest, i < 255 ? list + 2048 + 8 * i : second + 8 * (i - 255)),
			page);
	}
	put_le64(guest_at(&f.guest, list + 4088), second);
	assert_int_equal(fnvme_do(&f, 1,
				 &(struct fnvme_command){ NVME_READ, 1, f.data + 512, list + 2048,
					 .dw10 = 0, .dw12 = 7 + PAGES * 8 - 1 }),
		NVME_OK);
	assert_int_equal(get_le32(fnvme_data(&f) + 512), 0);
	/* The first page had 3584 bytes; the last of the list's is page 299. */
	assert_int_equal(get_le32(guest_at(&f.guest, memory + (PAGES / 2 - 1) * 4096)),
		(3584 + 299 * 4096) / 4);
	assert_int_equal(get_le32(guest_at(&f.guest, memory)), (3584 + 150 * 4096) / 4);
	fnvme_close(&f);
}

static void commands_are_judged(void **state)
{
	static const struct {
		struct fnvme_command command;
		u32 status;
	} cases[] = {
		{ { NVME_READ, 1, 0x200000, .dw10 = BLOCKS - 1 }, NVME_OK },
		{ { NVME_READ, 1, 0x200000, .dw10 = BLOCKS - 1, .dw12 = 1 }, NVME_LBA_RANGE },
		{ { NVME_READ, 1, 0x200000, .dw10 = BLOCKS }, NVME_LBA_RANGE },
		{ { NVME_READ, 1, 0x200000, .dw11 = 0xffffffff }, NVME_LBA_RANGE },
		{ { NVME_WRITE, 1, 0x200000, .dw10 = ~0u, .dw11 = ~0u }, NVME_LBA_RANGE },
		{ { NVME_READ, 1, 0x200000, .dw12 = 0x1000 }, NVME_INVALID_FIELD }, /* > MDTS */
		{ { NVME_READ, 2, 0x200000 }, NVME_INVALID_NS },
		{ { NVME_READ, 0, 0x200000 }, NVME_INVALID_NS },
		{ { NVME_READ, NVME_ALL_NS, 0x200000 }, NVME_INVALID_NS },
		{ { NVME_READ, 1, GUEST_RAM }, NVME_TRANSFER_ERROR },
		{ { NVME_READ, 1, 0x200002 }, NVME_INVALID_OFFSET + 0 },
		{ { NVME_READ, 1, 0x200800, 0x201800, .dw12 = 7 }, NVME_INVALID_OFFSET },
		{ { NVME_READ, 1, 0x200800, 1ull << 50, .dw12 = 7 }, NVME_TRANSFER_ERROR },
		{ { NVME_READ, 1, 0x200000, 1ull << 50, .dw12 = 31 }, NVME_TRANSFER_ERROR },
		{ { NVME_READ, 1, 0x200000, 0x201004, .dw12 = 31 }, NVME_INVALID_OFFSET },
		{ { NVME_WRITE_ZEROES, 1, .dw10 = 8, .dw12 = 7 }, NVME_OK },
		{ { NVME_WRITE_ZEROES, 1, .dw10 = 32, .dw12 = 7 | 1 << 25 }, NVME_OK },
		{ { NVME_WRITE_ZEROES, 1, .dw10 = BLOCKS - 1, .dw12 = 1 }, NVME_LBA_RANGE },
		{ { NVME_DSM, 1, 0x200000, .dw11 = 1 }, NVME_OK }, /* a hint */
		{ { NVME_DSM, 1, 1ull << 50, .dw11 = 4 }, NVME_TRANSFER_ERROR },
		{ { 0x05, 1 }, NVME_INVALID_OPCODE }, /* compare */
		{ { 0x80, 1 }, NVME_INVALID_OPCODE },
	};
	struct fnvme f;

	set_up(&f, here);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 status = fnvme_do(&f, 1, &cases[i].command);

		if (status != cases[i].status)
			fail_msg("case %zu: 0x%x", i, status);
	}
	assert_int_equal(word_at(&f, 7), 7 * 128);
	assert_int_equal(word_at(&f, 8), 0);
	assert_int_equal(word_at(&f, 16), 16 * 128);
	assert_int_equal(word_at(&f, 32), 0);
	/* Fused ones, and lists of another kind than pages. */
	fnvme_put(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 });
	guest_at(&f.guest, f.queues[1].sq + (f.queues[1].tail - 1) % 16 * 64)[1] = 0x40;
	fnvme_ring(&f, 1);
	fnvme_run(&f);
	assert_int_equal(fnvme_take(&f, 1, NULL), NVME_INVALID_FIELD);
	fnvme_close(&f);
}

static void ranges_are_deallocated(void **state)
{
	struct fnvme_command dsm = { NVME_DSM, 1, .dw10 = 2, .dw11 = 4 };
	struct fnvme f;
	u8 *data;

	set_up(&f, here);
	data = fnvme_data(&f);
	dsm.prp1 = f.data;
	put_le32(data + 4, 8);
	put_le64(data + 8, 16);
	put_le64(data + 24, ~0ull); /* an empty one between */
	put_le32(data + 36, 1);
	put_le64(data + 40, 4096);
	assert_int_equal(fnvme_do(&f, 1, &dsm), NVME_OK);
	assert_int_equal(word_at(&f, 15), 15 * 128);
	assert_int_equal(word_at(&f, 16), 0);
	assert_int_equal(word_at(&f, 24), 24 * 128);
	assert_int_equal(word_at(&f, 4096), 0);
	put_le64(data + 40, ~0ull);
	assert_int_equal(fnvme_do(&f, 1, &dsm), NVME_LBA_RANGE);
	fnvme_close(&f);
}

static void a_read_only_disk_stays_as_it_is(void **state)
{
	struct nvme_config config = here;
	struct fnvme f;

	config.read_only = true;
	set_up(&f, config);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_WRITE, 1, f.data }),
		NVME_WRITE_PROTECTED);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_WRITE_ZEROES, 1 }),
		NVME_WRITE_PROTECTED);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_READ, 1, f.data }), NVME_OK);
	assert_int_equal(
		fnvme_do(&f, 0, &(struct fnvme_command){ NVME_IDENTIFY, 1, f.data }), NVME_OK);
	assert_int_equal(fnvme_data(&f)[99], 1);
	fnvme_close(&f);
}

static void the_hosts_errors_are_the_disks(void **state)
{
	struct fnvme f;

	set_up(&f, here);
	assert_int_equal(ftruncate(f.file, 4096), 0);
	assert_int_equal(
		fnvme_do(&f, 1, &(struct fnvme_command){ NVME_READ, 1, f.data, .dw10 = 64 }),
		NVME_READ_FAILED);
	fnvme_close(&f);
}

/* More commands than the completion queue has room for: none is lost, in any order. */
static void completions_wait_for_room(void **state)
{
	struct fnvme f;
	unsigned taken = 0;

	set_up(&f, here);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < FNVME_ENTRIES - 1; i++)
			fnvme_put(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 });
		fnvme_ring(&f, 1);
		fnvme_run(&f);
	}
	while (fnvme_take(&f, 1, NULL) == NVME_OK)
		taken++;
	assert_int_equal(taken, 4 * (FNVME_ENTRIES - 1));
	/* A driver that takes what is not there is not believed. */
	fnvme_write(&f, NVME_DOORBELLS + 12, (f.queues[1].head + 5) % FNVME_ENTRIES);
	fnvme_write(&f, NVME_DOORBELLS + 12, 1000);
	fnvme_write(&f, NVME_DOORBELLS + 8, 1000);
	fnvme_write(&f, NVME_DOORBELLS + 16, 1); /* no such queue */
	fnvme_write(&f, NVME_DOORBELLS + 0x800, 1);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 }), NVME_OK);
	fnvme_close(&f);
}

/* A queue goes when what is under way in it has ended; nobody hears of that. */
static void a_queue_is_deleted_in_the_middle(void **state)
{
	struct block_worker *worker;
	struct fnvme f;
	u16 id;

	set_up(&f, here);
	worker = &f.nvme.sqs[1].worker;
	fnvme_put(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 });
	fnvme_ring(&f, 1);
	worker->config.work(worker->config.owner);
	assert_int_equal(f.nvme.sqs[1].running, 1);
	fnvme_put(&f, 0, &(struct fnvme_command){ NVME_DELETE_SQ, .dw10 = 1 });
	fnvme_ring(&f, 0);
	assert_int_equal(block_worker_step(&f.nvme.sqs[0].worker, false), 0);
	assert_int_equal(fnvme_take(&f, 0, &id), FNVME_NONE);
	fnvme_run(&f);
	assert_int_equal(fnvme_take(&f, 0, &id), NVME_OK);
	assert_int_equal(fnvme_take(&f, 1, NULL), FNVME_NONE);
	assert_int_equal(
		fnvme_do(&f, 0, &(struct fnvme_command){ NVME_DELETE_CQ, .dw10 = 1 }), NVME_OK);
	assert_int_equal(f.nvme.running, 0);
	fnvme_close(&f);
}

static void resets_wait_for_what_runs(void **state)
{
	struct block_worker *worker;
	struct fnvme f;

	set_up(&f, here);
	worker = &f.nvme.sqs[1].worker;
	fnvme_put(&f, 1, &(struct fnvme_command){ NVME_READ, 1, f.data });
	fnvme_ring(&f, 1);
	worker->config.work(worker->config.owner);
	fnvme_write(&f, NVME_CC, 0);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), NVME_CSTS_RDY);
	fnvme_run(&f);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), 0);
	assert_int_equal(fnvme_take(&f, 1, NULL), FNVME_NONE);
	/* The queue is gone, and a driver that does not wait is told so. */
	fnvme_enable(&f);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 }), FNVME_NONE);
	fnvme_create(&f, 1);
	fnvme_put(&f, 1, &(struct fnvme_command){ NVME_READ, 1, f.data });
	fnvme_ring(&f, 1);
	worker->config.work(worker->config.owner);
	fnvme_write(&f, NVME_CC, 0);
	fnvme_write(&f, NVME_CC, 0x460001);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), NVME_CSTS_CFS);
	fnvme_run(&f);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), NVME_CSTS_CFS);
	fnvme_write(&f, NVME_CC, 0);
	/* The machine's reset: nothing runs when it returns. */
	fnvme_enable(&f);
	fnvme_create(&f, 1);
	fnvme_put(&f, 1, &(struct fnvme_command){ NVME_READ, 1, f.data });
	fnvme_ring(&f, 1);
	worker->config.work(worker->config.owner);
	assert_int_equal(f.nvme.running, 1);
	pci_bus_reset(&f.guest.host.root);
	assert_int_equal(f.nvme.running, 0);
	assert_int_equal(f.nvme.csts | f.nvme.cc | f.nvme.aqa, 0);
	fnvme_close(&f);
}

static void without_mastering_nothing_is_read(void **state)
{
	struct fnvme f;

	set_up(&f, here);
	guest_config_write(&f.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(fnvme_do(&f, 1, &(struct fnvme_command){ NVME_FLUSH, 1 }), FNVME_NONE);
	guest_config_write(&f.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	fnvme_run(&f);
	assert_int_equal(fnvme_take(&f, 1, NULL), NVME_OK);
	fnvme_close(&f);
}

/* The same with a thread for each queue, and a reset in the middle. */
static void threads_serve_the_queues(void **state)
{
	struct fnvme f;

	set_up(&f, (struct nvme_config){ 0 });
	fnvme_create(&f, 2);
	fnvme_msix(&f);
	for (u32 n = 0; n < 200; n++) {
		assert_int_equal(
			fnvme_do(&f, 1 + n % 2,
				&(struct fnvme_command){ NVME_READ, 1, f.data, .dw10 = n }),
			NVME_OK);
		assert_int_equal(get_le32(fnvme_data(&f)), n * 128);
	}
	for (unsigned i = 0; i < FNVME_ENTRIES - 1; i++)
		fnvme_put(&f, 1, &(struct fnvme_command){ NVME_READ, 1, f.data });
	fnvme_ring(&f, 1);
	pci_bus_reset(&f.guest.host.root);
	assert_int_equal(f.nvme.running, 0);
	fnvme_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_read_and_written),
		cmocka_unit_test(lists_of_pages_are_followed),
		cmocka_unit_test(commands_are_judged),
		cmocka_unit_test(ranges_are_deallocated),
		cmocka_unit_test(a_read_only_disk_stays_as_it_is),
		cmocka_unit_test(the_hosts_errors_are_the_disks),
		cmocka_unit_test(completions_wait_for_room),
		cmocka_unit_test(a_queue_is_deleted_in_the_middle),
		cmocka_unit_test(resets_wait_for_what_runs),
		cmocka_unit_test(without_mastering_nothing_is_read),
		cmocka_unit_test(threads_serve_the_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
