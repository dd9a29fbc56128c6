// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_sata.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "unit.h"

#define TABLE_SIZE 256u

static int make_file(void)
{
	int fd = memfd_create("disk", 0);
	u32 words[1024];

	assert_true(fd >= 0);
	for (u32 at = 0; at < SATA_DISK_SIZE / 4; at += 1024) {
		for (u32 i = 0; i < 1024; i++)
			words[i] = at + i;
		assert_int_equal(write(fd, words, sizeof(words)), sizeof(words));
	}
	return fd;
}

void sata_open(struct sata *sata, const enum ahci_kind *kinds, unsigned nr, bool threads)
{
	struct ahci_drive_config drives[AHCI_MAX_PORTS] = { 0 };
	char paths[AHCI_MAX_PORTS][32];
	struct err err = { 0 };

	memset(sata, 0, sizeof(*sata));
	sata->nr = nr;
	guest_open(&sata->guest);
	for (unsigned i = 0; i < nr; i++) {
		sata->files[i] = make_file();
		snprintf(paths[i], sizeof(paths[i]), "/proc/self/fd/%d", sata->files[i]);
		drives[i].kind = kinds[i];
		drives[i].path = paths[i];
		drives[i].serial = "S-1";
	}
	if (ahci_open(&sata->ahci, drives, nr, !threads, &err))
		fail_msg("%s", err.text);
	assert_int_equal(
		ahci_attach(&sata->ahci, &sata->guest.host, GUEST_DEVFN, &sata->guest.loop, &err),
		0);
	guest_config_write(&sata->guest, PCI_BASE_ADDRESS_5, 4, GUEST_BAR);
	guest_config_write(&sata->guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (unsigned i = 0; i < nr; i++) {
		sata->lists[i] = guest_alloc(&sata->guest, KIB, KIB);
		sata->areas[i] = guest_alloc(&sata->guest, 256, 256);
	}
	sata->tables = guest_alloc(&sata->guest, AHCI_NR_SLOTS * TABLE_SIZE, 128);
	sata->data = guest_alloc(&sata->guest, MIB, 4096);
}

void sata_close(struct sata *sata)
{
	ahci_close(&sata->ahci);
	guest_close(&sata->guest);
	for (unsigned i = 0; i < sata->nr; i++)
		close(sata->files[i]);
}

u32 sata_read(struct sata *sata, u32 offset)
{
	return (u32)bus_read(&sata->guest.mmio, GUEST_BAR + offset, 4);
}

void sata_write(struct sata *sata, u32 offset, u32 value)
{
	bus_write(&sata->guest.mmio, GUEST_BAR + offset, 4, value);
}

u32 sata_port_read(struct sata *sata, unsigned port, u32 reg)
{
	return sata_read(sata, AHCI_PORT + port * AHCI_PORT_SIZE + reg);
}

void sata_port_write(struct sata *sata, unsigned port, u32 reg, u32 value)
{
	sata_write(sata, AHCI_PORT + port * AHCI_PORT_SIZE + reg, value);
}

void sata_start(struct sata *sata, unsigned port)
{
	sata_port_write(sata, port, AHCI_PX_CLB, (u32)sata->lists[port]);
	sata_port_write(sata, port, AHCI_PX_FB, (u32)sata->areas[port]);
	sata_port_write(sata, port, AHCI_PX_CMD, AHCI_CMD_FRE);
	sata_port_write(sata, port, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_ST);
	sata_port_write(sata, port, AHCI_PX_IE, ~0u);
	sata_write(sata, AHCI_GHC, AHCI_GHC_AE | AHCI_GHC_IE);
}

void sata_restart(struct sata *sata, unsigned port)
{
	sata_port_write(sata, port, AHCI_PX_CMD, AHCI_CMD_FRE);
	sata_run(sata);
	assert_false(sata_port_read(sata, port, AHCI_PX_CMD) & AHCI_CMD_CR);
	assert_int_equal(sata_port_read(sata, port, AHCI_PX_CI), 0);
	sata_port_write(sata, port, AHCI_PX_IS, ~0u);
	sata_write(sata, AHCI_IS, ~0u);
	sata_port_write(sata, port, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_ST);
}

void sata_run(struct sata *sata)
{
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < sata->nr; i++)
			if (!sata->ahci.ports[i].worker.has_thread)
				assert_int_equal(
					block_worker_step(&sata->ahci.ports[i].worker, false), 0);
		guest_step(&sata->guest);
	}
}

void sata_put(struct sata *sata, unsigned port, unsigned slot, const struct sata_command *c)
{
	u64 table = sata->tables + slot * TABLE_SIZE;
	u8 *header = guest_at(&sata->guest, sata->lists[port] + slot * AHCI_HEADER_SIZE);
	u8 *at = guest_at(&sata->guest, table);

	memset(at, 0, TABLE_SIZE);
	memset(header, 0, AHCI_HEADER_SIZE);
	put_le32(header, 5u | (c->packet ? AHCI_HEADER_A : 0) | (c->size ? 1u << 16 : 0));
	put_le64(header + 8, table);
	at[0] = FIS_H2D;
	at[1] = FIS_COMMAND;
	at[2] = c->command;
	at[3] = (u8)c->features;
	at[4] = (u8)c->lba;
	at[5] = (u8)(c->lba >> 8);
	at[6] = (u8)(c->lba >> 16);
	at[7] = c->device;
	at[8] = (u8)(c->lba >> 24);
	at[9] = (u8)(c->lba >> 32);
	at[10] = (u8)(c->lba >> 40);
	at[11] = (u8)(c->features >> 8);
	put_le16(at + 12, c->count);
	if (c->packet)
		memcpy(at + AHCI_TABLE_ACMD, c->packet, 12);
	put_le64(at + AHCI_TABLE_PRDT, c->data ? c->data : sata->data);
	put_le32(at + AHCI_TABLE_PRDT + 12, c->size - 1);
}

u32 sata_do(struct sata *sata, unsigned port, const struct sata_command *command)
{
	sata_put(sata, port, 0, command);
	sata_port_write(sata, port, AHCI_PX_CI, 1);
	sata_run(sata);
	return sata_port_read(sata, port, AHCI_PX_TFD);
}

u8 *sata_data(struct sata *sata)
{
	return guest_at(&sata->guest, sata->data);
}

u8 *sata_frame(struct sata *sata, unsigned port, u32 at)
{
	return guest_at(&sata->guest, sata->areas[port] + at);
}

u32 sata_transferred(struct sata *sata, unsigned port)
{
	return get_le32(guest_at(&sata->guest, sata->lists[port]) + 4);
}
