// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/bochs.h"

#include <errno.h>

#include "unit.h"

#define DEVFN       PCI_DEVFN_OF(30, 0)
#define FRAMEBUFFER 0xc0000000u
#define REGISTERS   0xd0000000u
#define ROM         0xe0000000u

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct bochs bochs;
};

static int setup(void **state)
{
	static const u8 rom[1000] = { 0x55, 0xaa, 2 };
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	assert_int_equal(bus_open(&b->mmio) | bus_open(&b->pio), 0);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, NULL), 0);
	assert_int_equal(bochs_open(&b->bochs, &b->host, DEVFN, rom, sizeof(rom), &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	bochs_close(&b->bochs);
	assert_int_equal(b->mmio.nr_regions, 0);
	assert_int_equal(b->mem.nr_regions, 0);
	pci_host_close(&b->host);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	free(b);
	return 0;
}

static u32 get(struct bench *b, u16 offset, unsigned size)
{
	return pci_host_config_read(&b->host, 0, DEVFN, offset, size);
}

static void set(struct bench *b, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&b->host, 0, DEVFN, offset, size, value);
}

static void program(struct bench *b)
{
	set(b, PCI_BASE_ADDRESS_0, 4, FRAMEBUFFER);
	set(b, PCI_BASE_ADDRESS_2, 4, REGISTERS);
	set(b, PCI_ROM_ADDRESS, 4, ROM | PCI_ROM_ADDRESS_ENABLE);
	set(b, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static u64 dispi(struct bench *b, enum bochs_dispi index)
{
	return bus_read(&b->mmio, REGISTERS + BOCHS_DISPI + 2 * index, 2);
}

static void set_dispi(struct bench *b, enum bochs_dispi index, u16 value)
{
	bus_write(&b->mmio, REGISTERS + BOCHS_DISPI + 2 * index, 2, value);
}

static void set_mode(struct bench *b, u16 width, u16 height, u16 bpp)
{
	set_dispi(b, DISPI_BPP, bpp);
	set_dispi(b, DISPI_XRES, width);
	set_dispi(b, DISPI_YRES, height);
	set_dispi(b, DISPI_BANK, 0);
	set_dispi(b, DISPI_VIRT_WIDTH, width);
	set_dispi(b, DISPI_VIRT_HEIGHT, height);
	set_dispi(b, DISPI_X_OFFSET, 0);
	set_dispi(b, DISPI_Y_OFFSET, 0);
	set_dispi(b, DISPI_ENABLE, 0x41);
}

/* What drivers know it by: see bochs_pci_tbl[] in Linux, gQemuVideoCardList[] in OVMF. */
static void is_what_drivers_look_for(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b, PCI_VENDOR_ID, 4), 0x11111234);
	assert_int_equal(get(b, PCI_CLASS_REVISION, 4) >> 8, 0x038000);
	assert_int_equal(get(b, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
	assert_int_equal(get(b, PCI_INTERRUPT_PIN, 1), 0);
	set(b, PCI_BASE_ADDRESS_0, 4, ~0u);
	set(b, PCI_BASE_ADDRESS_1, 4, ~0u);
	set(b, PCI_BASE_ADDRESS_2, 4, ~0u);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_0, 4), 0xff000008);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_1, 4), 0);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_2, 4), 0xfffff000);
}

static void the_framebuffer_is_memory_of_the_guest(void **state)
{
	struct bench *b = *state;
	bool found = false;

	program(b);
	for (size_t i = 0; i < b->mem.views[FLAT_VIEW_NORMAL].nr_segments; i++) {
		const struct mem_segment *s = &b->mem.views[FLAT_VIEW_NORMAL].segments[i];

		if (s->range.start != FRAMEBUFFER)
			continue;
		found = true;
		assert_true(s->range.size == 16 * MIB);
		assert_int_equal(s->region->kind, MEM_DEVICE);
		assert_false(s->region->peer);
		assert_ptr_equal(mem_segment_host(s), b->bochs.memory);
	}
	assert_true(found);
	/* And where it could not be mapped. */
	bus_write(&b->mmio, FRAMEBUFFER + 16 * MIB - 8, 8, 0x1122334455667788);
	assert_true(bus_read(&b->mmio, FRAMEBUFFER + 16 * MIB - 8, 8) == 0x1122334455667788);
	assert_int_equal(b->bochs.memory[16 * MIB - 1], 0x11);
}

static void the_rom_is_read_only(void **state)
{
	struct bench *b = *state;

	program(b);
	bus_write(&b->mmio, ROM, 4, 0);
	assert_int_equal(bus_read(&b->mmio, ROM, 4), 0x0002aa55);
	assert_int_equal(bus_read(&b->mmio, ROM + BOCHS_ROM_MAX - 1, 1), 0);
}

static void has_an_edid(void **state)
{
	static const u8 magic[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
	struct bench *b = *state;
	u8 edid[EDID_SIZE], sum = 0;

	program(b);
	for (unsigned i = 0; i < sizeof(edid); i++) {
		edid[i] = (u8)bus_read(&b->mmio, REGISTERS + i, 1);
		sum += edid[i];
	}
	assert_memory_equal(edid, magic, sizeof(magic));
	assert_int_equal(sum, 0);
	/* The active pixels and lines of the preferred mode, as SeaBIOS takes them. */
	assert_int_equal(edid[56] | (edid[58] & 0xf0) << 4, EDID_WIDTH);
	assert_int_equal(edid[59] | (edid[61] & 0xf0) << 4, EDID_HEIGHT);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + EDID_SIZE, 4), 0xffffffff);
	bus_write(&b->mmio, REGISTERS, 4, 0x12345678);
	assert_int_equal(bus_read(&b->mmio, REGISTERS, 4), 0xffffff00);
}

static void each_register_keeps_what_is_written(void **state)
{
	struct bench *b = *state;

	program(b);
	for (unsigned i = 0; i < DISPI_REGISTERS; i++) {
		assert_int_equal(dispi(b, i), i == DISPI_ID           ? 0xb0c5
					      : i == DISPI_MEMORY_64K ? 256
								      : 0);
		set_dispi(b, i, (u16)(0xa500 + i));
	}
	for (unsigned i = 0; i < DISPI_REGISTERS; i++)
		assert_int_equal(dispi(b, i), i == DISPI_ID           ? 0xb0c5
					      : i == DISPI_MEMORY_64K ? 256
								      : 0xa500 + i);
	/* Behind the last and before the first is nothing. */
	set_dispi(b, DISPI_REGISTERS, 1);
	assert_int_equal(dispi(b, DISPI_REGISTERS), 0xffff);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_DISPI - 2, 2), 0xffff);
	/* Two at once, and halves. */
	bus_write(&b->mmio, REGISTERS + BOCHS_DISPI + 2, 4, 0x01e00280);
	assert_int_equal(dispi(b, DISPI_XRES), 640);
	assert_int_equal(dispi(b, DISPI_YRES), 480);
	bus_write(&b->mmio, REGISTERS + BOCHS_DISPI + 3, 1, 5);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_DISPI + 2, 4), 0x01e00580);
	/* The bus is reset. */
	pci_bus_reset(&b->host.root);
	program(b);
	assert_int_equal(dispi(b, DISPI_XRES), 0);
	assert_int_equal(dispi(b, DISPI_ID), 0xb0c5);
}

static void byte_order_can_be_chosen(void **state)
{
	struct bench *b = *state;

	program(b);
	set_mode(b, 640, 480, 32);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_QEXT, 4), 8);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_QEXT + 4, 4), 0x1e1e1e1e);
	assert_int_equal(bochs_picture(&b->bochs).format, PICTURE_XRGB);
	bus_write(&b->mmio, REGISTERS + BOCHS_QEXT + 4, 4, 0xbebebebe);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_QEXT + 4, 4), 0xbebebebe);
	assert_int_equal(bochs_picture(&b->bochs).format, PICTURE_BGRX);
	bus_write(&b->mmio, REGISTERS + BOCHS_QEXT + 4, 4, 0x12345678);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_QEXT + 4, 4), 0xbebebebe);
	bus_write(&b->mmio, REGISTERS + BOCHS_QEXT + 4, 4, 0x1e1e1e1e);
	assert_int_equal(bochs_picture(&b->bochs).format, PICTURE_XRGB);
	assert_int_equal(bus_read(&b->mmio, REGISTERS + BOCHS_QEXT + 8, 4), 0xffffffff);
}

static void a_mode_is_a_picture(void **state)
{
	struct bench *b = *state;
	struct picture p;

	program(b);
	assert_int_equal(bochs_picture(&b->bochs).width, 0);
	set_mode(b, 800, 600, 32);
	p = bochs_picture(&b->bochs);
	assert_int_equal(p.width, 800);
	assert_int_equal(p.height, 600);
	assert_int_equal(p.stride, 3200);
	assert_int_equal(p.offset, 0);
	set_dispi(b, DISPI_VIRT_WIDTH, 1000);
	set_dispi(b, DISPI_X_OFFSET, 3);
	set_dispi(b, DISPI_Y_OFFSET, 2);
	p = bochs_picture(&b->bochs);
	assert_int_equal(p.stride, 4000);
	assert_int_equal(p.offset, 8012);
	set_mode(b, 1024, 768, 16);
	p = bochs_picture(&b->bochs);
	assert_int_equal(p.format, PICTURE_565);
	assert_int_equal(p.stride, 2048);
	set_dispi(b, DISPI_ENABLE, 0x40);
	assert_int_equal(bochs_picture(&b->bochs).width, 0);
}

/* Whatever is shown lies in the memory. */
static void what_does_not_fit_is_not_shown(void **state)
{
	static const struct {
		u16 width, height, bpp, virtual, x, y;
		bool shown;
	} cases[] = {
		{ 2048, 2048, 32, 0, 0, 0, true },
		{ 2048, 2048, 32, 0, 1, 0, false },
		{ 2048, 2048, 32, 0, 0, 1, false },
		{ 2048, 2049, 32, 0, 0, 0, false },
		{ 4096, 1024, 32, 0, 0, 0, true },
		{ 4096, 1025, 32, 0, 0, 0, false },
		{ 4097, 64, 32, 0, 0, 0, false },
		{ 64, 4096, 16, 0, 0, 0, true },
		{ 64, 4097, 16, 0, 0, 0, false },
		{ 63, 64, 32, 0, 0, 0, false },
		{ 64, 63, 32, 0, 0, 0, false },
		{ 0, 0, 32, 0, 0, 0, false },
		{ 0xffff, 0xffff, 32, 0xffff, 0xffff, 0xffff, false },
		{ 640, 480, 32, 0xffff, 0xffff, 0xffff, false },
		{ 640, 64, 32, 0xffff, 0, 0, true },
		{ 640, 65, 32, 0xffff, 0, 0, false },
		{ 640, 480, 32, 10, 0, 0, true },
		{ 640, 480, 0, 0, 0, 0, false },
		{ 640, 480, 4, 0, 0, 0, false },
		{ 640, 480, 8, 0, 0, 0, false },
		{ 640, 480, 15, 0, 0, 0, false },
		{ 640, 480, 24, 0, 0, 0, false },
		{ 640, 480, 33, 0, 0, 0, false },
		{ 640, 480, 0xffff, 0, 0, 0, false },
	};
	struct bench *b = *state;

	program(b);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct picture p;

		set_mode(b, cases[i].width, cases[i].height, cases[i].bpp);
		set_dispi(b, DISPI_VIRT_WIDTH, cases[i].virtual);
		set_dispi(b, DISPI_X_OFFSET, cases[i].x);
		set_dispi(b, DISPI_Y_OFFSET, cases[i].y);
		p = bochs_picture(&b->bochs);
		assert_int_equal(p.width != 0, cases[i].shown);
		if (p.width)
			assert_true(p.offset + (u64)p.stride * p.height <= BOCHS_MEMORY);
	}
}

static void a_taken_place_is_refused(void **state)
{
	struct bench *b = *state;
	struct bochs second;
	struct err err = { 0 };

	assert_int_equal(bochs_open(&second, &b->host, DEVFN, NULL, 0, &err), -EBUSY);
	assert_string_equal(err.text, "display: the place 00:1e.0 is taken");
	bochs_close(&second);
	assert_int_equal(bochs_open(&second, &b->host, PCI_DEVFN_OF(29, 0), NULL, 0, &err), 0);
	assert_int_equal(
		pci_host_config_read(&b->host, 0, PCI_DEVFN_OF(29, 0), PCI_ROM_ADDRESS, 4), 0);
	bochs_close(&second);
	bochs_close(&second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_what_drivers_look_for),
		TEST(the_framebuffer_is_memory_of_the_guest),
		TEST(the_rom_is_read_only),
		TEST(has_an_edid),
		TEST(each_register_keeps_what_is_written),
		TEST(byte_order_can_be_chosen),
		TEST(a_mode_is_a_picture),
		TEST(what_does_not_fit_is_not_shown),
		TEST(a_taken_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
