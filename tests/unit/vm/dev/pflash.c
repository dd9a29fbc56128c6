// SPDX-License-Identifier: GPL-2.0-or-later
/* The sequences are those of OVMF's QemuFlashFvbServicesRuntimeDxe. */
#include "vm/dev/pflash.h"

#include <errno.h>

#include "base/bytes.h"
#include "unit.h"

#define ADDRESS 0xffc84000ull
#define BLOCKS  4
#define SIZE    (BLOCKS * PFLASH_BLOCK)

struct bench {
	struct bus mmio;
	struct mem mem;
	struct mem_observer observer;
	const u8 *shown; /* what the guest reads without an exit; NULL: it exits */
	unsigned flips;
	bool refuse; /* no more memory slots */
	struct pflash flash;
	u8 bytes[SIZE];
	u64 written_at, written_size;
	unsigned writes;
};

static int on_added(struct mem_observer *o, const struct mem_segment *s, struct err *err)
{
	struct bench *b = container_of(o, struct bench, observer);

	if (b->refuse)
		return err_set(err, ENOSPC, "refused");
	assert_int_equal(s->range.start, ADDRESS);
	assert_int_equal(s->range.size, SIZE);
	assert_int_equal(s->region->kind, MEM_ROM);
	b->shown = mem_segment_host(s);
	b->flips++;
	return 0;
}

static void on_removed(struct mem_observer *o, const struct mem_segment *s)
{
	struct bench *b = container_of(o, struct bench, observer);

	b->shown = NULL;
	b->flips++;
}

static void on_written(void *owner, u64 offset, u64 size)
{
	struct bench *b = owner;

	b->written_at = offset;
	b->written_size = size;
	b->writes++;
}

static const struct pflash_ops ops = { on_written };

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	b->observer = (struct mem_observer){ on_added, on_removed, NULL };
	for (unsigned i = 0; i < SIZE; i++)
		b->bytes[i] = (u8)(i * 7);
	assert_int_equal(bus_open(&b->mmio), 0);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(mem_observe(&b->mem, &b->observer, &err), 0);

	const struct pflash_config config = { &b->mmio, &b->mem, ADDRESS, SIZE, b->bytes, &ops, b };

	assert_int_equal(pflash_open(&b->flash, &config, &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	pflash_close(&b->flash);
	assert_null(b->shown);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	free(b);
	return 0;
}

static u8 get(struct bench *b, u64 offset)
{
	if (b->shown)
		return b->shown[offset];
	return (u8)bus_read(&b->mmio, ADDRESS + offset, 1);
}

static void put(struct bench *b, u64 offset, u8 value)
{
	bus_write(&b->mmio, ADDRESS + offset, 1, value);
}

static void program_bytes(struct bench *b, u64 offset, const char *text)
{
	for (; *text; offset++) {
		put(b, offset, PFLASH_PROGRAM);
		put(b, offset, (u8)*text++);
	}
	put(b, offset - 1, PFLASH_READ_ARRAY);
}

static void firmware_finds_flash(void **state)
{
	struct bench *b = *state;
	u8 original = get(b, 0x10);

	put(b, 0x10, PFLASH_CLEAR_STATUS);
	assert_int_equal(get(b, 0x10), original); /* else it would be RAM */
	put(b, 0x10, PFLASH_READ_STATUS);
	assert_int_equal(get(b, 0x10), 0); /* else it would be ROM, or RAM */
	put(b, 0x10, PFLASH_READ_ARRAY);
	assert_int_equal(get(b, 0x10), original);
	assert_int_equal(b->writes, 0);
}

/* Each change of the memory map stops all vCPUs. */
static void the_array_is_memory_but_for_the_status(void **state)
{
	struct bench *b = *state;

	assert_ptr_equal(b->shown, b->bytes);
	firmware_finds_flash(state);
	assert_int_equal(b->flips, 3);
	program_bytes(b, 0x100, "many bytes in many bursts");
	program_bytes(b, 0x2000, "x");
	put(b, 0, PFLASH_ERASE);
	put(b, 0, PFLASH_ERASE_CONFIRM);
	put(b, 0, PFLASH_READ_ARRAY);
	assert_int_equal(b->flips, 3);
	assert_ptr_equal(b->shown, b->bytes);
}

static void a_burst_is_told_once(void **state)
{
	struct bench *b = *state;

	program_bytes(b, 0x123, "variable");
	assert_memory_equal(b->bytes + 0x123, "variable", 8);
	assert_int_equal(b->bytes[0x122], (u8)(0x122 * 7));
	assert_int_equal(b->bytes[0x12b], (u8)(0x12b * 7));
	assert_int_equal(b->writes, 1);
	assert_int_equal(b->written_at, 0x123);
	assert_int_equal(b->written_size, 8);
	put(b, 0, PFLASH_READ_ARRAY);
	assert_int_equal(b->writes, 1);
}

static void erase_fills_one_block(void **state)
{
	struct bench *b = *state;

	put(b, 2 * PFLASH_BLOCK - 1, PFLASH_ERASE);
	put(b, 2 * PFLASH_BLOCK - 1, PFLASH_ERASE_CONFIRM);
	put(b, 0, PFLASH_READ_ARRAY);
	for (u64 i = 0; i < SIZE; i++)
		assert_int_equal(get(b, i), i / PFLASH_BLOCK == 1 ? 0xff : (u8)(i * 7));
	assert_int_equal(b->written_at, PFLASH_BLOCK);
	assert_int_equal(b->written_size, PFLASH_BLOCK);
}

static void an_unconfirmed_erase_does_nothing(void **state)
{
	struct bench *b = *state;

	put(b, 0, PFLASH_ERASE);
	put(b, 0, PFLASH_READ_ARRAY);
	assert_int_equal(get(b, 5), 35);
	put(b, 0, PFLASH_READ_STATUS);
	assert_int_equal(get(b, 0), PFLASH_READY | PFLASH_SEQUENCE_ERROR);
	put(b, 0, PFLASH_CLEAR_STATUS);
	put(b, 0, PFLASH_READ_STATUS);
	assert_int_equal(get(b, 0), 0);
	assert_int_equal(b->writes, 0);
}

static void the_ends_and_beyond(void **state)
{
	struct bench *b = *state;

	program_bytes(b, 0, "a");
	program_bytes(b, SIZE - 1, "z");
	assert_int_equal(b->bytes[0], 'a');
	assert_int_equal(b->bytes[SIZE - 1], 'z');
	/* A wide access that begins inside is cut at the end, into accesses of a byte. */
	put(b, SIZE - 4, PFLASH_PROGRAM);
	bus_write(&b->mmio, ADDRESS + SIZE - 2, 8, 0x1122334455667788ull);
	assert_int_equal(b->bytes[SIZE - 2], 0x88);
	assert_int_equal(b->bytes[SIZE - 1], 'z');
	/* A wide one inside stores all of it. */
	put(b, 0, PFLASH_READ_ARRAY);
	put(b, 0x40, PFLASH_PROGRAM);
	bus_write(&b->mmio, ADDRESS + 0x40, 4, 0x44332211);
	assert_int_equal(get_le32(b->bytes + 0x40), 0x44332211);
}

static void unknown_commands_show_the_array(void **state)
{
	struct bench *b = *state;

	put(b, 0, PFLASH_READ_STATUS);
	assert_null(b->shown);
	put(b, 0, 0x98); /* no CFI query */
	assert_int_equal(get(b, 5), 35);
	put(b, 0, 0x60);
	put(b, 0, 0x01);
	assert_int_equal(get(b, 5), 35);
}

static void without_a_slot_reads_exit(void **state)
{
	struct bench *b = *state;

	put(b, 0, PFLASH_READ_STATUS);
	b->refuse = true;
	put(b, 0, PFLASH_READ_ARRAY);
	assert_null(b->shown);
	assert_int_equal(get(b, 5), 35);
	assert_int_equal(bus_read(&b->mmio, ADDRESS + 8, 8), get_le64(b->bytes + 8));
	b->refuse = false;
}

static void a_reset_ends_what_was_begun(void **state)
{
	struct bench *b = *state;

	put(b, 7, PFLASH_PROGRAM);
	put(b, 7, 'q');
	put(b, 8, PFLASH_READ_STATUS);
	assert_int_equal(b->writes, 1);
	put(b, 9, PFLASH_PROGRAM);
	put(b, 9, 'r');
	put(b, 10, PFLASH_PROGRAM);
	pflash_reset(&b->flash);
	assert_int_equal(b->writes, 2);
	assert_int_equal(b->written_at, 9);
	assert_ptr_equal(b->shown, b->bytes);
	put(b, 10, PFLASH_READ_ARRAY); /* a command, no data */
	assert_int_equal(b->bytes[10], 70);
	assert_int_equal(b->bytes[7], 'q');
}

static void refuses_odd_sizes(void **state)
{
	struct bench *b = *state;
	struct pflash_config config = b->flash.config;
	struct pflash flash;
	struct err err = { 0 };

	config.size = PFLASH_BLOCK + 1;
	assert_int_equal(pflash_open(&flash, &config, &err), -EINVAL);
	config.size = 0;
	assert_int_equal(pflash_open(&flash, &config, &err), -EINVAL);
}

/* With SMM in the machine, only processors there command the flash. */
static void only_smm_writes(void **state)
{
	struct bench *b = *state;
	const u64 there = ADDRESS + 0x100;
	struct pflash_config config = b->flash.config;
	struct err err = { 0 };
	struct mem mem;

	pflash_close(&b->flash);
	mem_open(&mem, NULL, &err);
	assert_int_equal(mem_add_smm(&mem, &err), 0);
	mem_observe(&mem, &b->observer, &err);
	config.mem = &mem;
	config.smm_only = true;
	assert_int_equal(pflash_open(&b->flash, &config, &err), 0);
	b->flips = 0;

	/* Outside, no sequence of writes does anything, at any size. */
	for (unsigned command = 0; command < 256; command++)
		for (unsigned size = 1; size <= 8; size *= 2) {
			bus_write(&b->mmio, there, size, command * 0x0101010101010101ull);
			bus_write(&b->mmio, there, size, 0xd0d0d0d0d0d0d0d0);
		}
	assert_int_equal(b->bytes[0x100], (u8)(0x100 * 7));
	assert_int_equal(b->writes, 0);
	assert_int_equal(b->flash.state, PFLASH_COMMAND);
	assert_int_equal(bus_read(&b->mmio, there, 1), b->bytes[0x100]);

	/* In SMM it is as ever, and all others see the array, even while SMM reads the status. */
	bus_write_in(&b->mmio, FLAT_VIEW_SMM, there, 1, PFLASH_PROGRAM);
	bus_write(&b->mmio, there, 1, 0x66); /* is not the byte */
	bus_write_in(&b->mmio, FLAT_VIEW_SMM, there, 1, 0x5a);
	bus_write_in(&b->mmio, FLAT_VIEW_SMM, there, 1, PFLASH_READ_STATUS);
	assert_null(mem_ptr_in(&mem, FLAT_VIEW_SMM, there, 1));
	assert_int_equal(bus_read_in(&b->mmio, FLAT_VIEW_SMM, there, 1), PFLASH_READY);
	assert_int_equal(bus_read(&b->mmio, there, 1), 0x5a);
	assert_ptr_equal(b->shown, b->bytes);
	bus_write_in(&b->mmio, FLAT_VIEW_SMM, there, 1, PFLASH_READ_ARRAY);
	assert_int_equal(b->bytes[0x100], 0x5a);
	assert_int_equal(b->writes, 1);
	assert_int_equal(b->flips, 0);
	pflash_reset(&b->flash);
	pflash_close(&b->flash);
	mem_close(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(firmware_finds_flash, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_array_is_memory_but_for_the_status, setup, teardown),
		cmocka_unit_test_setup_teardown(a_burst_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(erase_fills_one_block, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unconfirmed_erase_does_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(the_ends_and_beyond, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_commands_show_the_array, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_slot_reads_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_ends_what_was_begun, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_odd_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(only_smm_writes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
