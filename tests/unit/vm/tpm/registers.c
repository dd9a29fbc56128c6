// SPDX-License-Identifier: GPL-2.0-or-later
/* The registers against tables of PTP 1.05, section 6.5.3, and the ways in which drivers use them.
 */
#include "base/bytes.h"
#include "unit.h"
#include "vm/tpm/crb.h"
#include "vm/tpm/ppi.h"

static const u8 startup[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0 };

static const struct {
	u32 offset;
	unsigned size;
	u64 value;
} after_reset[] = {
	{ CRB_LOC_STATE, 4, 0x81 },
	{ 0x04, 4, 0 },
	{ CRB_LOC_CTRL, 4, 0 },
	{ CRB_LOC_STS, 4, 0 },
	{ 0x10, 8, 0 },
	/* CRB 1.0, transfers of 64 bytes, locality 0, no idle bypass, no FIFO, CRB selected. */
	{ CRB_INTF_ID, 4, 0x25811 },
	{ CRB_INTF_ID_HIGH, 2, 0x1014 },
	{ CRB_CTRL_REQ, 4, 0 },
	{ CRB_CTRL_STS, 4, 2 },
	{ CRB_CTRL_CANCEL, 4, 0 },
	{ CRB_CTRL_START, 4, 0 },
	{ 0x50, 8, 0 }, /* no interrupts */
	{ CRB_CMD_SIZE, 4, 0xf80 },
	{ CRB_CMD_LADDR, 4, 0xfed40080 },
	{ CRB_CMD_HADDR, 4, 0 },
	{ CRB_RSP_SIZE, 4, 0xf80 },
	{ CRB_RSP_ADDR, 8, 0xfed40080 },
	{ 0x70, 8, 0 },
	{ CRB_BUFFER, 8, 0 },
	/* Where a TPM with a FIFO has its ids: SeaBIOS must not find one. */
	{ 0xf00, 4, 0 },
};

static void registers_after_reset(void **state)
{
	struct crb crb;

	memset(&crb, 0xff, sizeof(crb));
	crb_reset(&crb);
	for (size_t i = 0; i < ARRAY_SIZE(after_reset); i++)
		assert_int_equal(crb_read(&crb, after_reset[i].offset, after_reset[i].size),
			after_reset[i].value);
}

/* Windows reads single bytes. */
static void every_width_reads_the_same(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	crb_write(&crb, CRB_BUFFER, 8, 0x0123456789abcdef);
	for (u32 offset = 0; offset < 0x90; offset++) {
		for (unsigned size = 2; size <= 8; size++) {
			u64 value = crb_read(&crb, offset, size);

			for (unsigned i = 0; i < size; i++)
				assert_int_equal(
					crb_read(&crb, offset + i, 1), (value >> 8 * i) & 0xff);
			assert_int_equal(value & ~all_ones(size), 0);
		}
	}
}

static void put_command(struct crb *crb, unsigned width)
{
	for (u32 i = 0; i < sizeof(startup); i += width)
		assert_int_equal(
			crb_write(crb, CRB_BUFFER + i, width, get_le(startup + i, width)), 0);
}

static void answer(struct crb *crb)
{
	static const u8 done[] = { 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0 };

	assert_int_equal(crb_command_length(crb), sizeof(startup));
	assert_memory_equal(crb->buffer, startup, sizeof(startup));
	assert_int_equal(crb_read(crb, CRB_CTRL_START, 4), 1);
	crb_complete(crb, done, sizeof(done));
	assert_int_equal(crb_read(crb, CRB_CTRL_START, 4), 0);
	assert_int_equal(crb_read(crb, CRB_CTRL_STS, 4), 0);
	assert_memory_equal(crb->buffer, done, sizeof(done));
}

/* edk2: the locality, cmdReady, the buffer byte by byte, the addresses again, 8 bytes at 68h. */
static void a_command_as_ovmf_sends_it(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	assert_int_equal(crb_read(&crb, CRB_LOC_STS, 4), CRB_GRANTED);
	assert_int_equal(crb_read(&crb, CRB_LOC_STATE, 4), 0x83);
	assert_int_equal(crb_write(&crb, CRB_CTRL_REQ, 4, CRB_CMD_READY), 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_REQ, 4), 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_STS, 4), 0);
	put_command(&crb, 1);
	assert_int_equal(crb_write(&crb, CRB_CMD_HADDR, 4, 0), 0);
	assert_int_equal(crb_write(&crb, CRB_CMD_LADDR, 4, 0x12345678), 0);
	assert_int_equal(crb_write(&crb, CRB_CMD_SIZE, 4, 4), 0);
	assert_int_equal(crb_write(&crb, CRB_RSP_ADDR, 8, ~0ull), 0);
	assert_int_equal(crb_write(&crb, CRB_RSP_SIZE, 4, 4), 0);
	assert_int_equal(crb_read(&crb, CRB_CMD_LADDR, 4), 0xfed40080);
	assert_int_equal(crb_read(&crb, CRB_RSP_ADDR, 8), 0xfed40080);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 1), CRB_ACT_START);
	answer(&crb);
	crb_write(&crb, CRB_CTRL_REQ, 4, CRB_GO_IDLE);
	assert_int_equal(crb_read(&crb, CRB_CTRL_STS, 4), CRB_STS_IDLE);
}

/* SeaBIOS: the locality by one byte, and the first command without cmdReady. */
static void a_command_as_seabios_sends_it(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_INTF_ID, 4, 1 << 17);
	crb_write(&crb, CRB_INTF_ID, 4, 1 << 19);
	assert_int_equal(crb_read(&crb, CRB_INTF_ID, 1) & 0xf, 1);
	crb_write(&crb, CRB_LOC_CTRL, 1, 1);
	put_command(&crb, 4);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 1), CRB_ACT_START);
	answer(&crb);
}

static void a_start_needs_the_locality(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	put_command(&crb, 2);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 1), 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_START, 4), 0);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_SEIZE);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_RELINQUISH);
	assert_int_equal(crb_read(&crb, CRB_LOC_STATE, 4), 0x81);
	assert_int_equal(crb_read(&crb, CRB_LOC_STS, 4), 0);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 1), 0);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_RELINQUISH | CRB_REQUEST_ACCESS);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 0xfffffffe), 0);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START + 1, 1, 1), 0);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 1, 1), CRB_ACT_START);
}

/* What a guest does during the execution changes neither the command nor the state. */
static void execution_is_not_disturbed(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	put_command(&crb, 4);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 1), CRB_ACT_START);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 1), 0);
	assert_int_equal(crb_write(&crb, CRB_CTRL_START, 4, 0), 0);
	crb_write(&crb, CRB_CTRL_REQ, 4, CRB_GO_IDLE);
	crb_write(&crb, CRB_BUFFER, 8, 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_STS, 4), 0);
	answer(&crb);
}

static void a_command_can_be_cancelled(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	assert_int_equal(crb_write(&crb, CRB_CTRL_CANCEL, 4, 1), 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_CANCEL, 4), 1);
	crb_write(&crb, CRB_CTRL_CANCEL, 4, 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_CANCEL, 4), 0);
	put_command(&crb, 4);
	crb_write(&crb, CRB_CTRL_START, 4, 1);
	assert_int_equal(crb_write(&crb, CRB_CTRL_CANCEL + 1, 1, 1), 0);
	assert_int_equal(crb_write(&crb, CRB_CTRL_CANCEL, 4, 1), CRB_ACT_CANCEL);
	answer(&crb);
}

/* One write of 8 bytes is two registers; a write may begin and end within one. */
static void wide_writes(void **state)
{
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_LOC_CTRL, 8, CRB_REQUEST_ACCESS);
	assert_int_equal(crb_write(&crb, CRB_CTRL_CANCEL, 8, 0x100000001), CRB_ACT_START);
	assert_int_equal(crb_write(&crb, CRB_CTRL_STS, 8, 0x100000002), CRB_ACT_CANCEL);
	crb_complete_with(&crb, 0);
	/* From the last register into the buffer. */
	crb_write(&crb, CRB_BUFFER - 2, 8, 0x8877665544332211);
	assert_int_equal(crb_read(&crb, CRB_BUFFER, 6), 0x887766554433);
	crb_write(&crb, CRB_SIZE - 8, 8, 0x0102030405060708);
	assert_int_equal(crb_read(&crb, CRB_SIZE - 1, 1), 1);
}

static void lengths_of_commands(void **state)
{
	static const struct {
		u32 said, length;
	} cases[] = { { 0, 0 }, { 9, 0 }, { 10, 10 }, { 0xf80, 0xf80 }, { 0xf81, 0 },
		{ 0xffffffff, 0 }, { 0x80000000, 0 } };
	struct crb crb;

	crb_reset(&crb);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_be32(crb.buffer + TPM_HEAD_LENGTH, cases[i].said);
		assert_int_equal(crb_command_length(&crb), cases[i].length);
	}
}

static void a_failed_tpm_says_so(void **state)
{
	static const u8 failure[] = { 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x01 };
	struct crb crb;

	crb_reset(&crb);
	crb_write(&crb, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	crb_write(&crb, CRB_CTRL_START, 4, 1);
	crb_fail(&crb);
	assert_int_equal(crb_read(&crb, CRB_CTRL_START, 4), 0);
	assert_int_equal(crb_read(&crb, CRB_CTRL_STS, 4), CRB_STS_ERROR);
	assert_memory_equal(crb.buffer, failure, sizeof(failure));
	crb_write(&crb, CRB_CTRL_REQ, 4, CRB_GO_IDLE);
	assert_int_equal(crb_read(&crb, CRB_CTRL_STS, 4), CRB_STS_ERROR | CRB_STS_IDLE);
	crb_reset(&crb);
	assert_int_equal(crb_read(&crb, CRB_CTRL_STS, 4), CRB_STS_IDLE);
	crb.established = true;
	assert_int_equal(crb_read(&crb, CRB_LOC_STATE, 4), CRB_REG_VALID);
}

static void a_request_to_clear_memory_is_taken_once(void **state)
{
	struct ppi ppi = { 0 };

	assert_false(ppi_take_memory_clear(&ppi));
	ppi_write(&ppi, PPI_MEMORY_CLEAR, 1, 0x11);
	ppi_write(&ppi, 0x109, 4, 0x12345678);
	assert_true(ppi_take_memory_clear(&ppi));
	assert_false(ppi_take_memory_clear(&ppi));
	assert_int_equal(ppi_read(&ppi, PPI_MEMORY_CLEAR, 1), 0x10);
	assert_int_equal(ppi_read(&ppi, 0x108, 8), 0x1234567800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_after_reset),
		cmocka_unit_test(every_width_reads_the_same),
		cmocka_unit_test(a_command_as_ovmf_sends_it),
		cmocka_unit_test(a_command_as_seabios_sends_it),
		cmocka_unit_test(a_start_needs_the_locality),
		cmocka_unit_test(execution_is_not_disturbed),
		cmocka_unit_test(a_command_can_be_cancelled),
		cmocka_unit_test(wide_writes),
		cmocka_unit_test(lengths_of_commands),
		cmocka_unit_test(a_failed_tpm_says_so),
		cmocka_unit_test(a_request_to_clear_memory_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
