// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/boot/smbios.h"
#include "vm/mem/ram.h"

#define AREA ((struct range){ 0xf0000, 0x10000 })

static const struct smbios_config plain = {
	.bios_vendor = "Vendor",
	.bios_version = "1.0",
	.bios_date = "01/02/2026",
	.manufacturer = "Maker",
	.product = "Product",
	.serial = "S-1",
	.uuid = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
		0xdd, 0xee, 0xff },
	.cpu_manufacturer = "CPU maker",
	.cpu_version = "CPU model",
	.cpu_id = 0x1f8bfbff000306f2,
	.sockets = 2,
	.cores = 4,
	.threads = 8,
	.low_ram = 2 * GIB,
	.high_ram = 6 * GIB,
};

static void build(struct smbios *s, const struct smbios_config *config)
{
	struct err err = { 0 };

	assert_int_equal(smbios_build(s, config, &err), 0);
}

/* The structure behind @at, or the first for NULL; NULL behind the last. */
static const u8 *next(const struct smbios *s, const u8 *at)
{
	const u8 *end = s->tables.data + s->tables.size;

	if (!at)
		return s->tables.data;
	at += at[1];
	while (at + 1 < end && (at[0] || at[1]))
		at++;
	at += 2;
	assert_true(at <= end);
	return at < end ? at : NULL;
}

static const u8 *find(const struct smbios *s, u8 type, unsigned n)
{
	const u8 *at = NULL;

	while ((at = next(s, at)))
		if (at[0] == type && !n--)
			return at;
	return NULL;
}

static const char *string_of(const u8 *structure, unsigned offset)
{
	const char *text = (const char *)structure + structure[1];
	unsigned n = structure[offset];

	while (n > 1) {
		text += strlen(text) + 1;
		n--;
	}
	return n ? text : NULL;
}

static void every_structure_is_there_and_has_its_length(void **state)
{
	static const struct {
		u8 type, length;
	} want[] = { { 0, 0x18 }, { 1, 0x1b }, { 3, 0x16 }, { 4, 0x30 }, { 4, 0x30 }, { 16, 0x17 },
		{ 17, 0x28 }, { 19, 0x1f }, { 19, 0x1f }, { 32, 0x0b }, { 127, 4 } };
	struct smbios s;
	const u8 *at = NULL;

	build(&s, &plain);
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		at = next(&s, at);
		assert_int_equal(at[0], want[i].type);
		assert_int_equal(at[1], want[i].length);
	}
	assert_null(next(&s, at));
	smbios_free(&s);
}

static void handles_are_unique(void **state)
{
	struct smbios_config config = plain;
	struct smbios s;

	config.sockets = 255;
	build(&s, &config);
	for (const u8 *a = NULL; (a = next(&s, a));)
		for (const u8 *b = a; (b = next(&s, b));)
			assert_int_not_equal(get_le16(a + 2), get_le16(b + 2));
	assert_string_equal(string_of(find(&s, 4, 0), 4), "CPU 000");
	assert_string_equal(string_of(find(&s, 4, 207), 4), "CPU 207");
	smbios_free(&s);
}

static void strings_and_uuid(void **state)
{
	struct smbios s;
	const u8 *system, *bios;

	build(&s, &plain);
	bios = find(&s, 0, 0);
	assert_string_equal(string_of(bios, 4), "Vendor");
	assert_string_equal(string_of(bios, 8), "01/02/2026");
	system = find(&s, 1, 0);
	assert_string_equal(string_of(system, 4), "Maker");
	assert_string_equal(string_of(system, 5), "Product");
	assert_null(string_of(system, 6));
	assert_string_equal(string_of(system, 7), "S-1");
	assert_memory_equal(
		system + 8, "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
	assert_string_equal(string_of(find(&s, 4, 1), 0x10), "CPU model");
	smbios_free(&s);
}

static void a_machine_tells_what_it_is_only_where_asked(void **state)
{
	struct smbios_config config = plain;
	struct smbios s;

	build(&s, &config);
	assert_int_equal(find(&s, 0, 0)[0x13], 0);
	smbios_free(&s);
	config.virtual = true;
	build(&s, &config);
	assert_int_equal(find(&s, 0, 0)[0x13], BIT(4));
	smbios_free(&s);
	config.virtual = false;
	config.uefi = true;
	build(&s, &config);
	assert_int_equal(find(&s, 0, 0)[0x13], BIT(3));
	smbios_free(&s);
}

static void memory_of_every_size(void **state)
{
	static const struct {
		u64 low, high;
		u32 array_kib;
		u16 device_mib;
		u32 device_ext;
		u32 map_end;
	} cases[] = {
		{ 512 * MIB, 0, 512 * 1024, 512, 0, 512 * 1024 - 1 },
		{ 2 * GIB, 30 * GIB - MIB, 32 * 1024 * 1024 - 1024, 0x7fff, 32767, 2097151 },
		{ 2 * GIB, 30 * GIB, 32 * 1024 * 1024, 0x7fff, 32768, 2097151 },
		{ 2 * GIB, 4096 * GIB, 0x80000000, 0x7fff, 4098 * 1024, 2097151 },
	};
	struct smbios_config config = plain;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smbios s;
		const u8 *array, *device, *high;

		config.low_ram = cases[i].low;
		config.high_ram = cases[i].high;
		build(&s, &config);
		array = find(&s, 16, 0);
		device = find(&s, 17, 0);
		high = find(&s, 19, 1);
		assert_int_equal(get_le32(array + 7), cases[i].array_kib);
		assert_int_equal(get_le64(array + 0xf),
			cases[i].array_kib == 0x80000000 ? cases[i].low + cases[i].high : 0);
		assert_int_equal(get_le16(device + 4), get_le16(array + 2));
		assert_int_equal(get_le16(device + 0xc), cases[i].device_mib);
		assert_int_equal(get_le32(device + 0x1c), cases[i].device_ext);
		assert_int_equal(get_le32(find(&s, 19, 0) + 8), cases[i].map_end);
		assert_int_equal(high != NULL, cases[i].high != 0);
		if (cases[i].high > 4090 * GIB) {
			assert_int_equal(get_le32(high + 4), 0xffffffff);
			assert_int_equal(get_le64(high + 0xf), 4 * GIB);
			assert_int_equal(get_le64(high + 0x17), 4 * GIB + cases[i].high - 1);
		} else if (cases[i].high) {
			assert_int_equal(get_le32(high + 4), 4 * 1024 * 1024);
			assert_int_equal(get_le64(high + 0xf), 0);
		}
		smbios_free(&s);
	}
}

static void processors_of_every_number(void **state)
{
	struct smbios_config config = plain;
	struct smbios s;
	const u8 *cpu;

	config.sockets = 1;
	config.cores = 300;
	config.threads = 600;
	build(&s, &config);
	cpu = find(&s, 4, 0);
	assert_int_equal(get_le64(cpu + 8), plain.cpu_id);
	assert_int_equal(cpu[0x23], 0xff);
	assert_int_equal(cpu[0x25], 0xff);
	assert_int_equal(get_le16(cpu + 0x2a), 300);
	assert_int_equal(get_le16(cpu + 0x2e), 600);
	assert_null(find(&s, 4, 1));
	smbios_free(&s);
}

static void placed_where_it_is_searched(void **state)
{
	struct err err = { 0 };
	struct smbios s;
	struct mem mem;
	struct ram ram;
	const u8 *anchor;
	u8 sum = 0;

	assert_int_equal(mem_open(&mem, NULL, &err), 0);
	assert_int_equal(ram_open(&ram, &mem, 2 * MIB, &err), 0);
	build(&s, &plain);
	assert_int_equal(s.anchor.size, 24);
	assert_int_equal(get_le32(s.anchor.data + 12), s.tables.size);

	assert_int_equal(smbios_place(&s, &mem, AREA, &err), 0);
	anchor = mem_ptr(&mem, 0xf0000, 24);
	assert_memory_equal(anchor, "_SM3_", 5);
	for (unsigned i = 0; i < anchor[6]; i++)
		sum += anchor[i];
	assert_int_equal(sum, 0);
	assert_int_equal(get_le64(anchor + 16), 0xf0020);
	assert_memory_equal(mem_ptr(&mem, 0xf0020, s.tables.size), s.tables.data, s.tables.size);

	assert_int_equal(
		smbios_place(&s, &mem, (struct range){ 0xf0000, 0x20 + s.tables.size - 1 }, &err),
		-ENOSPC);
	assert_int_equal(smbios_place(&s, &mem, (struct range){ GIB, MIB }, &err), -ENOSPC);
	smbios_free(&s);
	ram_close(&ram);
	mem_close(&mem);
}

static void what_cannot_be_told_is_refused(void **state)
{
	struct smbios_config config;
	struct err err = { 0 };
	struct smbios s;
	char text[SMBIOS_MAX_STRING + 2];

#define REFUSED(field, value)                                               \
	do {                                                                \
		config = plain;                                             \
		config.field = value;                                       \
		assert_int_equal(smbios_build(&s, &config, &err), -EINVAL); \
		assert_null(s.tables.data);                                 \
	} while (0)

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	REFUSED(serial, text);
	REFUSED(product, "two\nlines");
	REFUSED(cpu_version, "\x7f");
	REFUSED(sockets, 0);
	REFUSED(sockets, 256);
	REFUSED(cores, 0);
	REFUSED(threads, 3);
	REFUSED(threads, 0xffff);
	REFUSED(low_ram, 0);

	config = plain;
	text[SMBIOS_MAX_STRING] = '\0';
	config.serial = text;
	config.sku = "";
	build(&s, &config);
	assert_string_equal(string_of(find(&s, 1, 0), 7), text);
	assert_null(string_of(find(&s, 1, 0), 0x19));
	smbios_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_structure_is_there_and_has_its_length),
		cmocka_unit_test(handles_are_unique),
		cmocka_unit_test(strings_and_uuid),
		cmocka_unit_test(a_machine_tells_what_it_is_only_where_asked),
		cmocka_unit_test(memory_of_every_size),
		cmocka_unit_test(processors_of_every_number),
		cmocka_unit_test(placed_where_it_is_searched),
		cmocka_unit_test(what_cannot_be_told_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
