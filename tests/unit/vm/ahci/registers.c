// SPDX-License-Identifier: GPL-2.0-or-later
/* The function, the controller's and the ports' registers: AHCI 1.3.1, sections 2, 3 and 10. */
#include "unit.h"

#include <unistd.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_sata.h"

static const enum ahci_kind two[] = { AHCI_DISK, AHCI_CDROM };
static const struct sata_command read_word = {
	.command = ATA_READ_DMA_EXT, .device = ATA_DEVICE_LBA, .lba = 4, .count = 1, .size = 512
};

static void config_space_is_as_in_a_q35(void **state)
{
	static const struct {
		u16 offset;
		u8 size;
		u32 value;
	} expected[] = {
		{ PCI_VENDOR_ID, 4, 0x29228086 },
		{ PCI_CLASS_REVISION, 4, 0x01060102 },
		{ PCI_HEADER_TYPE, 1, 0x80 },
		{ PCI_INTERRUPT_PIN, 1, 1 },
		{ PCI_CAPABILITY_LIST, 1, 0x80 },
		{ 0x80, 4, 0x0080a805 },
		{ 0xa8, 4, 0x00100012 },
		{ 0x90, 1, 0x40 },
	};
	struct sata s;

	sata_open(&s, two, 2, false);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(guest_config_read(&s.guest, expected[i].offset, expected[i].size),
			expected[i].value);
	guest_config_write(&s.guest, PCI_BASE_ADDRESS_5, 4, ~0u);
	assert_int_equal(guest_config_read(&s.guest, PCI_BASE_ADDRESS_5, 4), 0xfffff000);
	sata_close(&s);
}

static void registers_have_their_reset_values(void **state)
{
	static const struct {
		u32 offset, value;
	} expected[] = {
		{ AHCI_CAP, 0xc1241f01 },
		{ AHCI_GHC, 0x80000000 },
		{ AHCI_IS, 0 },
		{ AHCI_PI, 3 },
		{ AHCI_VS, 0x10000 },
		{ 0x24, 0 },
		{ AHCI_PORT + AHCI_PX_CMD, AHCI_CMD_SUD | AHCI_CMD_POD },
		{ AHCI_PORT + AHCI_PX_TFD, 0x150 },
		{ AHCI_PORT + AHCI_PX_SIG, 0x00000101 },
		{ AHCI_PORT + AHCI_PX_SSTS, 0x123 },
		{ AHCI_PORT + AHCI_PX_CI, 0 },
		{ AHCI_PORT + 0x80 + AHCI_PX_CMD, AHCI_CMD_SUD | AHCI_CMD_POD | AHCI_CMD_ATAPI },
		{ AHCI_PORT + 0x80 + AHCI_PX_SIG, 0xeb140101 },
		{ AHCI_PORT + 0x100 + AHCI_PX_SIG, 0 }, /* not implemented */
		{ 0xffc, 0 },
	};
	struct sata s;

	sata_open(&s, two, 2, false);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(sata_read(&s, expected[i].offset), expected[i].value);
	assert_int_equal(bus_read(&s.guest.mmio, GUEST_BAR, 8), 0x80000000c1241f01);
	assert_int_equal(bus_read(&s.guest.mmio, GUEST_BAR + 1, 1), 0x1f);
	sata_close(&s);
}

/* All ones written: what sticks. */
static void only_what_is_writable_is_written(void **state)
{
	static const struct {
		u32 offset, value;
	} expected[] = {
		{ AHCI_CAP, 0xc1241f01 },
		{ AHCI_PI, 3 },
		{ AHCI_PORT + AHCI_PX_CLB, 0xfffffc00 },
		{ AHCI_PORT + AHCI_PX_CLBU, 0xffffffff },
		{ AHCI_PORT + AHCI_PX_FB, 0xffffff00 },
		{ AHCI_PORT + AHCI_PX_FBU, 0xffffffff },
		{ AHCI_PORT + AHCI_PX_IE, 0xfdc000ff },
		{ AHCI_PORT + AHCI_PX_SIG, 0x00000101 },
		{ AHCI_PORT + AHCI_PX_SSTS, 0x123 },
		{ AHCI_PORT + AHCI_PX_SERR, 0 },
		{ AHCI_PORT + AHCI_PX_SACT, 0 }, /* not while the port stands still */
		{ AHCI_PORT + AHCI_PX_CI, 0 },
		{ 0x7fc, 0 },
	};
	struct sata s;

	sata_open(&s, two, 2, false);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		sata_write(&s, expected[i].offset, ~0u);
		assert_int_equal(sata_read(&s, expected[i].offset), expected[i].value);
	}
	/* A part of a register is not written. */
	bus_write(&s.guest.mmio, GUEST_BAR + AHCI_PORT + AHCI_PX_CLBU, 2, 0);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CLBU), 0xffffffff);
	bus_write(&s.guest.mmio, GUEST_BAR + AHCI_PORT + AHCI_PX_CLB, 8, 0x100000400);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CLB), 0x400);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CLBU), 1);
	sata_close(&s);
}

static void the_signature_comes_as_a_frame(void **state)
{
	struct sata s;
	const u8 *fis;

	sata_open(&s, two, 2, false);
	for (unsigned port = 0; port < 2; port++) {
		sata_start(&s, port);
		fis = sata_frame(&s, port, AHCI_RX_D2H);
		assert_int_equal(fis[0], FIS_D2H);
		assert_int_equal(fis[1], 0);
		assert_int_equal(fis[2], ATA_GOOD);
		assert_int_equal(fis[4] | fis[5] << 8 | fis[6] << 16, port ? 0xeb1401 : 1);
		assert_int_equal(fis[12], 1);
		assert_true(sata_port_read(&s, port, AHCI_PX_CMD) & AHCI_CMD_FR);
		assert_int_equal(sata_port_read(&s, port, AHCI_PX_IS), 0);
	}
	sata_close(&s);
}

static void intx_is_a_level(void **state)
{
	struct sata s;

	sata_open(&s, two, 2, false);
	sata_start(&s, 0);
	assert_int_equal(sata_do(&s, 0, &read_word), ATA_GOOD);
	assert_true(irq_fake_line(GUEST_GSI));
	assert_int_equal(sata_read(&s, AHCI_IS), 1);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), AHCI_IS_DHRS);
	/* The controller's bit comes back while the port's is there. */
	sata_write(&s, AHCI_IS, 1);
	assert_int_equal(sata_read(&s, AHCI_IS), 1);
	sata_port_write(&s, 0, AHCI_PX_IS, ~0u);
	assert_true(irq_fake_line(GUEST_GSI));
	sata_write(&s, AHCI_IS, 1);
	assert_int_equal(sata_read(&s, AHCI_IS), 0);
	assert_false(irq_fake_line(GUEST_GSI));
	/* What is masked does not interrupt until it is not. */
	sata_port_write(&s, 0, AHCI_PX_IE, 0);
	sata_do(&s, 0, &read_word);
	assert_false(irq_fake_line(GUEST_GSI));
	sata_port_write(&s, 0, AHCI_PX_IE, AHCI_IS_DHRS);
	assert_true(irq_fake_line(GUEST_GSI));
	sata_write(&s, AHCI_GHC, 0);
	assert_false(irq_fake_line(GUEST_GSI));
	assert_int_equal(sata_read(&s, AHCI_GHC), AHCI_GHC_AE);
	sata_close(&s);
}

static void set_msi(struct sata *s, bool on)
{
	guest_config_write(&s->guest, 0x84, 4, (u32)GUEST_MSI);
	guest_config_write(&s->guest, 0x88, 4, 0);
	guest_config_write(&s->guest, 0x8c, 2, SATA_MSI_DATA);
	guest_config_write(&s->guest, 0x82, 2, on ? PCI_MSI_FLAGS_ENABLE : 0);
}

static void a_message_comes_for_each_event(void **state)
{
	struct sata s;

	sata_open(&s, two, 2, false);
	set_msi(&s, true);
	sata_start(&s, 0);
	sata_do(&s, 0, &read_word);
	assert_int_equal(irq_fake_deliver(), 1);
	assert_int_equal(irq_fake_delivered(GUEST_MSI, SATA_MSI_DATA), 1);
	assert_false(irq_fake_line(GUEST_GSI));
	/* What was not acknowledged does not keep the next from being told. */
	sata_do(&s, 0, &read_word);
	assert_int_equal(irq_fake_deliver(), 1);
	/* Nor is one lost that is left when the others are. */
	sata_write(&s, AHCI_IS, 1);
	assert_int_equal(irq_fake_deliver(), 1);
	sata_port_write(&s, 0, AHCI_PX_IS, ~0u);
	sata_write(&s, AHCI_IS, 1);
	assert_int_equal(irq_fake_deliver(), 0);
	/* From message to pin and back. */
	sata_do(&s, 0, &read_word);
	set_msi(&s, false);
	sata_run(&s);
	assert_true(irq_fake_line(GUEST_GSI));
	set_msi(&s, true);
	assert_false(irq_fake_line(GUEST_GSI));
	assert_true(irq_fake_deliver() >= 1);
	sata_close(&s);
}

static void without_mastering_nothing_is_read(void **state)
{
	struct sata s;

	sata_open(&s, two, 2, false);
	sata_start(&s, 0);
	guest_config_write(&s.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	sata_do(&s, 0, &read_word);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 1);
	guest_config_write(&s.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	sata_run(&s);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 0);
	assert_int_equal(get_le32(sata_data(&s)), 4 * 128);
	sata_close(&s);
}

/* Stops a port while a request is under way: what is read is not reported. */
static void a_port_stops_when_it_has_stopped(void **state)
{
	struct ahci_port *port;
	struct sata s;

	sata_open(&s, two, 2, false);
	sata_start(&s, 0);
	port = &s.ahci.ports[0];
	sata_put(&s, 0, 0, &read_word);
	sata_port_write(&s, 0, AHCI_PX_CI, 1);
	port->worker.config.work(port);
	assert_int_equal(port->running, 1);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), ATA_BSY | ATA_DRDY);
	sata_port_write(&s, 0, AHCI_PX_CMD, AHCI_CMD_FRE);
	assert_true(sata_port_read(&s, 0, AHCI_PX_CMD) & AHCI_CMD_CR);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CI), 0);
	/* Nothing starts meanwhile, even where the driver does not wait. */
	sata_port_write(&s, 0, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_ST);
	sata_port_write(&s, 0, AHCI_PX_CI, 2);
	port->worker.config.work(port);
	assert_int_equal(port->running, 1);
	sata_port_write(&s, 0, AHCI_PX_CMD, AHCI_CMD_FRE);
	sata_run(&s);
	assert_false(sata_port_read(&s, 0, AHCI_PX_CMD) & AHCI_CMD_CR);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IS), 0);
	sata_close(&s);
}

static void resets_wait_for_what_runs(void **state)
{
	struct ahci_port *port;
	struct sata s;

	sata_open(&s, two, 2, false);
	sata_start(&s, 0);
	sata_start(&s, 1);
	port = &s.ahci.ports[0];
	/* COMRESET, 10.4.2. */
	sata_put(&s, 0, 0, &read_word);
	sata_port_write(&s, 0, AHCI_PX_CI, 1);
	port->worker.config.work(port);
	sata_port_write(&s, 0, AHCI_PX_SCTL, 0x301);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_SSTS), 0);
	sata_port_write(&s, 0, AHCI_PX_SCTL, 0x300);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), ATA_BSY);
	sata_run(&s);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_SSTS), 0x123);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_TFD), 0x150);
	/* The whole controller, 10.4.3: lists stay where they are. */
	sata_put(&s, 0, 0, &read_word);
	sata_port_write(&s, 0, AHCI_PX_CI, 1);
	port->worker.config.work(port);
	sata_write(&s, AHCI_GHC, AHCI_GHC_AE | AHCI_GHC_IE | AHCI_GHC_HR);
	assert_int_equal(sata_read(&s, AHCI_GHC), AHCI_GHC_AE | AHCI_GHC_HR);
	sata_port_write(&s, 0, AHCI_PX_IE, ~0u); /* ignored */
	sata_run(&s);
	assert_int_equal(sata_read(&s, AHCI_GHC), AHCI_GHC_AE);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_IE), 0);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CLB), (u32)s.lists[0]);
	assert_int_equal(sata_port_read(&s, 0, AHCI_PX_CMD), AHCI_CMD_SUD | AHCI_CMD_POD);
	/* The machine: not even these stay. */
	sata_start(&s, 0);
	sata_put(&s, 0, 0, &read_word);
	sata_port_write(&s, 0, AHCI_PX_CI, 1);
	port->worker.config.work(port);
	pci_bus_reset(&s.guest.host.root);
	assert_int_equal(port->running, 0);
	assert_int_equal(port->clb, 0);
	assert_int_equal(guest_config_read(&s.guest, PCI_BASE_ADDRESS_5, 4), 0);
	sata_close(&s);
}

static void a_software_reset_gives_the_signature(void **state)
{
	struct sata s;
	u8 *fis;

	sata_open(&s, two, 2, false);
	sata_start(&s, 1);
	for (unsigned srst = 2; srst-- > 0;) {
		memset(sata_frame(&s, 1, 0), 0, 256);
		sata_put(&s, 1, 0, &(struct sata_command){ .command = 0 });
		fis = guest_at(&s.guest, s.tables);
		fis[1] = 0;
		fis[15] = srst ? FIS_SRST : 0;
		sata_port_write(&s, 1, AHCI_PX_CI, 1);
		sata_run(&s);
		assert_int_equal(sata_port_read(&s, 1, AHCI_PX_CI), 0);
		assert_int_equal(sata_frame(&s, 1, AHCI_RX_D2H)[0], srst ? 0 : FIS_D2H);
	}
	assert_int_equal(sata_frame(&s, 1, AHCI_RX_D2H)[6], 0xeb);
	/* CLO, for a port that does not run. */
	sata_port_write(&s, 1, AHCI_PX_CMD, AHCI_CMD_FRE);
	sata_port_write(&s, 1, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_CLO);
	assert_false(sata_port_read(&s, 1, AHCI_PX_CMD) & AHCI_CMD_CLO);
	sata_close(&s);
}

/* The same with a thread for each port. */
static void threads_serve_the_ports(void **state)
{
	struct sata s;

	sata_open(&s, two, 2, true);
	sata_start(&s, 0);
	for (unsigned n = 0; n < 200; n++) {
		struct sata_command c = read_word;

		c.lba = n;
		sata_put(&s, 0, n % 32, &c);
		sata_port_write(&s, 0, AHCI_PX_CI, BIT(n % 32));
		for (unsigned ms = 0; sata_port_read(&s, 0, AHCI_PX_CI); ms++) {
			assert_true(ms < 5000);
			usleep(1000);
		}
		assert_int_equal(get_le32(sata_data(&s)), n * 128);
	}
	/* And stop for a reset, whatever is under way. */
	for (unsigned slot = 0; slot < 32; slot++)
		sata_put(&s, 0, slot, &read_word);
	sata_port_write(&s, 0, AHCI_PX_CI, ~0u);
	pci_bus_reset(&s.guest.host.root);
	assert_int_equal(s.ahci.ports[0].running, 0);
	sata_close(&s);
}

static void files_that_cannot_be_drives_are_refused(void **state)
{
	static const struct {
		struct ahci_drive_config config;
		u64 size;
		const char *text;
	} cases[] = {
		{ { .kind = AHCI_CDROM }, 0, "it is empty" },
		{ { .kind = AHCI_CDROM }, 1024, "smaller than one sector of a CD" },
		{ { .kind = AHCI_DISK, .read_only = true }, MIB, "cannot be read-only" },
		{ { .kind = AHCI_DISK, .serial = "123456789012345678901" }, MIB,
			"at most 20 characters" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ahci_drive_config config = cases[i].config;
		char path[] = "/tmp/unit-ahci-XXXXXX";
		struct err err = { 0 };
		struct ahci ahci;
		int fd = mkstemp(path);

		assert_int_equal(ftruncate(fd, (off_t)cases[i].size), 0);
		config.path = path;
		assert_true(ahci_open(&ahci, &config, 1, true, &err) < 0);
		assert_non_null(strstr(err.text, cases[i].text));
		unlink(path);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_space_is_as_in_a_q35),
		cmocka_unit_test(registers_have_their_reset_values),
		cmocka_unit_test(only_what_is_writable_is_written),
		cmocka_unit_test(the_signature_comes_as_a_frame),
		cmocka_unit_test(intx_is_a_level),
		cmocka_unit_test(a_message_comes_for_each_event),
		cmocka_unit_test(without_mastering_nothing_is_read),
		cmocka_unit_test(a_port_stops_when_it_has_stopped),
		cmocka_unit_test(resets_wait_for_what_runs),
		cmocka_unit_test(a_software_reset_gives_the_signature),
		cmocka_unit_test(threads_serve_the_ports),
		cmocka_unit_test(files_that_cannot_be_drives_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
