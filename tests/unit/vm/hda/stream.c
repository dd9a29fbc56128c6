// SPDX-License-Identifier: GPL-2.0-or-later
/* Streams, paced by a clock that the tests move on: High Definition Audio 1.0a, 3.6. */
#include "unit.h"

#include "base/bytes.h"
#include "fake_hda.h"
#include "fake_irq.h"

#define OUT  5u  /* a stream */
#define MS   48u /* frames */
#define SIZE (10 * MS * 4)

static void fill(struct fhda *f, u32 bytes)
{
	for (u32 i = 0; i < bytes / 4; i++)
		put_le32(guest_at(&f->guest, f->data + 4 * i), i * 2654435761u + 1);
}

static u32 lpib(struct fhda *f, unsigned n)
{
	return fhda_read(f, fhda_reg(n, HDA_SD_LPIB), 4);
}

static void open_out(struct fhda *f)
{
	fhda_open(f);
	fhda_start(f);
	fill(f, 4 * SIZE);
	fhda_stream(f, OUT, 3, 4, SIZE);
	irq_fake_deliver();
}

static void position_follows_the_clock(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_run(&f, OUT, true);
	assert_true(f.plays);
	assert_int_equal(fhda_read(&f, fhda_reg(OUT, HDA_SD_STS), 1) & 0x20, 0x20);
	assert_int_equal(lpib(&f, OUT), 0);
	/* Whoever reads it gets it as of now, whether or not the thread has run. */
	fake_clock_pass(&f.clock, NS_PER_MS);
	assert_int_equal(lpib(&f, OUT), MS * 4);
	assert_int_equal(fhda_read(&f, HDA_ALIAS + fhda_reg(OUT, HDA_SD_LPIB), 4), MS * 4);
	fake_clock_pass(&f.clock, NS_PER_MS / 2);
	assert_int_equal(lpib(&f, OUT), MS * 4 * 3 / 2);
	/* Around the buffer, and after an hour without a frame too many or too few. */
	fhda_pass(&f, 39);
	assert_int_equal(lpib(&f, OUT), MS * 2);
	for (unsigned i = 0; i < 36000; i++) {
		fake_clock_pass(&f.clock, NS_PER_S / 10 - 1);
		hda_round(&f.hda);
	}
	fake_clock_pass(&f.clock, 36000);
	lpib(&f, OUT);
	assert_int_equal(f.nr_played, 48000 * 3600 + 40 * MS + MS / 2);
	fhda_run(&f, OUT, false);
	assert_false(f.plays);
	fake_clock_pass(&f.clock, NS_PER_S);
	assert_int_equal(f.nr_played, 48000 * 3600 + 40 * MS + MS / 2);
	fhda_close(&f);
}

static void samples_arrive_as_they_are(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 100);
	assert_int_equal(f.nr_played, 100 * MS);
	for (u32 i = 0; i < f.nr_played; i++)
		assert_int_equal(f.played[i], i % (40 * MS) * 2654435761u + 1);
	fhda_close(&f);
}

static void each_buffer_interrupts_at_its_end(void **state)
{
	struct fhda f;
	u64 begin;

	open_out(&f);
	fhda_run(&f, OUT, true);
	for (unsigned i = 1; i < 10; i++) {
		unsigned before = irq_fake_delivered(GUEST_MSI, 0x40);

		begin = f.clock.monotonic;
		fhda_pass(&f, 9);
		irq_fake_deliver();
		assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), before);
		fhda_pass(&f, 1);
		irq_fake_deliver();
		assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), before + 1);
		assert_int_equal(f.clock.monotonic - begin, 10 * NS_PER_MS);
		assert_int_equal(fhda_read(&f, HDA_INTSTS, 4), 0x80000000 | 1u << OUT);
		/* The interrupt that is not acknowledged does not hide the next one. */
		if (i % 2) {
			fhda_write(&f, fhda_reg(OUT, HDA_SD_STS), 1, 4);
			assert_int_equal(fhda_read(&f, HDA_INTSTS, 4), 0);
		}
	}
	fhda_close(&f);
}

/* The thread sleeps until there is something to do, and not longer. */
static void thread_wakes_in_time(void **state)
{
	struct fhda f;

	open_out(&f);
	assert_int_equal(hda_round(&f.hda), 0);
	fhda_run(&f, OUT, true);
	assert_int_equal(hda_round(&f.hda), 2 * NS_PER_MS);
	fake_clock_pass(&f.clock, 9 * NS_PER_MS);
	assert_int_equal(hda_round(&f.hda), NS_PER_MS);
	fhda_close(&f);
}

static void positions_are_in_memory(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_write(&f, HDA_DPLBASE, 4, (u32)f.positions | HDA_DPL_ENABLE);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 7);
	assert_int_equal(get_le32(guest_at(&f.guest, f.positions + 8 * OUT)), 7 * MS * 4);
	/* And nowhere else. */
	fhda_write(&f, HDA_DPUBASE, 4, 0xffffffff);
	fhda_pass(&f, 7);
	assert_int_equal(get_le32(guest_at(&f.guest, f.positions + 8 * OUT)), 7 * MS * 4);
	fhda_close(&f);
}

/* A host that was late makes up for a part, and then goes on at the usual pace. */
static void late_host_loses_time_and_no_sound(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_run(&f, OUT, true);
	fake_clock_pass(&f.clock, 3 * NS_PER_S);
	hda_round(&f.hda);
	assert_int_equal(f.nr_played, 100 * MS);
	fhda_pass(&f, 10);
	assert_in_range(f.nr_played, 110 * MS - 1, 110 * MS);
	fake_clock_pass(&f.clock, 3600 * NS_PER_S);
	hda_round(&f.hda);
	assert_in_range(f.nr_played, 210 * MS - 1, 210 * MS);
	for (u32 i = 0; i < f.nr_played; i++)
		assert_int_equal(f.played[i], i % (40 * MS) * 2654435761u + 1);
	fhda_close(&f);
}

static void stream_goes_on_where_it_stopped(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 13);
	fhda_run(&f, OUT, false);
	fhda_pass(&f, 50);
	assert_int_equal(lpib(&f, OUT), 13 * MS * 4);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 13);
	assert_int_equal(lpib(&f, OUT), 26 * MS * 4);
	for (u32 i = 0; i < f.nr_played; i++)
		assert_int_equal(f.played[i], i * 2654435761u + 1);
	/* A reset of the stream begins at the start, and forgets the rest. */
	fhda_write(&f, fhda_reg(OUT, HDA_SD_CTL), 1, 1);
	assert_int_equal(fhda_read(&f, fhda_reg(OUT, HDA_SD_CTL), 1), 1);
	assert_int_equal(lpib(&f, OUT), 0);
	assert_int_equal(fhda_read(&f, fhda_reg(OUT, HDA_SD_CBL), 4), 0);
	fhda_write(&f, fhda_reg(OUT, HDA_SD_CTL), 1, 0);
	assert_int_equal(fhda_read(&f, fhda_reg(OUT, HDA_SD_CTL), 1), 0);
	fhda_close(&f);
}

/* 3.3.19: streams that are to start together. */
static void synchronised_streams_start_together(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_stream(&f, 0, 4, 4, SIZE);
	fhda_write(&f, HDA_SSYNC_ICH, 4, 1 | 1 << OUT);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 5);
	fhda_run(&f, 0, true);
	assert_int_equal(lpib(&f, OUT), 0);
	assert_false(f.plays);
	fhda_write(&f, HDA_SSYNC_ICH, 4, 0);
	fhda_pass(&f, 5);
	assert_int_equal(lpib(&f, OUT), 5 * MS * 4);
	assert_int_equal(lpib(&f, 0), 5 * MS * 4);
	assert_true(f.plays && f.records);
	fhda_close(&f);
}

static void guest_hears_what_is_recorded(void **state)
{
	struct fhda f;

	fhda_open(&f);
	fhda_start(&f);
	fhda_stream(&f, 2, 7, 4, SIZE);
	f.next_recorded = 1000;
	fhda_run(&f, 2, true);
	assert_true(f.records && !f.plays);
	fhda_pass(&f, 30);
	for (u32 i = 0; i < 30 * MS; i++)
		assert_int_equal(get_le32(guest_at(&f.guest, f.data + 4 * i)), 1000 + i);
	/* A converter that listens to another stream gives silence. */
	fhda_ask(&f, HDA_ADC << 20 | 0x70660);
	fhda_pass(&f, 5);
	for (u32 i = 30 * MS; i < 35 * MS; i++)
		assert_int_equal(get_le32(guest_at(&f.guest, f.data + 4 * i)), 0);
	assert_int_equal(f.next_recorded, 1000 + 30 * MS);
	fhda_close(&f);
}

/* Time passes for formats that the codec does not play as well, in frames of their own. */
static void other_formats_keep_their_pace(void **state)
{
	static const struct {
		u16 format;
		unsigned rate, frame;
	} formats[] = {
		{ 0x0011, 48000, 4 },
		{ 0x4011, 44100, 4 },
		{ 0x0000, 48000, 1 },
		{ 0x0131, 24000, 8 },
		{ 0x0a21, 32000, 8 },
		{ 0x184f, 192000, 64 },
	};
	struct fhda f;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		fhda_open(&f);
		fhda_start(&f);
		fhda_stream(&f, OUT, 3, 2, MIB / 2);
		fhda_write(&f, fhda_reg(OUT, HDA_SD_FMT), 2, formats[i].format);
		fhda_run(&f, OUT, true);
		fhda_pass(&f, 50);
		assert_int_equal(lpib(&f, OUT), formats[i].rate / 20 * formats[i].frame);
		assert_int_equal(f.nr_played, formats[i].format == 0x11 ? 50 * MS : 0);
		fhda_close(&f);
	}
}

static void time_stands_still_while_paused(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 5);
	hda_pause(&f.hda);
	assert_false(f.plays);
	fhda_pass(&f, 5000);
	hda_resume(&f.hda);
	assert_true(f.plays);
	assert_int_equal(lpib(&f, OUT), 5 * MS * 4);
	fhda_pass(&f, 5);
	assert_int_equal(lpib(&f, OUT), 10 * MS * 4);
	fhda_close(&f);
}

static void set_entry(struct fhda *f, unsigned i, u64 address, u32 size)
{
	u8 *entry = guest_at(&f->guest, f->list + OUT * 4096 + 16 * i);

	put_le64(entry, address);
	put_le32(entry + 8, size);
	put_le32(entry + 12, 0);
}

/* Lists that no driver would make cost no more than others. */
static void bad_lists_are_silence(void **state)
{
	struct fhda f;

	open_out(&f);
	/* Entries of no size, outside memory, across its end, and of odd sizes. */
	set_entry(&f, 0, f.data, 0);
	set_entry(&f, 1, UINT64_MAX - 2, 64);
	set_entry(&f, 2, GUEST_RAM - 3, 10);
	set_entry(&f, 3, f.data, 3);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 100);
	assert_int_equal(f.nr_played, 100 * MS);
	assert_int_equal(f.played[0], 0);
	fhda_run(&f, OUT, false);
	/* None but empty ones, and no list at all. */
	for (unsigned i = 0; i < 4; i++)
		set_entry(&f, i, f.data, 0);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 10);
	fhda_run(&f, OUT, false);
	fhda_write(&f, fhda_reg(OUT, HDA_SD_BDPU), 4, ~0u);
	fhda_run(&f, OUT, true);
	fhda_pass(&f, 10);
	assert_int_equal(fhda_read(&f, fhda_reg(OUT, HDA_SD_STS), 1) & 0x10, 0x10);
	assert_int_equal(f.nr_played, 120 * MS);
	fhda_close(&f);
}

/* The list is read when the stream starts, and not again. */
static void later_changes_of_the_list_do_not_count(void **state)
{
	struct fhda f;

	open_out(&f);
	fhda_run(&f, OUT, true);
	set_entry(&f, 0, f.data + SIZE, SIZE);
	fhda_pass(&f, 5);
	for (u32 i = 0; i < f.nr_played; i++)
		assert_int_equal(f.played[i], i * 2654435761u + 1);
	fhda_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(position_follows_the_clock),
		cmocka_unit_test(samples_arrive_as_they_are),
		cmocka_unit_test(each_buffer_interrupts_at_its_end),
		cmocka_unit_test(thread_wakes_in_time),
		cmocka_unit_test(positions_are_in_memory),
		cmocka_unit_test(late_host_loses_time_and_no_sound),
		cmocka_unit_test(stream_goes_on_where_it_stopped),
		cmocka_unit_test(synchronised_streams_start_together),
		cmocka_unit_test(guest_hears_what_is_recorded),
		cmocka_unit_test(other_formats_keep_their_pace),
		cmocka_unit_test(time_stands_still_while_paused),
		cmocka_unit_test(bad_lists_are_silence),
		cmocka_unit_test(later_changes_of_the_list_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
