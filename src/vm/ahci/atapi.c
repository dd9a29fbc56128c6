// SPDX-License-Identifier: GPL-2.0-or-later
/* The packet commands of a CD-ROM drive: SPC-3, MMC-5, and ACS-3, 7.18 for the registers. */
#include <linux/cdrom.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/ahci/internal.h"

#define SENSE_NOT_READY 0x02
#define SENSE_ILLEGAL   0x05
#define SENSE_ATTENTION 0x06

#define ASC_NO_MEDIUM   0x3a
#define ASC_CHANGED     0x28
#define ASC_BAD_COMMAND 0x20
#define ASC_BAD_LBA     0x21
#define ASC_BAD_FIELD   0x24
#define ASC_LOCKED      0x53 /* with qualifier 02h */
#define ASCQ_LOCKED     0x02
#define ASC_READ_FAILED 0x11
#define SENSE_MEDIUM    0x03

#define REASON_COMMAND BIT(0) /* in the count register; both are set at the end */
#define REASON_INPUT   BIT(1)

#define CLASS_MEDIA 4

#define LEAD_OUT    0xaa
#define DATA_TRACK  0x14 /* a data track, copying not allowed */
#define FRAMES      75u
#define LEAD_IN     150u /* frames before address 0 */
#define PROFILE_CD  0x0008
#define PROFILE_DVD 0x0010
#define MAX_CD      (74u * 60 * FRAMES) /* sectors; anything larger is a DVD */
#define MAX_SECTORS 65535u              /* in one command, the limit of READ(10) */
#define SPEED       706                 /* KB/s, for MODE SENSE */

void cd_reset(struct cd *cd)
{
	/* An open tray stays open. */
	*cd = (struct cd){ .open = cd->open };
}

static u32 sectors_of(const struct ahci_port *port)
{
	u64 nr = port->file.size / CD_SECTOR;

	return port->cd.open ? 0 : nr < 0xffffffff ? (u32)nr : 0xffffffff;
}

static u32 get_be16_at(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

static u32 get_be32_at(const u8 *p)
{
	return get_be16_at(p) << 16 | get_be16_at(p + 2);
}

static void put_be16_at(u8 *p, u32 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
}

static void put_be32_at(u8 *p, u32 value)
{
	put_be16_at(p, value >> 16);
	put_be16_at(p + 2, value);
}

/* 7.18.5: the registers at the end of a packet command. */
static void set_reason(struct ahci_slot *slot)
{
	slot->count = REASON_COMMAND | REASON_INPUT;
}

static void good(struct ahci_slot *slot)
{
	set_reason(slot);
	ahci_done(slot);
}

static void check(struct ahci_slot *slot, u8 key, u8 asc, u8 ascq)
{
	struct cd *cd = &slot->port->cd;

	cd->key = key;
	cd->asc = asc;
	cd->ascq = ascq;
	set_reason(slot);
	ahci_fail(slot, 0, (u8)(key << 4 | (key == SENSE_ILLEGAL ? ATA_ABRT : 0)));
}

static void bad_field(struct ahci_slot *slot)
{
	check(slot, SENSE_ILLEGAL, ASC_BAD_FIELD, 0);
}

/* Returns @size bytes, or fewer if the command has allocated less. */
static void give(struct ahci_slot *slot, const void *bytes, u32 size, u32 allocated)
{
	set_reason(slot);
	if (size > allocated)
		size = allocated;
	if (size)
		ahci_finish_reply(slot, bytes, size);
	else
		ahci_done(slot);
}

static void test_unit_ready(struct ahci_slot *slot)
{
	good(slot);
}

static void request_sense(struct ahci_slot *slot)
{
	struct cd *cd = &slot->port->cd;
	u8 data[18] = { 0x70, 0, cd->key };

	data[7] = sizeof(data) - 8;
	data[12] = cd->asc;
	data[13] = cd->ascq;
	cd->key = cd->asc = cd->ascq = 0;
	give(slot, data, sizeof(data), slot->packet[4]);
}

static void inquiry(struct ahci_slot *slot)
{
	u8 data[36] = { 5, 0x80, 5, 0x32, sizeof(data) - 5 };

	if (slot->packet[1] & 1) {
		bad_field(slot);
		return;
	}
	memcpy(data + 8, "SATA    DVD-ROM         1.0 ", 28);
	give(slot, data, sizeof(data), get_be16_at(slot->packet + 3));
}

/* Opens or closes the tray, unless it is locked. */
static void start_stop(struct ahci_slot *slot)
{
	struct cd *cd = &slot->port->cd;
	bool eject = slot->packet[4] & 2, load = slot->packet[4] & 1;

	if (eject && !load && cd->locked) {
		check(slot, SENSE_ILLEGAL, ASC_LOCKED, ASCQ_LOCKED);
		return;
	}
	if (eject && cd->open != !load) {
		cd->open = !load;
		cd->loaded = load;
		cd->event = load ? CD_EVENT_NEW : CD_EVENT_REMOVED;
	}
	good(slot);
}

static void prevent_removal(struct ahci_slot *slot)
{
	slot->port->cd.locked = slot->packet[4] & 1;
	good(slot);
}

static void read_capacity(struct ahci_slot *slot)
{
	u8 data[8];

	put_be32_at(data, sectors_of(slot->port) - 1);
	put_be32_at(data + 4, CD_SECTOR);
	give(slot, data, sizeof(data), sizeof(data));
}

static void on_read(struct block_request *block, int result)
{
	struct ahci_slot *slot = container_of(block, struct ahci_slot, block);

	if (result)
		check(slot, SENSE_MEDIUM, ASC_READ_FAILED, 0);
	else
		good(slot);
}

static void start_read(struct ahci_slot *slot, u32 lba, u32 nr)
{
	set_reason(slot);
	ata_start_rw(slot, BLOCK_READ, (u64)lba * CD_SECTOR, (u64)nr * CD_SECTOR, on_read);
}

static void read_sectors(struct ahci_slot *slot, u32 lba, u32 nr)
{
	u32 all = sectors_of(slot->port);

	if (lba > all || nr > all - lba)
		check(slot, SENSE_ILLEGAL, ASC_BAD_LBA, 0);
	else if (nr > MAX_SECTORS)
		bad_field(slot);
	else if (!nr)
		good(slot);
	else
		start_read(slot, lba, nr);
}

static void read_10(struct ahci_slot *slot)
{
	read_sectors(slot, get_be32_at(slot->packet + 2), get_be16_at(slot->packet + 7));
}

static void read_12(struct ahci_slot *slot)
{
	read_sectors(slot, get_be32_at(slot->packet + 2), get_be32_at(slot->packet + 6));
}

/* Returns only the user data of a sector. There are no audio sectors. */
static void read_cd(struct ahci_slot *slot)
{
	const u8 *p = slot->packet;
	u32 nr = (u32)p[6] << 16 | get_be16_at(p + 7);

	if (!(p[9] & 0xf8))
		good(slot);
	else if ((p[9] & 0xf8) == 0x10 && !p[10])
		read_sectors(slot, get_be32_at(p + 2), nr);
	else
		bad_field(slot);
}

static void seek(struct ahci_slot *slot)
{
	if (get_be32_at(slot->packet + 2) >= sectors_of(slot->port))
		check(slot, SENSE_ILLEGAL, ASC_BAD_LBA, 0);
	else
		good(slot);
}

/* Writes an address as a number, or as minutes, seconds and frames. */
static void put_address(u8 *at, u32 lba, bool msf)
{
	if (!msf) {
		put_be32_at(at, lba);
		return;
	}
	lba += LEAD_IN;
	at[0] = 0;
	at[1] = (u8)(lba / FRAMES / 60);
	at[2] = (u8)(lba / FRAMES % 60);
	at[3] = (u8)(lba % FRAMES);
}

/* One session with one track and the lead-out: 6.26. */
static u32 fill_tracks(const struct ahci_slot *slot, u8 *data)
{
	bool msf = slot->packet[1] & 2;
	u8 first = slot->packet[6], *at = data + 4;

	data[2] = data[3] = 1;
	if (first <= 1) {
		at[1] = DATA_TRACK;
		at[2] = 1;
		put_address(at + 4, 0, msf);
		at += 8;
	}
	at[1] = DATA_TRACK;
	at[2] = LEAD_OUT;
	put_address(at + 4, sectors_of(slot->port), msf);
	return (u32)(at + 8 - data);
}

/* The same in the format of the disc's own table, with entries for its points. */
static u32 fill_full(const struct ahci_slot *slot, u8 *data)
{
	static const u8 points[] = { 0xa0, 0xa1, 0xa2, 1 };
	u8 *at = data + 4;

	data[2] = data[3] = 1;
	for (unsigned i = 0; i < ARRAY_SIZE(points); i++, at += 11) {
		at[0] = 1;
		at[1] = DATA_TRACK;
		at[3] = points[i];
		if (points[i] == 0xa2)
			put_address(at + 7, sectors_of(slot->port), true);
		else if (points[i] == 1)
			put_address(at + 7, 0, true);
		else
			at[8] = 1;
	}
	return (u32)(at - data);
}

static void read_toc(struct ahci_slot *slot)
{
	const u8 *p = slot->packet;
	u8 format = p[2] & 0xf ? p[2] & 0xf : p[9] >> 6, data[64] = { 0 };
	u32 size;

	if (format == 0 && (p[6] <= 1 || p[6] == LEAD_OUT)) {
		size = fill_tracks(slot, data);
	} else if (format == 1) {
		data[2] = data[3] = 1;
		data[5] = DATA_TRACK;
		data[6] = 1;
		put_address(data + 8, 0, p[1] & 2);
		size = 12;
	} else if (format == 2) {
		size = fill_full(slot, data);
	} else {
		bad_field(slot);
		return;
	}
	put_be16_at(data, size - 2);
	give(slot, data, size, get_be16_at(p + 7));
}

static u16 profile_of(const struct ahci_port *port)
{
	u32 nr = sectors_of(port);

	return !nr ? 0 : nr > MAX_CD ? PROFILE_DVD : PROFILE_CD;
}

/* The profiles and the core feature: 6.5, 5.3.1, 5.3.2. */
static void get_configuration(struct ahci_slot *slot)
{
	const u8 *p = slot->packet;
	u8 data[40] = { 0 };
	u16 now = profile_of(slot->port);

	if ((p[1] & 3) > 2) {
		bad_field(slot);
		return;
	}
	put_be16_at(data + 6, now);
	put_be16_at(data + 8, 0); /* the profile list */
	data[10] = 0x03;
	data[11] = 8;
	put_be16_at(data + 12, PROFILE_DVD);
	data[14] = now == PROFILE_DVD;
	put_be16_at(data + 16, PROFILE_CD);
	data[18] = now == PROFILE_CD;
	put_be16_at(data + 20, 1); /* the core feature */
	data[22] = 0x0b;
	data[23] = 8;
	put_be32_at(data + 24, 8); /* SATA */
	data[28] = 1;
	put_be16_at(data + 32, 3); /* removable medium, in a tray */
	data[34] = 0x03;
	data[35] = 4;
	data[36] = 0x39;
	put_be32_at(data, sizeof(data) - 4);
	give(slot, data, sizeof(data), get_be16_at(p + 7));
}

/* Events of the medium since the last call: 6.6. */
static void get_event(struct ahci_slot *slot)
{
	struct cd *cd = &slot->port->cd;
	const u8 *p = slot->packet;
	u8 data[8] = { 0, 4, CLASS_MEDIA, BIT(CLASS_MEDIA) };
	bool media = p[4] & BIT(CLASS_MEDIA);

	if (!(p[1] & 1)) { /* only polled operation is supported */
		bad_field(slot);
		return;
	}
	if (!media) {
		data[1] = 0;
		data[2] = 0x80;
	} else {
		data[4] = cd->event;
		data[5] = (u8)((cd->open ? 0 : 2) | (cd->open ? 1 : 0));
		cd->event = 0;
	}
	give(slot, data, media ? sizeof(data) : 4, get_be16_at(p + 7));
}

static void read_disc_information(struct ahci_slot *slot)
{
	u8 data[34] = { 0, sizeof(data) - 2, 0x0e, 1, 1, 1, 1, 0x20 };

	memset(data + 16, 0xff, 8);
	give(slot, data, sizeof(data), get_be16_at(slot->packet + 7));
}

static void read_track_information(struct ahci_slot *slot)
{
	u8 data[36] = { 0, sizeof(data) - 2, 1, 1, 0, 4, 1 };

	put_be32_at(data + 24, sectors_of(slot->port));
	give(slot, data, sizeof(data), get_be16_at(slot->packet + 7));
}

/* Page 01h: error recovery; 2Ah: the drive's capabilities, 6.11. */
static u32 fill_page(const struct ahci_slot *slot, u8 page, u8 *at)
{
	const struct cd *cd = &slot->port->cd;

	if (page == 0x01) {
		at[0] = page;
		at[1] = 0x06;
		at[3] = 0x05;
		return 8;
	}
	at[0] = page;
	at[1] = 0x14;
	at[2] = 0x3b; /* reads CD-R, CD-RW, DVD-ROM, DVD-R */
	at[4] = 0x71;
	at[6] = (u8)(0x29 | (cd->locked ? 2 : 0)); /* the tray can be locked and opened */
	put_be16_at(at + 8, SPEED);
	put_be16_at(at + 12, 512);
	put_be16_at(at + 14, SPEED);
	return 22;
}

static void mode_sense(struct ahci_slot *slot)
{
	const u8 *p = slot->packet;
	u8 page = p[2] & 0x3f, data[64] = { 0 };
	u32 size = 8;

	if (p[2] >> 6 == 3) { /* no values are saved */
		check(slot, SENSE_ILLEGAL, 0x39, 0);
		return;
	}
	if (page != 0x01 && page != 0x2a && page != 0x3f) {
		bad_field(slot);
		return;
	}
	data[2] = slot->port->cd.open ? 0x70 : 0x01;
	if (page != 0x2a)
		size += fill_page(slot, 0x01, data + size);
	if (page != 0x01)
		size += fill_page(slot, 0x2a, data + size);
	put_be16_at(data, size - 2);
	give(slot, data, size, get_be16_at(p + 7));
}

/* Returns the type of a DVD, 6.22.3.2; a CD has no such structure. */
static void read_disc_structure(struct ahci_slot *slot)
{
	const u8 *p = slot->packet;
	u32 nr = sectors_of(slot->port);
	u8 data[4 + 2048] = { 0 };

	if (profile_of(slot->port) != PROFILE_DVD || p[1] & 0xf || p[7] || p[6]) {
		bad_field(slot);
		return;
	}
	put_be16_at(data, sizeof(data) - 2);
	data[4] = 0x01;
	data[5] = 0x0f;
	data[6] = 0x01;
	put_be32_at(data + 8, 0x30000);
	put_be32_at(data + 12, 0x30000 + nr - 1);
	give(slot, data, sizeof(data), get_be16_at(p + 8));
}

static void mechanism_status(struct ahci_slot *slot)
{
	u8 data[8] = { 0, (u8)(slot->port->cd.open ? 0x10 : 0), 0, 0, 0, 1 };

	give(slot, data, sizeof(data), get_be16_at(slot->packet + 8));
}

#define ANYTIME BIT(0) /* allowed although a changed medium was not reported */
#define MEDIUM  BIT(1) /* needs a medium */

static const struct {
	u8 command;
	u8 flags;
	void (*start)(struct ahci_slot *slot);
} packets[] = {
	{ GPCMD_TEST_UNIT_READY, MEDIUM, test_unit_ready },
	{ GPCMD_REQUEST_SENSE, ANYTIME, request_sense },
	{ GPCMD_INQUIRY, ANYTIME, inquiry },
	{ GPCMD_START_STOP_UNIT, 0, start_stop },
	{ GPCMD_PREVENT_ALLOW_MEDIUM_REMOVAL, 0, prevent_removal },
	{ GPCMD_READ_CDVD_CAPACITY, MEDIUM, read_capacity },
	{ GPCMD_READ_10, MEDIUM, read_10 },
	{ GPCMD_SEEK, MEDIUM, seek },
	{ GPCMD_READ_TOC_PMA_ATIP, MEDIUM, read_toc },
	{ GPCMD_GET_CONFIGURATION, ANYTIME, get_configuration },
	{ GPCMD_GET_EVENT_STATUS_NOTIFICATION, ANYTIME, get_event },
	{ GPCMD_READ_DISC_INFO, MEDIUM, read_disc_information },
	{ GPCMD_READ_TRACK_RZONE_INFO, MEDIUM, read_track_information },
	{ GPCMD_MODE_SENSE_10, 0, mode_sense },
	{ GPCMD_READ_12, MEDIUM, read_12 },
	{ GPCMD_READ_DVD_STRUCTURE, MEDIUM, read_disc_structure },
	{ GPCMD_SET_SPEED, 0, good },
	{ GPCMD_MECHANISM_STATUS, ANYTIME, mechanism_status },
	{ GPCMD_READ_CD, MEDIUM, read_cd },
};

/* Reports a changed medium to the guest once. */
static bool tell_change(struct ahci_slot *slot)
{
	struct cd *cd = &slot->port->cd;

	if (!cd->loaded)
		return false;
	cd->loaded = false;
	check(slot, SENSE_ATTENTION, ASC_CHANGED, 0);
	return true;
}

void atapi_start(struct ahci_slot *slot)
{
	struct cd *cd = &slot->port->cd;
	u8 command = slot->packet[0];
	size_t i = 0;

	slot->protocol = ATA_DMA;
	if (!slot->has_packet) {
		ahci_abort(slot);
		return;
	}
	while (i < ARRAY_SIZE(packets) && packets[i].command != command)
		i++;
	if (i == ARRAY_SIZE(packets)) {
		check(slot, SENSE_ILLEGAL, ASC_BAD_COMMAND, 0);
		return;
	}
	if (!(packets[i].flags & ANYTIME) && tell_change(slot))
		return;
	if (packets[i].flags & MEDIUM && cd->open) {
		check(slot, SENSE_NOT_READY, ASC_NO_MEDIUM, 0);
		return;
	}
	/* Sense data is only about the last command. */
	if (command != GPCMD_REQUEST_SENSE)
		cd->key = cd->asc = cd->ascq = 0;
	packets[i].start(slot);
}
