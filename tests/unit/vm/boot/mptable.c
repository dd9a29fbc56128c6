// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables, read as the MultiProcessor Specification 1.4 says (chapter 4). */
#include "vm/boot/mptable.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "unit.h"

#define ADDRESS 0xfc000

static u8 sum(const u8 *bytes, size_t size)
{
	u8 total = 0;

	while (size--)
		total += *bytes++;
	return total;
}

/* What the entries say. */
struct read {
	unsigned cpus, boot, pci_buses, isa_bus, ioapics, interrupts, locals;
	u8 irq_pin[16];    /* of ISA's IRQs */
	u8 pci_pin[32][4]; /* of PCI's */
};

static void read_entry(struct read *r, const u8 *e)
{
	switch (e[0]) {
	case 0:
		r->cpus++;
		r->boot += e[3] >> 1 & 1;
		assert_int_equal(e[3] & 1, 1);
		assert_int_equal(get_le32(e + 4), 0x306c3);
		break;
	case 1:
		if (memcmp(e + 2, "ISA   ", 6)) {
			assert_memory_equal(e + 2, "PCI   ", 6);
			assert_int_equal(e[1], r->pci_buses++);
		} else {
			r->isa_bus = e[1];
		}
		break;
	case 2:
		r->ioapics++;
		assert_int_equal(e[3], 1);
		assert_int_equal(get_le32(e + 4), 0xfec00000);
		break;
	case 3:
		r->interrupts++;
		assert_int_equal(e[1], 0);
		if (e[4] == r->isa_bus)
			r->irq_pin[e[5]] = e[7];
		else
			r->pci_pin[e[5] >> 2][e[5] & 3] = e[7];
		/* The SCI and PCI's are level-triggered and active high, as ACPI says. */
		assert_int_equal(get_le16(e + 2), e[4] != r->isa_bus || e[5] == 9 ? 0xd : 0);
		break;
	default:
		assert_int_equal(e[0], 4);
		r->locals++;
	}
}

static struct read read_table(const struct blob *blob)
{
	const u8 *pointer = blob->data, *table = pointer + 16, *e = table + 44;
	struct read r = { 0 };

	assert_false(blob->failed);
	assert_memory_equal(pointer, "_MP_", 4);
	assert_int_equal(get_le32(pointer + 4), ADDRESS + 16);
	assert_int_equal(sum(pointer, 16), 0);
	assert_int_equal(pointer[11], 0); /* no default configuration */
	assert_memory_equal(table, "PCMP", 4);
	assert_int_equal(get_le16(table + 4), blob->size - 16);
	assert_int_equal(sum(table, get_le16(table + 4)), 0);
	assert_memory_equal(table + 8, "MAKER   PRODUCT     ", 20);
	assert_int_equal(get_le32(table + 36), 0xfee00000);
	for (unsigned i = get_le16(table + 34); i--; e += e[0] ? 8 : 20)
		read_entry(&r, e);
	assert_ptr_equal(e, blob->data + blob->size);
	return r;
}

static void it_is_read_as_specified(void **state)
{
	static const u32 ids[] = { 0, 1, 4, 5, 255 };
	struct mptable_config config = {
		.maker = "MAKER",
		.product = "PRODUCT",
		.apic_ids = ids,
		.nr_cpus = 5,
		.signature = 0x306c3,
		.last_bus = 2,
		.gsi = { [2] = { 22, 23, 20, 21 }, [31] = { 16, 17, 18, 19 } },
	};
	struct blob blob = { 0 };
	struct read r;

	mptable_build(&blob, &config, ADDRESS);
	r = read_table(&blob);
	/* An APIC with an id of one byte has none above 254. */
	assert_int_equal(r.cpus, 4);
	assert_int_equal(r.boot, 1);
	assert_int_equal(r.pci_buses, 3);
	assert_int_equal(r.isa_bus, 3);
	assert_int_equal(r.ioapics, 1);
	assert_int_equal(r.interrupts, 15 + 8);
	assert_int_equal(r.locals, 2);
	assert_int_equal(r.irq_pin[0], 2);
	assert_int_equal(r.irq_pin[2], 0);
	assert_int_equal(r.irq_pin[15], 15);
	assert_int_equal(r.pci_pin[2][1], 23);
	assert_int_equal(r.pci_pin[31][3], 19);
	blob_free(&blob);
}

static void it_has_room_for_all_processors(void **state)
{
	u32 ids[255];
	struct mptable_config config = { "", "", ids, 255, .last_bus = 40 };
	struct blob blob = { 0 };

	for (unsigned i = 0; i < 255; i++)
		ids[i] = i;
	memset(config.gsi, 16, sizeof(config.gsi));
	mptable_build(&blob, &config, ADDRESS);
	assert_true(blob.size < 0x4000);
	blob_free(&blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_read_as_specified),
		cmocka_unit_test(it_has_room_for_all_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
