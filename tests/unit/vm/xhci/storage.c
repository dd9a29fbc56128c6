// SPDX-License-Identifier: GPL-2.0-or-later
/* USB disks: Bulk-Only Transport 1.0, and their SCSI commands. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_xhci.h"
#include "vm/usb/storage.h"

#define IN        3
#define OUT       4
#define CBW_IN    0x80
#define DISK_SIZE (4 * MIB)
#define MAX_TRB   (64 * KIB)
#define AT        0x1000 /* of wrappers, beside the data */

struct bench {
	struct fxhci f;
	struct usb_storage disk;
	int file;
	u32 tag, residue;
};

/* Word n of the file is n. */
static void open_bench(struct bench *b, bool read_only)
{
	struct usb_storage_config config = { .no_thread = true, .read_only = read_only };
	struct err err = { 0 };
	char path[32];
	u32 words[1024];

	memset(b, 0, sizeof(*b));
	b->file = memfd_create("disk", 0);
	for (u32 at = 0; at < DISK_SIZE / 4; at += 1024) {
		for (u32 i = 0; i < 1024; i++)
			words[i] = at + i;
		assert_int_equal(write(b->file, words, sizeof(words)), sizeof(words));
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", b->file);
	config.path = path;
	config.serial = "TENON-9";
	fxhci_open(&b->f);
	if (usb_storage_open(&b->disk, &config, &err))
		fail_msg("%s", err.text);
	assert_int_equal(xhci_plug(&b->f.xhci, &b->disk.dev, &err), 0);
	fxhci_start(&b->f);
	fxhci_address(&b->f, 1);
	assert_int_equal(fxhci_control(&b->f, 0x0009, 1, 0, 0), XHCI_SUCCESS);
	fxhci_endpoint(&b->f, IN, 6, 1024);
	fxhci_endpoint(&b->f, OUT, 2, 1024);
}

static void close_bench(struct bench *b)
{
	xhci_unplug(&b->f.xhci, &b->disk.dev);
	usb_storage_close(&b->disk);
	fxhci_close(&b->f);
	close(b->file);
}

/* A transfer at an address of the guest's, whose event has @code; returns the bytes that were left.
 */
static u32 transfer(struct bench *b, unsigned dci, u64 address, u32 size, u32 *code)
{
	/* A TRB has at most 64 KiB. */
	for (u32 rest = size, n; rest; rest -= n, address += n) {
		n = rest < MAX_TRB ? rest : MAX_TRB;
		fxhci_put(&b->f, &b->f.rings[dci], address, n,
			TRB_NORMAL << 10 | TRB_ISP | (n < rest ? TRB_CHAIN : TRB_IOC));
	}
	fxhci_ring_doorbell(&b->f, 1, dci);
	for (unsigned i = 0; i < 64; i++) {
		*code = fxhci_transferred(&b->f);
		if (*code != FXHCI_NONE)
			return b->f.last.status & 0xffffff;
		assert_int_equal(block_worker_step(&b->disk.worker, false), 0);
		fxhci_run(&b->f);
	}
	return size;
}

static void send_command(struct bench *b, const u8 *cdb, unsigned size, u32 host, u8 flags)
{
	u64 wrapper = b->f.data + MIB - AT;
	u8 *cbw = guest_at(&b->f.guest, wrapper);
	u32 code;

	memset(cbw, 0, 31);
	put_le32(cbw, 0x43425355);
	put_le32(cbw + 4, ++b->tag);
	put_le32(cbw + 8, host);
	cbw[12] = flags;
	cbw[14] = (u8)size;
	memcpy(cbw + 15, cdb, size);
	transfer(b, OUT, wrapper, 31, &code);
	assert_int_equal(code, XHCI_SUCCESS);
}

static u8 take_status(struct bench *b)
{
	u64 wrapper = b->f.data + MIB - AT;
	const u8 *csw = guest_at(&b->f.guest, wrapper);
	u32 code;

	transfer(b, IN, wrapper, 13, &code);
	assert_int_equal(code, XHCI_SUCCESS);
	assert_int_equal(get_le32(csw), 0x53425355);
	assert_int_equal(get_le32(csw + 4), b->tag);
	b->residue = get_le32(csw + 8);
	return csw[12];
}

/* A whole command with @host bytes at the start of the data, in one transfer. Returns its status.
 */
static u8 run(struct bench *b, const char *cdb, unsigned size, u32 host, u8 flags)
{
	u32 code;

	send_command(b, (const u8 *)cdb, size, host, flags);
	if (host)
		transfer(b, flags ? IN : OUT, b->f.data, host, &code);
	return take_status(b);
}

#define RUN(b, cdb, host, flags) run(b, cdb, sizeof(cdb) - 1, host, flags)

static void expect_sense(struct bench *b, u8 key, u8 asc)
{
	assert_int_equal(RUN(b, "\x03\0\0\0\x12\0", 18, CBW_IN), 0);
	assert_int_equal(fxhci_data(&b->f)[2], key);
	assert_int_equal(fxhci_data(&b->f)[12], asc);
}

static void it_says_what_it_is(void **state)
{
	const u8 *data;
	struct bench b;

	open_bench(&b, false);
	data = fxhci_data(&b.f);
	assert_int_equal(fxhci_control(&b.f, 0x8006, 0x200, 0, 255), XHCI_SUCCESS);
	assert_int_equal(get_le16(data + 2), 44);
	assert_memory_equal(data + 14, "\x08\x06\x50", 3);
	assert_int_equal(fxhci_control(&b.f, 0x8006, 0xf00, 0, 255), XHCI_SUCCESS);
	assert_int_equal(get_le16(data + 2), 22);
	assert_int_equal(fxhci_control(&b.f, 0x8006, 0x303, 0, 255), XHCI_SUCCESS);
	assert_memory_equal(data + 2,
		"T\0E\0N\0O\0N\0-\0"
		"9\0",
		14);
	assert_int_equal(fxhci_control(&b.f, 0xa1fe, 0, 0, 1), XHCI_SUCCESS);
	assert_int_equal(data[0], 0);
	assert_int_equal(RUN(&b, "\x12\0\0\0\x24\0", 36, CBW_IN), 0);
	assert_memory_equal(data + 8, "TENON   USB DISK        1.0 ", 28);
	assert_int_equal(RUN(&b, "\x12\x01\x80\0\xff\0", 255, CBW_IN), 0);
	assert_memory_equal(data, "\0\x80\0\x07TENON-9", 11);
	assert_int_equal(b.residue, 255 - 11);
	assert_int_equal(RUN(&b, "\x25\0\0\0\0\0\0\0\0\0", 8, CBW_IN), 0);
	assert_memory_equal(data, "\0\0\x1f\xff\0\0\x02\0", 8);
	assert_int_equal(RUN(&b, "\x9e\x10\0\0\0\0\0\0\0\0\0\0\0\x20\0\0", 32, CBW_IN), 0);
	assert_memory_equal(data, "\0\0\0\0\0\0\x1f\xff\0\0\x02\0", 12);
	assert_int_equal(RUN(&b, "\x1a\0\x3f\0\xc0\0", 192, CBW_IN), 0);
	assert_memory_equal(data, "\x17\0\0\0\x08\x12\x04", 7);
	assert_int_equal(RUN(&b, "\x5a\0\x08\0\0\0\0\0\x40\0", 64, CBW_IN), 0);
	assert_memory_equal(data, "\0\x1a\0\0\0\0\0\0\x08\x12\x04", 11);
	assert_int_equal(RUN(&b, "\xa0\0\0\0\0\0\0\0\0\x10\0\0", 16, CBW_IN), 0);
	assert_memory_equal(data, "\0\0\0\x08", 4);
	assert_int_equal(RUN(&b, "\0\0\0\0\0\0", 0, 0), 0);
	close_bench(&b);
}

static void reads_and_writes(void **state)
{
	struct bench b;
	u32 word, *data;

	open_bench(&b, false);
	data = (u32 *)(void *)fxhci_data(&b.f);
	/* READ(10) of 32 KiB at block 8; more than the disk's buffer, by READ(16). */
	assert_int_equal(RUN(&b, "\x28\0\0\0\0\x08\0\0\x40\0", 32 * KIB, CBW_IN), 0);
	assert_int_equal(data[0], 8 * 128);
	assert_int_equal(data[8191], 8 * 128 + 8191);
	assert_int_equal(b.residue, 0);
	assert_int_equal(RUN(&b, "\x88\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0", 512 * KIB, CBW_IN), 0);
	for (u32 i = 0; i < 512 * KIB / 4; i++)
		assert_int_equal(data[i], i);
	/* WRITE(10), WRITE(12), WRITE(6). */
	for (u32 i = 0; i < 512 * KIB / 4; i++)
		data[i] = ~i;
	assert_int_equal(RUN(&b, "\x2a\0\0\0\x10\0\0\x04\0\0", 512 * KIB, 0), 0);
	assert_int_equal(RUN(&b, "\x35\0\0\0\0\0\0\0\0\0", 0, 0), 0);
	for (u32 i = 0; i < 512 * KIB / 4; i += 1023) {
		assert_int_equal(pread(b.file, &word, 4, 0x1000 * 512 + 4 * i), 4);
		assert_int_equal(word, ~i);
	}
	assert_int_equal(RUN(&b, "\xaa\0\0\0\0\x03\0\0\0\x01\0\0", 512, 0), 0);
	assert_int_equal(RUN(&b, "\x0a\0\0\x05\x01\0", 512, 0), 0);
	assert_int_equal(pread(b.file, &word, 4, 5 * 512 + 4), 4);
	assert_int_equal(word, ~1u);
	close_bench(&b);
}

/* The data of a command in pieces of odd sizes. */
static void data_comes_in_any_pieces(void **state)
{
	static const u32 sizes[] = { 100, 1024, 7, 3000, 512, 3549 };
	struct bench b;
	u32 at = 0, code, word;

	open_bench(&b, false);
	send_command(&b, (const u8 *)"\x28\0\0\0\0\0\0\0\x10\0", 10, 8192, CBW_IN);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); at += sizes[i++]) {
		transfer(&b, IN, b.f.data + at, sizes[i], &code);
		assert_int_equal(code, XHCI_SUCCESS);
	}
	assert_int_equal(take_status(&b), 0);
	for (u32 i = 0; i < 2048; i++)
		assert_int_equal(get_le32(fxhci_data(&b.f) + 4 * i), i);
	memset(fxhci_data(&b.f), 0x77, 8192);
	send_command(&b, (const u8 *)"\x2a\0\0\0\0\0\0\0\x10\0", 10, 8192, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		transfer(&b, OUT, b.f.data, sizes[i], &code);
	assert_int_equal(take_status(&b), 0);
	assert_int_equal(pread(b.file, &word, 4, 8188), 4);
	assert_int_equal(word, 0x77777777);
	assert_int_equal(pread(b.file, &word, 4, 8192), 4);
	assert_int_equal(word, 2048);
	close_bench(&b);
}

static void wrong_commands_fail(void **state)
{
	static const struct {
		const char *cdb;
		u32 host;
		u8 flags, key, asc;
	} cases[] = {
		{ "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0, 0, 5, 0x20 },
		{ "\x28\0\0\0\x20\0\0\0\x01\0\0\0\0\0\0", 512, CBW_IN, 5, 0x21 },
		{ "\x28\0\0\0\x1f\xff\0\0\x02\0\0\0\0\0\0", 1024, CBW_IN, 5, 0x21 },
		{ "\x2a\0\0\0\x20\0\0\0\x01\0\0\0\0\0\0", 512, 0, 5, 0x21 },
		{ "\x88\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x02\0", 1024, CBW_IN, 5, 0x21 },
		{ "\x12\x01\x42\0\xff\0\0\0\0\0\0\0\0\0\0", 255, CBW_IN, 5, 0x24 },
		{ "\x12\0\x42\0\xff\0\0\0\0\0\0\0\0\0\0", 255, CBW_IN, 5, 0x24 },
		{ "\x1a\0\x04\0\xff\0\0\0\0\0\0\0\0\0\0", 255, CBW_IN, 5, 0x24 },
		{ "\x9e\x11\0\0\0\0\0\0\0\0\0\0\0\x20\0", 32, CBW_IN, 5, 0x20 },
		/* In the wrong direction. */
		{ "\x28\0\0\0\0\0\0\0\x01\0\0\0\0\0\0", 512, 0, 5, 0x24 },
		{ "\x2a\0\0\0\0\0\0\0\x01\0\0\0\0\0\0", 512, CBW_IN, 5, 0x24 },
	};
	struct bench b;
	u32 word;

	open_bench(&b, false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run(&b, cases[i].cdb, 15, cases[i].host, cases[i].flags), 1);
		assert_int_equal(b.residue, cases[i].host);
		expect_sense(&b, cases[i].key, cases[i].asc);
		expect_sense(&b, 0, 0);
	}
	assert_int_equal(pread(b.file, &word, 4, 0), 4);
	assert_int_equal(word, 0);
	close_bench(&b);
}

static void a_disk_that_is_only_read(void **state)
{
	struct bench b;

	open_bench(&b, true);
	assert_int_equal(RUN(&b, "\x1a\0\x3f\0\xc0\0", 192, CBW_IN), 0);
	assert_int_equal(fxhci_data(&b.f)[2], 0x80);
	assert_int_equal(RUN(&b, "\x2a\0\0\0\0\0\0\0\x01\0", 512, 0), 1);
	expect_sense(&b, 7, 0x27);
	close_bench(&b);
}

/* What is no command breaks the device off until it is reset, 6.6.1. */
static void a_wrong_wrapper_needs_a_reset(void **state)
{
	struct bench b;
	u32 code;

	open_bench(&b, false);
	transfer(&b, OUT, b.f.data, 31, &code);
	assert_int_equal(code, XHCI_STALL);
	/* The endpoint's halt is cleared, and comes back. */
	assert_int_equal(fxhci_control(&b.f, 0x0201, 0, 2, 0), XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_RESET_ENDPOINT << 10 | 1u << 24 | OUT << 16),
		XHCI_SUCCESS);
	fxhci_ring_doorbell(&b.f, 1, OUT);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_STALL);
	/* A reset, as drivers do it: 5.3.4. */
	assert_int_equal(fxhci_control(&b.f, 0x21ff, 0, 0, 0), XHCI_SUCCESS);
	assert_int_equal(fxhci_control(&b.f, 0x0201, 0, 0x81, 0), XHCI_SUCCESS);
	assert_int_equal(fxhci_control(&b.f, 0x0201, 0, 2, 0), XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_RESET_ENDPOINT << 10 | 1u << 24 | OUT << 16),
		XHCI_SUCCESS);
	assert_int_equal(
		fxhci_command(&b.f, (b.f.rings[OUT].at + b.f.rings[OUT].next * XHCI_TRB) | 1, 0,
			TRB_SET_DEQUEUE << 10 | 1u << 24 | OUT << 16),
		XHCI_SUCCESS);
	assert_int_equal(RUN(&b, "\0\0\0\0\0\0", 0, 0), 0);
	close_bench(&b);
}

/* Data that ends with a whole transfer, where the host wants more, is told by a stall: 6.7.2. */
static void less_data_than_the_host_wants(void **state)
{
	struct bench b;
	u32 code;

	open_bench(&b, false);
	send_command(&b, (const u8 *)"\x28\0\0\0\0\0\0\0\x01\0", 10, 1024, CBW_IN);
	transfer(&b, IN, b.f.data, 512, &code);
	assert_int_equal(code, XHCI_SUCCESS);
	transfer(&b, IN, b.f.data, 512, &code);
	assert_int_equal(code, XHCI_STALL);
	assert_int_equal(fxhci_control(&b.f, 0x0201, 0, 0x81, 0), XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_RESET_ENDPOINT << 10 | 1u << 24 | IN << 16),
		XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, (b.f.rings[IN].at + b.f.rings[IN].next * XHCI_TRB) | 1,
				 0, TRB_SET_DEQUEUE << 10 | 1u << 24 | IN << 16),
		XHCI_SUCCESS);
	assert_int_equal(take_status(&b), 0);
	assert_int_equal(b.residue, 512);
	close_bench(&b);
}

/* A command that is given up in the middle leaves nothing behind. */
static void a_command_is_given_up(void **state)
{
	struct bench b;
	u32 code;

	open_bench(&b, false);
	send_command(&b, (const u8 *)"\x2a\0\0\0\0\0\0\x04\0\0", 10, 512 * KIB, 0);
	transfer(&b, OUT, b.f.data, 1000, &code);
	assert_int_equal(fxhci_control(&b.f, 0x21ff, 0, 0, 0), XHCI_SUCCESS);
	assert_int_equal(RUN(&b, "\x28\0\0\0\0\0\0\0\x01\0", 512, CBW_IN), 0);
	assert_int_equal(get_le32(fxhci_data(&b.f)), 0);
	assert_int_equal(get_le32(fxhci_data(&b.f) + 4), 1);
	close_bench(&b);
}

static void failures_of_the_host_are_told(void **state)
{
	struct bench b;

	open_bench(&b, false);
	assert_int_equal(ftruncate(b.file, 0), 0);
	assert_int_equal(RUN(&b, "\x28\0\0\0\0\0\0\0\x01\0", 512, CBW_IN), 1);
	expect_sense(&b, 3, 0x11);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_it_is),
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(data_comes_in_any_pieces),
		cmocka_unit_test(wrong_commands_fail),
		cmocka_unit_test(a_disk_that_is_only_read),
		cmocka_unit_test(a_wrong_wrapper_needs_a_reset),
		cmocka_unit_test(less_data_than_the_host_wants),
		cmocka_unit_test(a_command_is_given_up),
		cmocka_unit_test(failures_of_the_host_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
