// SPDX-License-Identifier: GPL-2.0-or-later
/* The function, registers and admin commands: NVM Express 1.4, chapters 2, 3 and 5. */
#include "unit.h"

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_nvme.h"

static const struct nvme_config here = { .no_threads = true };

static void registers_have_their_reset_values(void **state)
{
	static const struct {
		u32 offset, value;
	} expected[] = {
		{ NVME_CAP, 0x280103ff },
		{ NVME_CAP + 4, 0x20 },
		{ NVME_VS, 0x00010400 },
		{ NVME_INTMS, 0 },
		{ NVME_CC, 0 },
		{ NVME_CSTS, 0 },
		{ NVME_AQA, 0 },
		{ 0x20, 0 },
		{ NVME_DOORBELLS, 0 },
	};
	struct fnvme f;

	fnvme_open(&f, here);
	assert_int_equal(guest_config_read(&f.guest, PCI_CLASS_REVISION, 4) >> 8, 0x010802);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(fnvme_read(&f, expected[i].offset), expected[i].value);
	assert_int_equal(bus_read(&f.guest.mmio, GUEST_BAR, 8), 0x20280103ff);
	assert_int_equal(bus_read(&f.guest.mmio, GUEST_BAR + 1, 1), 3);
	fnvme_close(&f);
}

/* Windows reads back what it has written, while the controller is enabled. */
static void admin_queue_registers_read_back(void **state)
{
	struct fnvme f;

	fnvme_open(&f, here);
	fnvme_enable(&f);
	assert_int_equal(fnvme_read(&f, NVME_AQA), 0x000f000f);
	assert_int_equal(bus_read(&f.guest.mmio, GUEST_BAR + NVME_ASQ, 8), f.queues[0].sq);
	assert_int_equal(fnvme_read(&f, NVME_ACQ), (u32)f.queues[0].cq);
	assert_int_equal(fnvme_read(&f, NVME_CC), 0x460001);
	fnvme_write(&f, NVME_INTMS, 0x80000001);
	fnvme_write(&f, NVME_INTMC, 1);
	assert_int_equal(fnvme_read(&f, NVME_INTMS), 0x80000000);
	/* Disabled and enabled again. */
	fnvme_write(&f, NVME_CC, 0x460000);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), 0);
	assert_int_equal(fnvme_read(&f, NVME_AQA), 0x000f000f);
	fnvme_enable(&f);
	fnvme_close(&f);
}

static void bad_starts_are_fatal(void **state)
{
	static const struct {
		u32 aqa;
		u64 asq, acq;
		u32 cc;
	} cases[] = {
		{ 0x000f0000, 0x1000, 0x2000, 1 }, /* one entry */
		{ 0x0000000f, 0x1000, 0x2000, 1 },
		{ 0x000f000f, 1ull << 40, 0x2000, 1 }, /* no RAM */
		{ 0x000f000f, 0x1000, GUEST_RAM, 1 },
		{ 0x000f0fff, GUEST_RAM - 0x1000, 0x2000, 1 }, /* not all of it */
		{ 0x000f000f, 0x1000, 0x2000, 1 | 1 << 7 },    /* pages of 8 KiB */
		{ 0x000f000f, 0x1000, 0x2000, 1 | 1 << 4 },    /* another command set */
	};
	struct fnvme f;

	fnvme_open(&f, here);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fnvme_write(&f, NVME_AQA, cases[i].aqa);
		bus_write(&f.guest.mmio, GUEST_BAR + NVME_ASQ, 8, cases[i].asq);
		bus_write(&f.guest.mmio, GUEST_BAR + NVME_ACQ, 8, cases[i].acq);
		fnvme_write(&f, NVME_CC, cases[i].cc);
		if (fnvme_read(&f, NVME_CSTS) != NVME_CSTS_CFS)
			fail_msg("case %zu is taken", i);
		fnvme_write(&f, NVME_DOORBELLS, 1);
		fnvme_run(&f);
		fnvme_write(&f, NVME_CC, 0);
		assert_int_equal(fnvme_read(&f, NVME_CSTS), 0);
	}
	fnvme_enable(&f);
	fnvme_close(&f);
}

static void it_says_what_it_is(void **state)
{
	struct nvme_config config = here;
	struct fnvme f;
	const u8 *data;

	config.serial = "S-1";
	fnvme_open(&f, config);
	fnvme_enable(&f);
	data = fnvme_data(&f);
	assert_int_equal(fnvme_do(&f, 0,
				 &(struct fnvme_command){
					 .opcode = NVME_IDENTIFY, .prp1 = f.data, .dw10 = 1 }),
		NVME_OK);
	assert_memory_equal(data + 4, "S-1                 ", 20);
	assert_memory_equal(data + 24, "NVMe disk ", 10);
	assert_memory_equal(data + 64, "1.0     ", 8);
	assert_int_equal(data[77], 9);
	assert_int_equal(get_le32(data + 80), 0x10400);
	assert_int_equal(data[111], 1);
	assert_int_equal(data[512], 0x66);
	assert_int_equal(data[513], 0x44);
	assert_int_equal(get_le32(data + 516), 1);
	assert_int_equal(get_le16(data + 520), 0x0c);
	assert_int_equal(data[525] & 1, 1);
	assert_int_equal(fnvme_do(&f, 0,
				 &(struct fnvme_command){
					 .opcode = NVME_IDENTIFY, .ns = 1, .prp1 = f.data }),
		NVME_OK);
	assert_int_equal(get_le64(data), FNVME_DISK_SIZE / 512);
	assert_int_equal(get_le64(data + 8), FNVME_DISK_SIZE / 512);
	assert_int_equal(data[26], 0);
	assert_int_equal(data[99], 0);
	assert_int_equal(data[130], 9);
	assert_int_equal(get_le64(data + 120), 0); /* as the boot order says */
	assert_int_equal(
		fnvme_do(&f, 0,
			&(struct fnvme_command){ NVME_IDENTIFY, 1, .prp1 = f.data, .dw10 = 3 }),
		NVME_OK);
	assert_int_equal(data[0], 3);
	assert_int_equal(data[1], 16);
	assert_int_equal(data[10] >> 4, 8);
	assert_int_equal(data[20], 0); /* the end of the list */
	/* An answer over a page's end. */
	memset(fnvme_data(&f), 0xee, 8192);
	assert_int_equal(fnvme_do(&f, 0,
				 &(struct fnvme_command){ .opcode = NVME_IDENTIFY,
					 .prp1 = f.data + 4096 - 16,
					 .prp2 = f.data + 8192,
					 .dw10 = 2 }),
		NVME_OK);
	assert_int_equal(get_le32(data + 4096 - 16), 1);
	assert_int_equal(get_le32(data + 4096 - 12), 0);
	assert_int_equal(data[4096], 0xee);
	assert_int_equal(data[8192 + 4079], 0);
	fnvme_close(&f);
}

/* A command, and what comes of it; in a row with those before it. */
struct judged {
	struct fnvme_command command;
	u32 status, result;
};

static void judge(const struct judged *cases, size_t nr)
{
	struct fnvme f;

	fnvme_open(&f, here);
	fnvme_enable(&f);
	for (size_t i = 0; i < nr; i++) {
		u32 status = fnvme_do(&f, 0, &cases[i].command);

		if (status != cases[i].status || f.result != cases[i].result)
			fail_msg("case %zu: status 0x%x, result 0x%x", i, status, f.result);
	}
	fnvme_close(&f);
}

static void identify_and_logs_are_judged(void **state)
{
	static const struct judged cases[] = {
		{ { NVME_IDENTIFY, 2, 0x200000, .dw10 = 0 }, NVME_INVALID_NS, 0 },
		{ { NVME_IDENTIFY, 1, 0x200000, .dw10 = 3 }, NVME_OK, 0 },
		{ { NVME_IDENTIFY, 9, 0x200000, .dw10 = 3 }, NVME_INVALID_NS, 0 },
		{ { NVME_IDENTIFY, NVME_ALL_NS, 0x200000, .dw10 = 2 }, NVME_INVALID_NS, 0 },
		{ { NVME_IDENTIFY, 0, 0x200000, .dw10 = 0x1c }, NVME_INVALID_FIELD, 0 },
		{ { NVME_IDENTIFY, 0, 1ull << 40, .dw10 = 1 }, NVME_TRANSFER_ERROR, 0 },
		{ { NVME_IDENTIFY, 0, 0x200001, .dw10 = 1 }, NVME_INVALID_OFFSET, 0 },
		{ { NVME_IDENTIFY, 0, 0x200800, 0x201004, .dw10 = 1 }, NVME_INVALID_OFFSET, 0 },
		/* Logs; what there is not is no such log. */
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 1 | 15 << 16 }, NVME_OK, 0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 2 | 127 << 16 }, NVME_OK, 0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 3 | 0xffffu << 16, .dw11 = 0xffff }, NVME_OK,
			0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 2, .dw12 = 512 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 2, .dw12 = 2 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 2, .dw13 = 1 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 0xc1 }, NVME_INVALID_LOG, 0 },
		{ { NVME_GET_LOG, 0, 0x200000, .dw10 = 0 }, NVME_INVALID_LOG, 0 },
	};

	judge(cases, ARRAY_SIZE(cases));
}

/* Stored and told again. */
static void features_are_judged(void **state)
{
	static const struct judged cases[] = {
		{ { NVME_SET_FEATURES, .dw10 = 7, .dw11 = 0x00200020 }, NVME_OK, 0x00010001 },
		{ { NVME_SET_FEATURES, .dw10 = 7, .dw11 = 0xffff }, NVME_INVALID_FIELD, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 7 }, NVME_OK, 0x00010001 },
		{ { NVME_SET_FEATURES, .dw10 = 0x0b, .dw11 = 0x3ff }, NVME_OK, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 0x0b }, NVME_OK, 0x3ff },
		{ { NVME_GET_FEATURES, .dw10 = 0x0b | 1 << 8 }, NVME_OK, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 0x0b | 3 << 8 }, NVME_OK, 4 },
		{ { NVME_GET_FEATURES, .dw10 = 0x0b | 4 << 8 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 6 }, NVME_OK, 1 },
		{ { NVME_GET_FEATURES, .dw10 = 1 }, NVME_OK, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 2 }, NVME_OK, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 4 }, NVME_OK, 0x157 },
		{ { NVME_GET_FEATURES, .dw10 = 5 }, NVME_OK, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 8 }, NVME_OK, 0 },
		{ { NVME_SET_FEATURES, .dw10 = 9, .dw11 = 0x10001 }, NVME_OK, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 9, .dw11 = 1 }, NVME_OK, 0x10001 },
		{ { NVME_GET_FEATURES, .dw10 = 9, .dw11 = 2 }, NVME_OK, 2 },
		{ { NVME_GET_FEATURES, .dw10 = 9, .dw11 = 3 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_SET_FEATURES, .dw10 = 9, .dw11 = 3 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_GET_FEATURES, .dw10 = 3 }, NVME_INVALID_FIELD, 0 },
		{ { NVME_SET_FEATURES, .dw10 = 0x0c }, NVME_INVALID_FIELD, 0 },
		{ { NVME_SET_FEATURES, .dw10 = 6 | 1u << 31 }, NVME_NOT_SAVEABLE, 0 },
		{ { NVME_ABORT, .dw10 = 0x10001 }, NVME_OK, 1 },
		{ { 0x7f }, NVME_INVALID_OPCODE, 0 },
		{ { 0x0d }, NVME_INVALID_OPCODE, 0 },
	};

	judge(cases, ARRAY_SIZE(cases));
}

static void queues_are_judged(void **state)
{
	static const struct judged cases[] = {
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 3 | 7 << 16, .dw11 = 1 }, NVME_QID_INVALID,
			0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 0xffff | 7 << 16, .dw11 = 1 },
			NVME_QID_INVALID, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 0 | 7 << 16, .dw11 = 1 }, NVME_QID_INVALID,
			0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 1, .dw11 = 1 }, NVME_QUEUE_SIZE, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 1 | 1024 << 16, .dw11 = 1 },
			NVME_QUEUE_SIZE, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 1 | 7 << 16, .dw11 = 0 },
			NVME_INVALID_FIELD, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 1 | 7 << 16, .dw11 = 3 | 3 << 16 },
			NVME_INVALID_VECTOR, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200008, .dw10 = 1 | 7 << 16, .dw11 = 1 },
			NVME_INVALID_FIELD, 0 },
		{ { NVME_CREATE_CQ, 0, 1ull << 40, .dw10 = 1 | 7 << 16, .dw11 = 1 },
			NVME_INVALID_FIELD, 0 },
		{ { NVME_CREATE_SQ, 0, 0x200000, .dw10 = 1 | 7 << 16, .dw11 = 1 | 1 << 16 },
			NVME_CQ_INVALID, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 1 | 7 << 16, .dw11 = 1 }, NVME_OK, 0 },
		{ { NVME_CREATE_CQ, 0, 0x200000, .dw10 = 1 | 7 << 16, .dw11 = 1 }, NVME_QID_INVALID,
			0 },
		{ { NVME_CREATE_SQ, 0, 0x201000, .dw10 = 1 | 7 << 16, .dw11 = 0 | 1 << 16 },
			NVME_INVALID_FIELD, 0 },
		{ { NVME_CREATE_SQ, 0, 0x201000, .dw10 = 1 | 7 << 16, .dw11 = 1 | 9 << 16 },
			NVME_CQ_INVALID, 0 },
		{ { NVME_CREATE_SQ, 0, GUEST_RAM, .dw10 = 1 | 7 << 16, .dw11 = 1 | 1 << 16 },
			NVME_INVALID_FIELD, 0 },
		{ { NVME_CREATE_SQ, 0, 0x201000, .dw10 = 1 | 7 << 16, .dw11 = 1 | 1 << 16 },
			NVME_OK, 0 },
		{ { NVME_DELETE_CQ, .dw10 = 1 }, NVME_INVALID_DELETION, 0 },
		{ { NVME_DELETE_SQ, .dw10 = 1 }, NVME_OK, 0 },
		{ { NVME_DELETE_SQ, .dw10 = 1 }, NVME_QID_INVALID, 0 },
		{ { NVME_DELETE_SQ, .dw10 = 0 }, NVME_QID_INVALID, 0 },
		{ { NVME_DELETE_CQ, .dw10 = 1 }, NVME_OK, 0 },
		{ { NVME_DELETE_CQ, .dw10 = 1 }, NVME_QID_INVALID, 0 },
	};

	judge(cases, ARRAY_SIZE(cases));
}

/* Async event requests wait, and do not fail; the fifth does. */
static void events_are_parked(void **state)
{
	const struct fnvme_command event = { .opcode = NVME_ASYNC_EVENT };
	struct fnvme f;

	fnvme_open(&f, here);
	fnvme_enable(&f);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(fnvme_do(&f, 0, &event), FNVME_NONE);
	assert_int_equal(fnvme_do(&f, 0, &event), NVME_ASYNC_LIMIT);
	/* They keep nothing from ending. */
	fnvme_write(&f, NVME_CC, 0);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), 0);
	fnvme_enable(&f);
	assert_int_equal(fnvme_do(&f, 0, &event), FNVME_NONE);
	fnvme_close(&f);
}

static void interrupts_are_as_they_are_wanted(void **state)
{
	const struct fnvme_command abort = { .opcode = NVME_ABORT };
	struct fnvme f;

	fnvme_open(&f, here);
	fnvme_enable(&f);
	/* INTx is high while there is something to take, and not masked. */
	fnvme_put(&f, 0, &abort);
	fnvme_ring(&f, 0);
	fnvme_run(&f);
	assert_true(irq_fake_line(GUEST_GSI));
	fnvme_write(&f, NVME_INTMS, 1);
	assert_false(irq_fake_line(GUEST_GSI));
	fnvme_write(&f, NVME_INTMC, 1);
	assert_true(irq_fake_line(GUEST_GSI));
	assert_int_equal(fnvme_take(&f, 0, NULL), NVME_OK);
	assert_false(irq_fake_line(GUEST_GSI));
	/* Messages, each queue's own. */
	fnvme_msix(&f);
	assert_int_equal(fnvme_do(&f, 0, &abort), NVME_OK);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), 1);
	assert_false(irq_fake_line(GUEST_GSI));
	fnvme_create(&f, 2);
	irq_fake_deliver();
	assert_int_equal(fnvme_do(&f, 2, &(struct fnvme_command){ NVME_FLUSH, 1 }), NVME_OK);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x42), 1);
	/* One that is masked is pending. */
	fnvme_write(&f, 0x2000 + 2 * 16 + 12, 1);
	assert_int_equal(fnvme_do(&f, 2, &(struct fnvme_command){ NVME_FLUSH, 1 }), NVME_OK);
	assert_int_equal(irq_fake_deliver(), 0);
	assert_int_equal(fnvme_read(&f, 0x3000), 4);
	fnvme_write(&f, 0x2000 + 2 * 16 + 12, 0);
	assert_int_equal(fnvme_read(&f, 0x2000 + 2 * 16 + 8), 0x42);
	fnvme_close(&f);
}

/* 7.6.2. */
static void a_shutdown_ends_with_a_flush(void **state)
{
	struct fnvme f;

	fnvme_open(&f, here);
	fnvme_enable(&f);
	fnvme_write(&f, NVME_CC, 0x460001 | 1 << 14);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), NVME_CSTS_RDY | NVME_SHST_BUSY);
	fnvme_run(&f);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), NVME_CSTS_RDY | NVME_SHST_DONE);
	/* No command is taken any more, until it is enabled again. */
	assert_int_equal(
		fnvme_do(&f, 0, &(struct fnvme_command){ .opcode = NVME_ABORT }), FNVME_NONE);
	fnvme_write(&f, NVME_CC, 0);
	assert_int_equal(fnvme_read(&f, NVME_CSTS), 0);
	fnvme_enable(&f);
	assert_int_equal(fnvme_do(&f, 0, &(struct fnvme_command){ .opcode = NVME_ABORT }), NVME_OK);
	fnvme_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_have_their_reset_values),
		cmocka_unit_test(admin_queue_registers_read_back),
		cmocka_unit_test(bad_starts_are_fatal),
		cmocka_unit_test(it_says_what_it_is),
		cmocka_unit_test(identify_and_logs_are_judged),
		cmocka_unit_test(features_are_judged),
		cmocka_unit_test(queues_are_judged),
		cmocka_unit_test(events_are_parked),
		cmocka_unit_test(interrupts_are_as_they_are_wanted),
		cmocka_unit_test(a_shutdown_ends_with_a_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
