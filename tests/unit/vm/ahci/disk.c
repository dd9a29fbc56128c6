// SPDX-License-Identifier: GPL-2.0-or-later
/* A disk's commands: ACS-3, chapter 7, and how they end: AHCI 1.3.1, 5.6 and 6.2. */
#include "unit.h"

#include <unistd.h>

#include "base/bytes.h"
#include "fake_sata.h"

#define LBA     ATA_DEVICE_LBA
#define SECTORS (SATA_DISK_SIZE / 512)
#define ABORTED (ATA_DRDY | ATA_DSC | ATA_ERR | ATA_ABRT << 8)
#define NOT_IN  (ATA_DRDY | ATA_DSC | ATA_ERR | ATA_IDNF << 8)

static const enum ahci_kind one[] = { AHCI_DISK };

static void set_up(struct sata *s)
{
	sata_open(s, one, 1, false);
	sata_start(s, 0);
}

static u32 word_at(struct sata *s, u64 lba)
{
	u8 word[4];

	assert_int_equal(pread(s->files[0], word, 4, (off_t)lba * 512), 4);
	return get_le32(word);
}

static void the_disk_says_what_it_is(void **state)
{
	static const struct {
		unsigned word;
		u16 value;
	} expected[] = {
		{ 0, 0x0040 },
		{ 1, 4 },
		{ 3, 16 },
		{ 6, 63 },
		{ 10, 'S' << 8 | '-' },
		{ 11, '1' << 8 | ' ' },
		{ 27, 'S' << 8 | 'A' },
		{ 47, 0x8010 },
		{ 49, 0x0f00 },
		{ 53, 0x0007 },
		{ 59, 0x0110 },
		{ 60, SECTORS },
		{ 61, 0 },
		{ 75, 31 },
		{ 76, 0x0106 },
		{ 82, 0x0060 },
		{ 83, 0x7400 },
		{ 84, 0x4060 },
		{ 85, 0x0060 },
		{ 86, 0x3400 },
		{ 87, 0x4060 },
		{ 88, 0x203f },
		{ 100, SECTORS },
		{ 103, 0 },
		{ 105, 8 },
		{ 169, 1 },
		{ 217, 1 },
	};
	struct sata s;
	u8 sum = 0;

	set_up(&s);
	assert_int_equal(
		sata_do(&s, 0, &(struct sata_command){ .command = ATA_IDENTIFY, .size = 512 }),
		ATA_GOOD);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (get_le16(sata_data(&s) + 2 * expected[i].word) != expected[i].value)
			fail_msg("word %u is 0x%04x", expected[i].word,
				get_le16(sata_data(&s) + 2 * expected[i].word));
	for (unsigned i = 0; i < 512; i++)
		sum = (u8)(sum + sata_data(&s)[i]);
	assert_int_equal(sum, 0);
	/* By PIO: the frame before the data has the status after it. */
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), AHCI_IS_PSS);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_PIO)[0], FIS_PIO);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_PIO)[2], ATA_GOOD | ATA_DRQ);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_PIO)[15], ATA_GOOD);
	assert_int_equal(get_le16(sata_frame(&s, 0, AHCI_RX_PIO) + 16), 512);
	assert_int_equal(sata_transferred(&s, 0), 512);
	sata_close(&s);
}

/* Each way to read sector 20 and to write sector 30. */
static void sectors_are_read_and_written(void **state)
{
	static const struct {
		u8 command;
		bool write, short_address;
		u32 is;
	} cases[] = {
		{ ATA_READ, false, true, AHCI_IS_PSS },
		{ ATA_READ + 1, false, true, AHCI_IS_PSS },
		{ ATA_READ_EXT, false, false, AHCI_IS_PSS },
		{ ATA_READ_DMA, false, true, AHCI_IS_DHRS },
		{ ATA_READ_DMA_EXT, false, false, AHCI_IS_DHRS },
		{ ATA_READ_MULTIPLE, false, true, AHCI_IS_PSS },
		{ ATA_READ_MULTIPLE_EXT, false, false, AHCI_IS_PSS },
		{ ATA_WRITE, true, true, AHCI_IS_DHRS },
		{ ATA_WRITE_EXT, true, false, AHCI_IS_DHRS },
		{ ATA_WRITE_DMA, true, true, AHCI_IS_DHRS },
		{ ATA_WRITE_DMA_EXT, true, false, AHCI_IS_DHRS },
		{ ATA_WRITE_MULTIPLE, true, true, AHCI_IS_DHRS },
		{ ATA_WRITE_MULTIPLE_EXT, true, false, AHCI_IS_DHRS },
		{ ATA_WRITE_DMA_FUA_EXT, true, false, AHCI_IS_DHRS },
		{ ATA_WRITE_MULTIPLE_FUA_EXT, true, false, AHCI_IS_DHRS },
	};
	struct sata s;

	set_up(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sata_command c = {
			.command = cases[i].command,
			.lba = cases[i].write ? 30 : 20,
			.device = LBA,
			.count = 2,
			.size = 1024,
		};

		sata_port_write(&s, 0, AHCI_PX_IS, ~0u);
		memset(sata_data(&s), (int)i + 1, 1024);
		assert_int_equal(sata_do(&s, 0, &c), ATA_GOOD);
		assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), cases[i].is);
		assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 0);
		assert_int_equal(sata_transferred(&s, 0), 1024);
		if (cases[i].write)
			assert_int_equal(word_at(&s, 31), (i + 1) * 0x01010101);
		else
			assert_int_equal(get_le32(sata_data(&s) + 1020), 22 * 128 - 1);
		assert_int_equal(word_at(&s, 32), 32 * 128);
	}
	sata_close(&s);
}

static void what_is_not_there_is_an_error(void **state)
{
	static const struct {
		struct sata_command command;
		u32 tfd, is;
	} cases[] = {
		{ { ATA_READ_DMA_EXT, 0, SECTORS - 1, LBA, 1, .size = 512 }, ATA_GOOD, 0 },
		{ { ATA_READ_DMA_EXT, 0, SECTORS - 1, LBA, 2, .size = 1024 }, NOT_IN, 0 },
		{ { ATA_READ_DMA_EXT, 0, 0xffffffffffff, LBA, 0, .size = 1024 }, NOT_IN, 0 },
		{ { ATA_READ_DMA, 0, 0xffffff, LBA | 0xf, 0, .size = 1024 }, NOT_IN, 0 },
		{ { ATA_READ_DMA, 0, 1, 0, 1, .size = 512 }, NOT_IN, 0 }, /* no address so */
		{ { ATA_WRITE_DMA_EXT, 0, SECTORS, LBA, 1, .size = 512 }, NOT_IN, 0 },
		{ { ATA_VERIFY_EXT, 0, SECTORS - 1, LBA, 1 }, ATA_GOOD, 0 },
		{ { ATA_VERIFY_EXT, 0, SECTORS - 1, LBA, 2 }, NOT_IN, 0 },
		{ { ATA_VERIFY, 0, SECTORS - 256, LBA, 0 }, ATA_GOOD, 0 },
		{ { ATA_VERIFY, 0, SECTORS - 255, LBA, 0 }, NOT_IN, 0 },
		/* Memory that is too small, and that is none. */
		{ { ATA_READ_DMA_EXT, 0, 0, LBA, 2, .size = 512 }, ABORTED, AHCI_IS_OFS },
		{ { ATA_READ_DMA_EXT, 0, 0, LBA, 1 }, ABORTED, AHCI_IS_OFS },
		{ { ATA_READ_DMA_EXT, 0, 0, LBA, 1, .data = GUEST_RAM - 256, .size = 512 }, ABORTED,
			AHCI_IS_HBFS },
		{ { ATA_IDENTIFY, .data = 1ull << 60, .size = 512 }, ABORTED, AHCI_IS_HBFS },
		/* Commands that there are not, or not for a disk. */
		{ { ATA_NOP }, ABORTED, 0 },
		{ { ATA_PACKET, .size = 512 }, ABORTED, 0 },
		{ { ATA_IDENTIFY_PACKET, .size = 512 }, ABORTED, 0 },
		{ { ATA_DEVICE_RESET }, ABORTED, 0 },
		{ { 0xff }, ABORTED, 0 },
	};
	struct sata s;

	set_up(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 tfd = sata_do(&s, 0, &cases[i].command);

		if (tfd != cases[i].tfd)
			fail_msg("case %zu: 0x%x", i, tfd);
		if (tfd & ATA_ERR) {
			assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS),
				AHCI_IS_TFES | AHCI_IS_DHRS | cases[i].is);
			assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 1);
			assert_int_equal(sata_frame(&s, 0, AHCI_RX_D2H)[3], tfd >> 8);
			/* Until the driver stops the port nothing more is done. */
			sata_port_write(&s, 0, AHCI_PX_CI, 2);
			sata_run(&s);
			assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 3);
		}
		sata_restart(&s, 0);
	}
	sata_close(&s);
}

static void other_commands_do_what_they_are_for(void **state)
{
	static const struct {
		struct sata_command command;
		u32 tfd;
	} cases[] = {
		{ { ATA_FLUSH }, ATA_GOOD },
		{ { ATA_FLUSH_EXT }, ATA_GOOD },
		{ { ATA_RECALIBRATE }, ATA_GOOD },
		{ { ATA_INIT_PARAMETERS }, ATA_GOOD },
		{ { ATA_STANDBY_NOW }, ATA_GOOD },
		{ { ATA_SET_MULTIPLE, .count = 8 }, ATA_GOOD },
		{ { ATA_SET_MULTIPLE, .count = 3 }, ABORTED },
		{ { ATA_SET_MULTIPLE, .count = 32 }, ABORTED },
		{ { ATA_SET_FEATURES, 0x03, .count = 0x45 }, ATA_GOOD }, /* UDMA 5 */
		{ { ATA_SET_FEATURES, 0x03, .count = 0x47 }, ABORTED },
		{ { ATA_SET_FEATURES, 0x03, .count = 0x0c }, ATA_GOOD }, /* PIO 4 */
		{ { ATA_SET_FEATURES, 0x03, .count = 0x22 }, ATA_GOOD }, /* multiword 2 */
		{ { ATA_SET_FEATURES, 0x82 }, ATA_GOOD },
		{ { ATA_SET_FEATURES, 0xaa }, ATA_GOOD },
		{ { ATA_SET_FEATURES, 0x42 }, ABORTED },
		{ { ATA_DATA_SET_MANAGEMENT, 0, .count = 1, .size = 512 }, ABORTED },
		{ { ATA_DATA_SET_MANAGEMENT, 1, .count = 0, .size = 512 }, ABORTED },
		{ { ATA_DATA_SET_MANAGEMENT, 1, .count = 9, .size = 9 * 512 }, ABORTED },
		{ { ATA_READ_LOG_EXT, .lba = 0x30, .count = 1, .size = 512 }, ABORTED },
		{ { ATA_READ_LOG_EXT, .lba = 0x10, .count = 2, .size = 1024 }, ABORTED },
		{ { ATA_READ_LOG_EXT, .lba = 0x110, .count = 1, .size = 512 }, ABORTED },
		{ { ATA_READ_LOG_DMA_EXT, .lba = 0, .count = 1, .size = 512 }, ATA_GOOD },
		{ { ATA_DIAGNOSTIC }, ATA_GOOD | 1 << 8 },
	};
	struct sata s;

	set_up(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 tfd = sata_do(&s, 0, &cases[i].command);

		if (tfd != cases[i].tfd)
			fail_msg("case %zu: 0x%x", i, tfd);
		sata_restart(&s, 0);
	}
	sata_do(&s, 0, &(struct sata_command){ ATA_CHECK_POWER });
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_D2H)[12], 0xff);
	sata_do(&s, 0, &(struct sata_command){ ATA_READ_NATIVE_MAX_EXT });
	assert_int_equal(get_le16(sata_frame(&s, 0, AHCI_RX_D2H) + 4), SECTORS - 1);
	sata_do(&s, 0, &(struct sata_command){ ATA_READ_NATIVE_MAX, .device = LBA });
	assert_int_equal(get_le16(sata_frame(&s, 0, AHCI_RX_D2H) + 4), SECTORS - 1);
	/* 82h has switched the cache off, and that is said. */
	sata_do(&s, 0, &(struct sata_command){ .command = ATA_IDENTIFY, .size = 512 });
	assert_int_equal(get_le16(sata_data(&s) + 2 * 85), 0x40);
	assert_int_equal(get_le16(sata_data(&s) + 2 * 59), 0x108);
	sata_do(&s, 0, &(struct sata_command){ ATA_SET_FEATURES, 0x02 });
	sata_do(&s, 0, &(struct sata_command){ .command = ATA_IDENTIFY, .size = 512 });
	assert_int_equal(get_le16(sata_data(&s) + 2 * 85), 0x60);
	sata_close(&s);
}

static void trims_make_holes(void **state)
{
	const struct sata_command trim = { ATA_DATA_SET_MANAGEMENT, 1, .count = 1, .size = 512 };
	struct sata s;

	set_up(&s);
	put_le64(sata_data(&s), 8ull | 8ull << 48);
	put_le64(sata_data(&s) + 16, 64ull | 16ull << 48); /* an empty one between */
	assert_int_equal(sata_do(&s, 0, &trim), ATA_GOOD);
	assert_int_equal(word_at(&s, 7), 7 * 128);
	assert_int_equal(word_at(&s, 8), 0);
	assert_int_equal(word_at(&s, 15), 0);
	assert_int_equal(word_at(&s, 16), 16 * 128);
	assert_int_equal(word_at(&s, 64), 0);
	assert_int_equal(word_at(&s, 80), 80 * 128);
	/* A range that the disk has not. */
	put_le64(sata_data(&s) + 504, (SECTORS - 1) | 2ull << 48);
	assert_int_equal(sata_do(&s, 0, &trim), NOT_IN);
	sata_close(&s);
}

/* Descriptors that end and begin anywhere, with one that asks for an interrupt. */
static void memory_may_be_in_pieces(void **state)
{
	static const u32 sizes[] = { 2, 510, 1000, 24, 8192, 6656 };
	struct sata_command c = { ATA_READ_DMA_EXT, 0, 100, LBA, 32, .size = 2 };
	struct sata s;
	u64 at;
	u8 *prd;

	set_up(&s);
	sata_put(&s, 0, 0, &c);
	put_le16(guest_at(&s.guest, s.lists[0]) + 2, ARRAY_SIZE(sizes));
	prd = guest_at(&s.guest, s.tables + AHCI_TABLE_PRDT);
	at = s.data + 2;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		put_le64(prd + 16 * i, at);
		put_le32(prd + 16 * i + 12, (sizes[i] - 1) | (i == 3 ? AHCI_PRD_I : 0));
		at += sizes[i] + 2;
	}
	sata_port_write(&s, 0, AHCI_PX_CI, 1);
	sata_run(&s);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), ATA_GOOD);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), AHCI_IS_DHRS | AHCI_IS_DPS);
	assert_int_equal(get_le16(sata_data(&s) + 2), (u16)(100 * 128));
	assert_int_equal(get_le32(sata_data(&s) + 512), 100 * 128 + 127);
	assert_int_equal(get_le32(sata_data(&s) + 16384 + 8), 132 * 128 - 1);
	assert_int_equal(get_le16(sata_data(&s) + 516), 0); /* between two pieces */
	assert_int_equal(sata_transferred(&s, 0), 32 * 512);
	sata_close(&s);
}

static void queued_commands_are_under_way_together(void **state)
{
	struct ahci_port *port;
	struct sata s;

	set_up(&s);
	port = &s.ahci.ports[0];
	for (unsigned tag = 0; tag < 32; tag++) {
		struct sata_command c = {
			.command = tag % 2 ? ATA_WRITE_QUEUED : ATA_READ_QUEUED,
			.features = 1,
			.lba = 100 + tag,
			.device = LBA | (tag % 4 == 3 ? ATA_NCQ_FUA : 0),
			.count = (u16)(tag << 3),
			.data = s.data + tag * 512,
			.size = 512,
		};

		memset(guest_at(&s.guest, c.data), (int)tag, 512);
		sata_put(&s, 0, tag, &c);
	}
	sata_port_write(&s, 0, AHCI_PX_SACT, ~0u);
	sata_port_write(&s, 0, AHCI_PX_CI, ~0u);
	port->worker.config.work(port);
	/* All taken, the device free for more, none done. */
	assert_int_equal(port->running, ~0u);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 0);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_SACT), ~0u);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), ATA_GOOD);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), 0);
	sata_run(&s);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_SACT), 0);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), AHCI_IS_SDBS);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_SDB)[0], FIS_SDB);
	for (unsigned tag = 0; tag < 32; tag++) {
		if (tag % 2)
			assert_int_equal(word_at(&s, 100 + tag), tag * 0x01010101);
		else
			assert_int_equal(get_le32(guest_at(&s.guest, s.data + tag * 512)),
				(100 + tag) * 128);
	}
	sata_close(&s);
}

/* One of three queued commands fails: the device forgets the others, and log 10h says which. */
static void a_queued_error_is_told_by_the_log(void **state)
{
	const struct sata_command log = { ATA_READ_LOG_EXT, .lba = 0x10, .count = 1, .size = 512 };
	struct sata s;
	const u8 *page;
	u8 sum = 0;

	set_up(&s);
	for (unsigned tag = 3; tag < 6; tag++)
		sata_put(&s, 0, tag,
			&(struct sata_command){ ATA_READ_QUEUED, 1, tag == 4 ? 0x123456789a : 8,
				LBA, (u16)(tag << 3), .size = 512 });
	sata_port_write(&s, 0, AHCI_PX_SACT, 0x38);
	sata_port_write(&s, 0, AHCI_PX_CI, 0x38);
	sata_run(&s);
	assert_true(sata_port_read(&s, 0, AHCI_PX_IS) & AHCI_IS_TFES);
	assert_true(sata_port_read(&s, 0, AHCI_PX_SACT) & BIT(4));
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), NOT_IN);
	assert_int_equal(sata_frame(&s, 0, AHCI_RX_SDB)[2], ATA_DRDY | ATA_DSC | ATA_ERR);
	sata_restart(&s, 0);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_SACT), 0);
	assert_int_equal(sata_do(&s, 0, &log), ATA_GOOD);
	page = sata_data(&s);
	assert_int_equal(page[0], 4);
	assert_int_equal(page[2], ATA_DRDY | ATA_DSC | ATA_ERR);
	assert_int_equal(page[3], ATA_IDNF);
	assert_int_equal(page[4] | page[5] << 8 | page[6] << 16, 0x56789a);
	assert_int_equal(page[8] | page[9] << 8, 0x1234);
	for (unsigned i = 0; i < 512; i++)
		sum = (u8)(sum + page[i]);
	assert_int_equal(sum, 0);
	/* Once. */
	assert_int_equal(sata_do(&s, 0, &log), ATA_GOOD);
	assert_int_equal(page[0], 0x80);
	sata_close(&s);
}

/* A command that is not queued waits for those that are. */
static void others_wait_for_the_queue(void **state)
{
	struct ahci_port *port;
	struct sata s;

	set_up(&s);
	port = &s.ahci.ports[0];
	sata_put(&s, 0, 0, &(struct sata_command){ ATA_READ_QUEUED, 1, 8, LBA, 0, .size = 512 });
	sata_put(&s, 0, 1, &(struct sata_command){ ATA_FLUSH });
	sata_port_write(&s, 0, AHCI_PX_SACT, 1);
	sata_port_write(&s, 0, AHCI_PX_CI, 3);
	port->worker.config.work(port);
	assert_int_equal(port->running, 1);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 2);
	sata_run(&s);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 0);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), AHCI_IS_SDBS | AHCI_IS_DHRS);
	sata_close(&s);
}

static void hostile_lists_stop_the_port(void **state)
{
	static const struct {
		u64 list, table;
	} cases[] = {
		{ 1ull << 40, 0 },
		{ GUEST_RAM, 0 },
		{ 0, 1ull << 40 },
		{ 0, ~0ull },
	};
	const struct sata_command c = { ATA_READ_DMA_EXT, 0, 0, LBA, 1, .size = 512 };
	struct sata s;

	set_up(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sata_put(&s, 0, 0, &c);
		if (cases[i].list) {
			sata_port_write(&s, 0, AHCI_PX_CLB, (u32)cases[i].list);
			sata_port_write(&s, 0, AHCI_PX_CLBU, (u32)(cases[i].list >> 32));
		} else {
			put_le64(guest_at(&s.guest, s.lists[0]) + 8, cases[i].table);
		}
		sata_port_write(&s, 0, AHCI_PX_CI, 1);
		sata_run(&s);
		assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), AHCI_IS_HBFS);
		assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 1);
		sata_restart(&s, 0);
		sata_port_write(&s, 0, AHCI_PX_CLB, (u32)s.lists[0]);
		sata_port_write(&s, 0, AHCI_PX_CLBU, 0);
	}
	/* Frames that go nowhere, and one that is none. */
	sata_port_write(&s, 0, AHCI_PX_FBU, 0x1000);
	assert_int_equal(sata_do(&s, 0, &c), ATA_GOOD);
	sata_put(&s, 0, 0, &c);
	*guest_at(&s.guest, s.tables) = 0x39;
	sata_port_write(&s, 0, AHCI_PX_CI, 1);
	sata_run(&s);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), ABORTED);
	sata_close(&s);
}

/* The host's file is gone: the guest is told, and recovers. */
static void the_hosts_errors_are_the_disks(void **state)
{
	struct sata s;

	set_up(&s);
	assert_int_equal(ftruncate(s.files[0], 4096), 0);
	assert_int_equal(
		sata_do(&s, 0,
			&(struct sata_command){ ATA_READ_DMA_EXT, 0, 64, LBA, 1, .size = 512 }),
		ATA_DRDY | ATA_DSC | ATA_ERR | ATA_UNC << 8);
	sata_restart(&s, 0);
	assert_int_equal(sata_do(&s, 0, &(struct sata_command){ ATA_FLUSH }), ATA_GOOD);
	sata_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_disk_says_what_it_is),
		cmocka_unit_test(sectors_are_read_and_written),
		cmocka_unit_test(what_is_not_there_is_an_error),
		cmocka_unit_test(other_commands_do_what_they_are_for),
		cmocka_unit_test(trims_make_holes),
		cmocka_unit_test(memory_may_be_in_pieces),
		cmocka_unit_test(queued_commands_are_under_way_together),
		cmocka_unit_test(a_queued_error_is_told_by_the_log),
		cmocka_unit_test(others_wait_for_the_queue),
		cmocka_unit_test(hostile_lists_stop_the_port),
		cmocka_unit_test(the_hosts_errors_are_the_disks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
