// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of a CD-ROM drive: SPC-3, MMC-5; how they end: ACS-3, 7.18. */
#include "unit.h"

#include <errno.h>

#include <unistd.h>

#include "base/bytes.h"
#include "fake_sata.h"

#define SECTORS 1024u /* of 2 MiB */

static const enum ahci_kind one[] = { AHCI_CDROM };

static void set_up(struct sata *s)
{
	sata_open(s, one, 1, false);
	sata_start(s, 0);
}

/* The task file at the end of a packet, whose data has room for @size bytes. */
static u32 packet(struct sata *s, const u8 *bytes, u32 size)
{
	memset(sata_data(s), 0xee, 4096);
	return sata_do(s, 0,
		&(struct sata_command){
			.command = ATA_PACKET, .features = 1, .packet = bytes, .size = size });
}

#define PACKET(s, size, ...) packet(s, (const u8[12]){ __VA_ARGS__ }, size)

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* What REQUEST SENSE tells: key, code and qualifier. */
static u32 sense(struct sata *s)
{
	assert_int_equal(PACKET(s, 18, 0x03, 0, 0, 0, 18), ATA_GOOD);
	assert_int_equal(sata_data(s)[0], 0x70);
	return (u32)sata_data(s)[2] << 16 | (u32)sata_data(s)[12] << 8 | sata_data(s)[13];
}

static void the_drive_says_what_it_is(void **state)
{
	static const struct {
		unsigned word;
		u16 value;
	} expected[] = {
		{ 0, 0x85c0 }, /* type 5, removable, packets of 12 bytes */
		{ 27, 'S' << 8 | 'A' },
		{ 49, 0x0f00 },
		{ 76, 0x0006 },
		{ 82, 0x0210 },
		{ 88, 0x203f },
		{ 169, 0 },
	};
	struct sata s;

	set_up(&s);
	assert_int_equal(
		sata_do(&s, 0,
			&(struct sata_command){ .command = ATA_IDENTIFY_PACKET, .size = 512 }),
		ATA_GOOD);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(get_le16(sata_data(&s) + 2 * expected[i].word), expected[i].value);
	/* What is asked of a disk fails with the signature. */
	assert_int_equal(
		sata_do(&s, 0, &(struct sata_command){ .command = ATA_IDENTIFY, .size = 512 }),
		ATA_GOOD | ATA_ERR | ATA_ABRT << 8);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_D2H)[5], 0x14);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_D2H)[6], 0xeb);
	sata_restart(&s, 0);
	assert_int_equal(sata_do(&s, 0, &(struct sata_command){ .command = ATA_DEVICE_RESET }),
		ATA_GOOD | 1 << 8);
	/* A packet that is not there. */
	assert_int_equal(sata_do(&s, 0, &(struct sata_command){ .command = ATA_PACKET }),
		ATA_GOOD | ATA_ERR | ATA_ABRT << 8);
	sata_close(&s);
}

static void sectors_are_read(void **state)
{
	struct sata s;

	set_up(&s);
	assert_int_equal(PACKET(&s, 8, 0x25), ATA_GOOD);
	assert_int_equal(be32(sata_data(&s)), SECTORS - 1);
	assert_int_equal(be32(sata_data(&s) + 4), 2048);
	assert_int_equal(PACKET(&s, 4096, 0x28, 0, 0, 0, 0, 7, 0, 0, 2), ATA_GOOD);
	assert_int_equal(get_le32(sata_data(&s)), 7 * 512);
	assert_int_equal(get_le32(sata_data(&s) + 4092), 9 * 512 - 1);
	assert_int_equal(sata_transferred(&s, 0), 4096);
	/* The command is over: both reasons. */
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_D2H)[12], 3);
	assert_int_equal(PACKET(&s, 2048, 0xa8, 0, 0, 0, 3, 0xff, 0, 0, 0, 1), ATA_GOOD);
	assert_int_equal(get_le32(sata_data(&s)), 1023 * 512);
	assert_int_equal(PACKET(&s, 2048, 0xbe, 0, 0, 0, 0, 5, 0, 0, 1, 0x10), ATA_GOOD);
	assert_int_equal(get_le32(sata_data(&s)), 5 * 512);
	assert_int_equal(PACKET(&s, 0, 0xbe, 0, 0, 0, 0, 5, 0, 0, 1, 0), ATA_GOOD);
	assert_int_equal(PACKET(&s, 0, 0x28), ATA_GOOD); /* no sectors */
	assert_int_equal(PACKET(&s, 0, 0x2b, 0, 0, 0, 3, 0xff), ATA_GOOD);
	sata_close(&s);
}

static void errors_have_their_sense(void **state)
{
	static const struct {
		u8 packet[12];
		u32 sense;
	} cases[] = {
		{ { 0x28, 0, 0, 0, 4, 0, 0, 0, 1 }, 0x052100 },
		{ { 0x28, 0, 0, 0, 3, 0xff, 0, 0, 2 }, 0x052100 },
		{ { 0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, 0x052100 },
		{ { 0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0xf8 }, 0x052400 },
		{ { 0x2b, 0, 0, 0, 4, 0 }, 0x052100 },
		{ { 0x12, 1, 0, 0, 96 }, 0x052400 },
		{ { 0x43, 0, 5, 0, 0, 0, 0, 0, 64 }, 0x052400 },
		{ { 0x43, 0, 0, 0, 0, 0, 9, 0, 64 }, 0x052400 },
		{ { 0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8 }, 0x052400 },
		{ { 0x46, 3, 0, 0, 0, 0, 0, 0, 64 }, 0x052400 },
		{ { 0x5a, 0, 0xc1, 0, 0, 0, 0, 0, 64 }, 0x053900 },
		{ { 0x5a, 0, 0x08, 0, 0, 0, 0, 0, 64 }, 0x052400 },
		{ { 0xad, 0, 0, 0, 0, 0, 0, 0, 0, 64 }, 0x052400 }, /* it is a CD */
		{ { 0x2a, 0, 0, 0, 0, 0, 0, 0, 1 }, 0x052000 },
		{ { 0xff }, 0x052000 },
	};
	struct sata s;

	set_up(&s);
	assert_int_equal(sense(&s), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 tfd = packet(&s, cases[i].packet, 2048);

		if (tfd != (ATA_DRDY | ATA_ERR | (0x50 | ATA_ABRT) << 8))
			fail_msg("case %zu: 0x%x", i, tfd);
		assert_int_equal(sata_frame(&s, 0, AHCI_RX_D2H)[12], 3);
		sata_restart(&s, 0);
		assert_int_equal(sense(&s), cases[i].sense);
		assert_int_equal(sense(&s), 0); /* told once */
	}
	/* The host's file has become shorter. */
	assert_int_equal(ftruncate(s.files[0], 2048), 0);
	assert_int_equal(
		PACKET(&s, 2048, 0x28, 0, 0, 0, 0, 7, 0, 0, 1), ATA_DRDY | ATA_ERR | 0x30 << 8);
	sata_restart(&s, 0);
	assert_int_equal(sense(&s), 0x031100);
	sata_close(&s);
}

/* Answers: some of their bytes. */
static void answers_are_as_the_standards_say(void **state)
{
	static const struct {
		u8 packet[12];
		u32 size; /* bytes that come */
		struct {
			u8 at, value;
		} bytes[6];
	} cases[] = {
		{ { 0x00 }, 0, { { 0 } } },
		{ { 0x1b, 0, 0, 0, 1 }, 0, { { 0 } } },
		{ { 0xbb, 0, 0xff, 0xff }, 0, { { 0 } } },
		{ { 0x12, 0, 0, 0, 36 }, 36, { { 0, 5 }, { 1, 0x80 }, { 4, 31 }, { 8, 'S' } } },
		{ { 0x12, 0, 0, 0, 5 }, 5, { { 0, 5 }, { 4, 31 }, { 5, 0xee } } },
		{ { 0x43, 0, 0, 0, 0, 0, 0, 0, 64 }, 20,
			{ { 1, 18 }, { 2, 1 }, { 5, 0x14 }, { 6, 1 }, { 14, 0xaa }, { 18, 4 } } },
		{ { 0x43, 2, 0, 0, 0, 0, 0, 0, 64 }, 20,
			{ { 1, 18 }, { 9, 0 }, { 10, 2 }, { 17, 0 }, { 18, 15 }, { 19, 49 } } },
		{ { 0x43, 0, 0, 0, 0, 0, 0xaa, 0, 64 }, 12, { { 1, 10 }, { 6, 0xaa } } },
		{ { 0x43, 0, 1, 0, 0, 0, 0, 0, 64 }, 12,
			{ { 1, 10 }, { 2, 1 }, { 3, 1 }, { 6, 1 } } },
		{ { 0x43, 2, 2, 0, 0, 0, 0, 0, 64 }, 48, { { 1, 46 }, { 7, 0xa0 }, { 12, 1 } } },
		{ { 0x46, 0, 0, 0, 0, 0, 0, 0, 64 }, 40,
			{ { 3, 36 }, { 7, 8 }, { 13, 0x10 }, { 17, 8 }, { 18, 1 }, { 21, 1 } } },
		{ { 0x46, 0, 0, 0, 0, 0, 0, 0, 8 }, 8, { { 3, 36 }, { 7, 8 }, { 8, 0xee } } },
		{ { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 }, 8,
			{ { 1, 4 }, { 2, 4 }, { 4, 0 }, { 5, 2 } } },
		{ { 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8 }, 4, { { 1, 0 }, { 2, 0x80 }, { 3, 0x10 } } },
		{ { 0x51, 0, 0, 0, 0, 0, 0, 0, 64 }, 34, { { 1, 32 }, { 2, 0x0e } } },
		{ { 0x52, 1, 0, 0, 0, 1, 0, 0, 64 }, 36, { { 1, 34 }, { 2, 1 }, { 26, 4 } } },
		{ { 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64 }, 30,
			{ { 1, 28 }, { 8, 0x2a }, { 9, 0x14 } } },
		{ { 0x5a, 0, 0x01, 0, 0, 0, 0, 0, 64 }, 16, { { 1, 14 }, { 8, 0x01 }, { 9, 6 } } },
		{ { 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 64 }, 38,
			{ { 1, 36 }, { 8, 0x01 }, { 16, 0x2a } } },
		{ { 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8 }, 8, { { 1, 0 }, { 5, 1 } } },
	};
	struct sata s;

	set_up(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (packet(&s, cases[i].packet, 2048) != ATA_GOOD)
			fail_msg("case %zu fails", i);
		if (sata_transferred(&s, 0) != cases[i].size)
			fail_msg("case %zu: %u bytes", i, sata_transferred(&s, 0));
		for (unsigned n = 0; cases[i].size && n < 6; n++) {
			u8 at = cases[i].bytes[n].at, value = cases[i].bytes[n].value;

			if ((at || value) && sata_data(&s)[at] != value)
				fail_msg("case %zu: byte %u is 0x%02x", i, at, sata_data(&s)[at]);
		}
		assert_int_equal(sata_data(&s)[cases[i].size], 0xee);
	}
	/* Less room than there is to say. */
	assert_int_equal(PACKET(&s, 10, 0x12, 0, 0, 0, 36), ATA_GOOD);
	assert_int_equal(sata_transferred(&s, 0), 10);
	assert_true(sata_port_read(&s, 0, AHCI_PX_IS) & AHCI_IS_OFS);
	sata_close(&s);
}

static void the_tray_opens_and_closes(void **state)
{
	struct sata s;

	set_up(&s);
	/* Locked. */
	assert_int_equal(PACKET(&s, 0, 0x1e, 0, 0, 0, 1), ATA_GOOD);
	assert_true(PACKET(&s, 0, 0x1b, 0, 0, 0, 2) & ATA_ERR);
	sata_restart(&s, 0);
	assert_int_equal(sense(&s), 0x055302);
	assert_int_equal(PACKET(&s, 0, 0x1e), ATA_GOOD);
	/* Open. */
	assert_int_equal(PACKET(&s, 0, 0x1b, 0, 0, 0, 2), ATA_GOOD);
	assert_int_equal(PACKET(&s, 0, 0x00), ATA_DRDY | ATA_ERR | 0x20 << 8);
	sata_restart(&s, 0);
	assert_int_equal(sense(&s), 0x023a00);
	assert_int_equal(PACKET(&s, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), ATA_GOOD);
	assert_int_equal(sata_data(&s)[4], 3);
	assert_int_equal(sata_data(&s)[5], 1);
	assert_int_equal(PACKET(&s, 64, 0x46, 0, 0, 0, 0, 0, 0, 0, 64), ATA_GOOD);
	assert_int_equal(sata_data(&s)[7], 0);
	/* A reset does not close it. */
	sata_port_write(&s, 0, AHCI_PX_CMD, AHCI_CMD_FRE);
	sata_port_write(&s, 0, AHCI_PX_SCTL, 1);
	sata_port_write(&s, 0, AHCI_PX_SCTL, 0);
	sata_port_write(&s, 0, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_ST);
	assert_true(PACKET(&s, 8, 0x25) & ATA_ERR);
	sata_restart(&s, 0);
	/* Closed: the guest hears once that the medium may be another. */
	assert_int_equal(PACKET(&s, 0, 0x1b, 0, 0, 0, 3), ATA_GOOD);
	assert_int_equal(PACKET(&s, 36, 0x12, 0, 0, 0, 36), ATA_GOOD);
	assert_int_equal(PACKET(&s, 0, 0x00), ATA_DRDY | ATA_ERR | 0x60 << 8);
	sata_restart(&s, 0);
	assert_int_equal(sense(&s), 0x062800);
	assert_int_equal(PACKET(&s, 0, 0x00), ATA_GOOD);
	assert_int_equal(PACKET(&s, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), ATA_GOOD);
	assert_int_equal(sata_data(&s)[4], 2);
	sata_close(&s);
}

/* A person at the host opens and closes it. */
static void the_host_opens_the_tray(void **state)
{
	bool open, locked;
	struct sata s;

	set_up(&s);
	assert_int_equal(ahci_tray(&s.ahci, 6, true, false), -ENODEV);
	/* The guest has locked it, and is asked. */
	assert_int_equal(PACKET(&s, 0, 0x1e, 0, 0, 0, 1), ATA_GOOD);
	assert_int_equal(ahci_tray(&s.ahci, 0, true, false), -EBUSY);
	assert_true(ahci_tray_look(&s.ahci, 0, &open, &locked));
	assert_true(!open && locked);
	assert_int_equal(PACKET(&s, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), ATA_GOOD);
	assert_int_equal(sata_data(&s)[4], 1);
	assert_int_equal(ahci_tray(&s.ahci, 0, true, true), 0);
	assert_true(ahci_tray_look(&s.ahci, 0, &open, &locked));
	assert_true(open);
	assert_int_equal(PACKET(&s, 0, 0x00), ATA_DRDY | ATA_ERR | 0x20 << 8);
	sata_restart(&s, 0);
	assert_int_equal(PACKET(&s, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), ATA_GOOD);
	assert_int_equal(sata_data(&s)[4], 3);
	/* Closed: the medium may be another. Closing it again changes nothing. */
	assert_int_equal(ahci_tray(&s.ahci, 0, false, false), 0);
	assert_int_equal(PACKET(&s, 0, 0x00), ATA_DRDY | ATA_ERR | 0x60 << 8);
	sata_restart(&s, 0);
	assert_int_equal(ahci_tray(&s.ahci, 0, false, false), 0);
	assert_int_equal(PACKET(&s, 0, 0x00), ATA_GOOD);
	sata_close(&s);
}

/* What is larger than a CD is a DVD. */
static void a_large_image_is_a_dvd(void **state)
{
	struct sata s;

	set_up(&s);
	s.ahci.ports[0].file.size = 4ull << 30;
	assert_int_equal(PACKET(&s, 64, 0x46, 0, 0, 0, 0, 0, 0, 0, 64), ATA_GOOD);
	assert_int_equal(sata_data(&s)[7], 0x10);
	assert_int_equal(PACKET(&s, 4096, 0xad, 0, 0, 0, 0, 0, 0, 0, 8, 4), ATA_GOOD);
	assert_int_equal(sata_transferred(&s, 0), 2052);
	assert_int_equal(be32(sata_data(&s) + 12), 0x30000 + (2u << 20) - 1);
	/* More than one command may read. */
	assert_true(PACKET(&s, 4096, 0xa8, 0, 0, 0, 0, 0, 0, 1, 0, 0) & ATA_ERR);
	sata_restart(&s, 0);
	assert_int_equal(sense(&s), 0x052400);
	sata_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_drive_says_what_it_is),
		cmocka_unit_test(sectors_are_read),
		cmocka_unit_test(errors_have_their_sense),
		cmocka_unit_test(answers_are_as_the_standards_say),
		cmocka_unit_test(the_tray_opens_and_closes),
		cmocka_unit_test(the_host_opens_the_tray),
		cmocka_unit_test(a_large_image_is_a_dvd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
