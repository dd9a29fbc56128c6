// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/boot/acpi/linker.h"
#include "vm/devices/kinds.h"
#include "vm/mem/ram.h"

#define RAM_SIZE (8 * MIB)

static const struct range fseg = { 0xf0000, 0x10000 };
static const struct range high = { 6 * MIB, 2 * MIB };

struct bench {
	struct mem mem;
	struct ram ram;
	struct acpi_config config;
	u32 apic_ids[ACPI_MAX_CPUS];
	struct acpi_tables tables;
	struct err err;
	u64 rsdp;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_int_equal(mem_open(&b->mem, NULL, &b->err), 0);
	assert_int_equal(ram_open(&b->ram, &b->mem, RAM_SIZE, &b->err), 0);
	for (unsigned i = 0; i < ACPI_MAX_CPUS; i++)
		b->apic_ids[i] = i;
	b->config = (struct acpi_config){ "OEMIDX", "TABLEIDX", .apic_ids = b->apic_ids,
		.nr_cpus = 4, .ecam_base = 0xb0000000, .last_bus = 255,
		.mmio32 = { { 0x80000000, 0x30000000 }, { 0xc0000000, 0x3ec00000 } },
		.mmio64 = { 0x38000000000, 0x8000000000 } };
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	acpi_free(&b->tables);
	ram_close(&b->ram);
	mem_close(&b->mem);
	free(b);
	return 0;
}

static void build_and_link(struct bench *b)
{
	acpi_free(&b->tables);
	assert_int_equal(acpi_build(&b->tables, &b->config, &b->err), 0);
	assert_int_equal(acpi_link(&b->tables, &b->mem, fseg, high, &b->rsdp, &b->err), 0);
}

static u8 sum(const u8 *data, size_t size)
{
	u8 sum = 0;

	while (size--)
		sum += *data++;
	return sum;
}

/* A table at a guest address, after it was found to be whole. */
static const u8 *table_at(struct bench *b, u64 addr, const char *signature)
{
	const u8 *table = mem_ptr(&b->mem, addr, 36);
	size_t size;

	assert_non_null(table);
	assert_true(range_contains(high, addr, 36));
	size = get_le32(table + 4);
	assert_true(range_contains(high, addr, size));
	assert_memory_equal(table, signature, 4);
	if (memcmp(signature, "FACS", 4) != 0) {
		assert_int_equal(sum(table, size), 0);
		assert_memory_equal(table + 10, b->config.oem_id, 6);
		assert_memory_equal(table + 16, b->config.oem_table_id, 8);
	}
	return table;
}

/* The @n-th table of that signature in the XSDT. */
static const u8 *find(struct bench *b, const char *signature, unsigned n)
{
	const u8 *rsdp = mem_ptr(&b->mem, b->rsdp, 36);
	const u8 *xsdt = table_at(b, get_le64(rsdp + 24), "XSDT");

	for (unsigned at = 36; at < get_le32(xsdt + 4); at += 8) {
		u64 addr = get_le64(xsdt + at);

		if (!memcmp(mem_ptr(&b->mem, addr, 4), signature, 4) && !n--)
			return table_at(b, addr, signature);
	}
	return NULL;
}

static void the_root_leads_to_whole_tables(void **state)
{
	static const char *const want[] = { "FACP", "APIC", "MCFG", "WAET", "SSDT", "SSDT" };
	struct bench *b = *state;
	const u8 *rsdp, *rsdt, *xsdt, *fadt;

	build_and_link(b);
	rsdp = mem_ptr(&b->mem, b->rsdp, 36);
	assert_true(range_contains(fseg, b->rsdp, 36));
	assert_int_equal(b->rsdp % 16, 0);
	assert_memory_equal(rsdp, "RSD PTR ", 8);
	assert_int_equal(rsdp[15], 2);
	assert_int_equal(get_le32(rsdp + 20), 36);
	assert_int_equal(sum(rsdp, 20), 0);
	assert_int_equal(sum(rsdp, 36), 0);

	rsdt = table_at(b, get_le32(rsdp + 16), "RSDT");
	xsdt = table_at(b, get_le64(rsdp + 24), "XSDT");
	assert_int_equal(get_le32(rsdt + 4), 36 + 4 * ARRAY_SIZE(want));
	assert_int_equal(get_le32(xsdt + 4), 36 + 8 * ARRAY_SIZE(want));
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		table_at(b, get_le32(rsdt + 36 + 4 * i), want[i]);
		assert_int_equal(get_le32(rsdt + 36 + 4 * i), get_le64(xsdt + 36 + 8 * i));
	}

	fadt = find(b, "FACP", 0);
	table_at(b, get_le32(fadt + 36), "FACS");
	assert_int_equal(get_le32(fadt + 36) % 64, 0);
	table_at(b, get_le32(fadt + 40), "DSDT");
	assert_int_equal(get_le32(fadt + 40), get_le64(fadt + 140));
}

static void linking_again_gives_the_same(void **state)
{
	struct bench *b = *state;
	u64 first;
	u8 *tables;
	size_t size;

	build_and_link(b);
	first = b->rsdp;
	size = b->tables.tables.size;
	tables = malloc(size);
	memcpy(tables, mem_ptr(&b->mem, high.start, size), size);
	memset(mem_ptr(&b->mem, high.start, size), 0xcc, size);
	assert_int_equal(acpi_link(&b->tables, &b->mem, fseg, high, &b->rsdp, &b->err), 0);
	assert_int_equal(b->rsdp, first);
	assert_memory_equal(mem_ptr(&b->mem, high.start, size), tables, size);
	free(tables);
}

static void fadt_says_what_the_machine_has(void **state)
{
	struct bench *b = *state;
	const u8 *fadt;

	for (unsigned i8042 = 0; i8042 < 2; i8042++)
		for (unsigned cpus = 8; cpus < 10; cpus++) {
			b->config.has_i8042 = i8042;
			b->config.nr_fragments = i8042;
			b->config.fragments[0] = i8042_kind.acpi(NULL);
			b->config.nr_cpus = cpus;
			build_and_link(b);
			fadt = find(b, "FACP", 0);
			assert_int_equal(get_le16(fadt + 109) >> 1 & 1, i8042);
			assert_int_equal(get_le32(fadt + 112) >> 18 & 1, cpus > 8);
			assert_int_equal(find(b, "SSDT", 2) != NULL, i8042);
		}
	assert_int_equal(get_le16(fadt + 46), 9);
	assert_int_equal(get_le32(fadt + 48), 0);
	assert_int_equal(get_le32(fadt + 112) & (BIT(4) | BIT(10)), BIT(10));
	b->config.smm = true;
	build_and_link(b);
	fadt = find(b, "FACP", 0);
	assert_int_equal(get_le32(fadt + 48), 0xb2);
	assert_int_equal(get_le16(fadt + 52), 0x0302);
	assert_memory_equal(fadt + 116, "\x01\x08\x00\x01\xf9\x0c\0\0\0\0\0\0\x0f", 13);
}

/* The next entry of that type in the MADT, behind @at; 0 at the end. */
static unsigned next_entry(const u8 *madt, unsigned at, u8 type)
{
	at = at ? at + madt[at + 1] : 44;
	while (at < get_le32(madt + 4)) {
		assert_true(madt[at + 1] >= 2);
		if (madt[at] == type)
			return at;
		at += madt[at + 1];
	}
	assert_int_equal(at, get_le32(madt + 4));
	return 0;
}

static unsigned count_entries(const u8 *madt, u8 type)
{
	unsigned n = 0;

	for (unsigned at = 0; (at = next_entry(madt, at, type)); n++)
		;
	return n;
}

static void madt_has_every_processor(void **state)
{
	static const struct {
		unsigned cpus;
		u32 last_apic_id;
		unsigned lapics, x2apics;
	} cases[] = {
		{ 1, 0, 1, 0 },
		{ 4, 3, 4, 0 },
		{ 4, 254, 4, 0 },
		{ 4, 255, 3, 1 },
		{ 255, 254, 255, 0 },
		{ 256, 255, 255, 1 },
		{ 1024, 5000, 255, 769 },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		const u8 *madt;
		unsigned at;

		b->config.nr_cpus = cases[i].cpus;
		b->apic_ids[cases[i].cpus - 1] = cases[i].last_apic_id;
		build_and_link(b);
		madt = find(b, "APIC", 0);
		assert_int_equal(count_entries(madt, 0), cases[i].lapics);
		assert_int_equal(count_entries(madt, 9), cases[i].x2apics);
		assert_int_equal(count_entries(madt, 4), 1);
		assert_int_equal(count_entries(madt, 10), cases[i].x2apics ? 1 : 0);
		assert_int_equal(count_entries(madt, 1), 1);
		assert_int_equal(count_entries(madt, 2), 5);
		if (cases[i].x2apics) {
			for (unsigned n = at = 0; n < cases[i].x2apics; n++)
				at = next_entry(madt, at, 9);
			assert_int_equal(get_le32(madt + at + 4), cases[i].last_apic_id);
			assert_int_equal(get_le32(madt + at + 12), cases[i].cpus - 1);
		}
		b->apic_ids[cases[i].cpus - 1] = cases[i].cpus - 1;
	}
}

static void ecam_follows_the_configuration(void **state)
{
	struct bench *b = *state;
	const u8 *mcfg;

	b->config.ecam_base = 0x4e0000000;
	b->config.last_bus = 63;
	build_and_link(b);
	mcfg = find(b, "MCFG", 0);
	assert_int_equal(get_le32(mcfg + 4), 60);
	assert_int_equal(get_le64(mcfg + 44), 0x4e0000000);
	assert_int_equal(mcfg[54], 0);
	assert_int_equal(mcfg[55], 63);
	assert_int_equal(get_le32(find(b, "WAET", 0) + 36), 3);
}

/* Firmware fetches sizes once and contents later. */
static void sizes_do_not_depend_on_addresses(void **state)
{
	struct bench *b = *state;
	size_t tables, script, rsdp;

	build_and_link(b);
	tables = b->tables.tables.size;
	script = b->tables.script.size;
	rsdp = b->tables.rsdp.size;
	b->config.ecam_base = 0xe0000000;
	b->config.mmio32[0] = (struct range){ 0x80000000, 0x1000 };
	b->config.mmio32[1] = (struct range){ 0, 0 };
	b->config.mmio64 = (struct range){ 0, 0 };
	memset(b->config.pirq, 7, sizeof(b->config.pirq));
	build_and_link(b);
	assert_int_equal(b->tables.tables.size, tables);
	assert_int_equal(b->tables.script.size, script);
	assert_int_equal(b->tables.rsdp.size, rsdp);
}

static void pointers_hold_offsets_and_sums_zero(void **state)
{
	struct bench *b = *state;
	const struct blob *script, *tables;

	build_and_link(b);
	script = &b->tables.script;
	tables = &b->tables.tables;
	assert_int_equal(script->size % LINKER_COMMAND_SIZE, 0);
	for (size_t at = 0; at < script->size; at += LINKER_COMMAND_SIZE) {
		const u8 *c = script->data + at;
		u32 offset = get_le32(c + LINKER_POINTER_OFFSET);

		if (c[0] == LINKER_ADD_POINTER && !strcmp((char *)c + 4, ACPI_FILE_TABLES))
			assert_true(get_le(tables->data + offset, c[LINKER_POINTER_SIZE]) <
				    tables->size);
		offset = get_le32(c + LINKER_CHECKSUM_OFFSET);
		if (c[0] == LINKER_ADD_CHECKSUM && !strcmp((char *)c + 4, ACPI_FILE_TABLES))
			assert_int_equal(tables->data[offset], 0);
	}
	/* Allocations come first, and name both blobs. */
	assert_int_equal(get_le32(script->data), LINKER_ALLOCATE);
	assert_string_equal((char *)script->data + 4, "etc/acpi/rsdp");
	assert_int_equal(script->data[LINKER_ALLOCATE_ZONE], LINKER_FSEG);
	assert_int_equal(get_le32(script->data + 128), LINKER_ALLOCATE);
	assert_string_equal((char *)script->data + 128 + 4, "etc/acpi/tables");
	assert_int_equal(script->data[128 + LINKER_ALLOCATE_ZONE], LINKER_HIGH);
}

static void configurations_that_cannot_be_are_refused(void **state)
{
	struct bench *b = *state;
	const struct acpi_config good = b->config;

#define REFUSED(field, value)                                                           \
	do {                                                                            \
		b->config = good;                                                       \
		b->config.field = value;                                                \
		assert_int_equal(acpi_build(&b->tables, &b->config, &b->err), -EINVAL); \
		assert_null(b->tables.tables.data);                                     \
	} while (0)

	REFUSED(nr_cpus, 0);
	REFUSED(nr_cpus, ACPI_MAX_CPUS + 1);
	REFUSED(oem_id[3], '\0');
	REFUSED(oem_table_id[7], '\0');
	REFUSED(ecam_base, 0);
	REFUSED(ecam_base, 0xb0000001);
	REFUSED(ecam_base, ~0ull - 0xfffff);
	REFUSED(mmio32[1].size, 0x40000001);
	REFUSED(mmio32[0].start, ~0ull);
	REFUSED(mmio64.size, ~0ull);
	REFUSED(pirq[31][3], 8);
}

static void a_place_that_is_too_small_is_refused(void **state)
{
	struct bench *b = *state;
	const struct range small = { 6 * MIB, 4096 }, outside = { 512 * MIB, MIB };

	build_and_link(b);
	assert_int_equal(acpi_link(&b->tables, &b->mem, fseg, small, &b->rsdp, &b->err), -ENOSPC);
	assert_int_equal(acpi_link(&b->tables, &b->mem, fseg, outside, &b->rsdp, &b->err), -EFAULT);
	assert_int_equal(acpi_link(&b->tables, &b->mem, (struct range){ 0xfffff, 1 }, high,
				 &b->rsdp, &b->err),
		-ENOSPC);
}

/* The script is our own, but what runs it must not rest on that. */
static void spoiled_scripts_are_refused(void **state)
{
	static const struct {
		unsigned command; /* index */
		unsigned offset, size;
		u32 value;
	} cases[] = {
		{ 0, 0, 4, 99 },
		{ 0, 4, 1, 'x' },
		{ 0, LINKER_ALLOCATE_ALIGN, 4, 3 },
		{ 0, LINKER_ALLOCATE_ZONE, 1, 3 },
		{ 0, LINKER_ALLOCATE_ZONE, 1, 0 },
		{ 1, LINKER_ALLOCATE_NAME + 9, 8, 0x70647372 }, /* rsdp a second time */
		{ 3, LINKER_POINTER_OFFSET, 4, 0xffffffff },
		{ 3, LINKER_POINTER_SIZE, 1, 3 },
		{ 3, LINKER_POINTER_SIZE, 1, 16 },
		{ 3, LINKER_POINTER_TO, 1, 0 },
		{ 2, LINKER_CHECKSUM_OFFSET, 4, 0xffffffff },
		{ 2, LINKER_CHECKSUM_START, 4, 0x10000000 },
		{ 2, LINKER_CHECKSUM_LENGTH, 4, 0xffffffff },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		build_and_link(b);
		put_le(b->tables.script.data + cases[i].command * LINKER_COMMAND_SIZE +
				cases[i].offset,
			cases[i].size, cases[i].value);
		assert_int_equal(
			acpi_link(&b->tables, &b->mem, fseg, high, &b->rsdp, &b->err), -EINVAL);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_root_leads_to_whole_tables),
		CASE(linking_again_gives_the_same),
		CASE(fadt_says_what_the_machine_has),
		CASE(madt_has_every_processor),
		CASE(ecam_follows_the_configuration),
		CASE(sizes_do_not_depend_on_addresses),
		CASE(pointers_hold_offsets_and_sums_zero),
		CASE(configurations_that_cannot_be_are_refused),
		CASE(a_place_that_is_too_small_is_refused),
		CASE(spoiled_scripts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
