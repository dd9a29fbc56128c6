// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/acpi/aml.h"
#include "unit.h"

static void expect(struct blob *aml, const void *bytes, size_t size)
{
	assert_false(aml->failed);
	assert_int_equal(aml->size, size);
	assert_memory_equal(aml->data, bytes, size);
	blob_free(aml);
}

/* Bytes as a string, without its NUL. */
#define EXPECT(aml, bytes) expect(aml, bytes, sizeof(bytes) - 1)

static void numbers_take_the_shortest_form(void **state)
{
	static const struct {
		u64 value;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ 0, "\x00", 1 },
		{ 1, "\x01", 1 },
		{ 2, "\x0a\x02", 2 },
		{ 0xff, "\x0a\xff", 2 },
		{ 0x100, "\x0b\x00\x01", 3 },
		{ 0xffff, "\x0b\xff\xff", 3 },
		{ 0x10000, "\x0c\x00\x00\x01\x00", 5 },
		{ 0xffffffff, "\x0c\xff\xff\xff\xff", 5 },
		{ 0x100000000, "\x0e\x00\x00\x00\x00\x01\x00\x00\x00", 9 },
		{ ~0ull, "\x0e\xff\xff\xff\xff\xff\xff\xff\xff", 9 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blob aml = { 0 };

		aml_int(&aml, cases[i].value);
		expect(&aml, cases[i].bytes, cases[i].size);
	}
}

static void paths_are_padded_and_prefixed(void **state)
{
	static const struct {
		const char *path, *bytes;
		size_t size;
	} cases[] = {
		{ "_CRS", "_CRS", 4 },
		{ "C1", "C1__", 4 },
		{ "\\", "\\\0", 2 },
		{ "\\_SB", "\\_SB_", 5 },
		{ "\\_SB.PCI0", "\\\x2e_SB_PCI0", 10 },
		{ "PCI0.LPC", "\x2ePCI0LPC_", 9 },
		{ "\\_SB.PCI0.LPC.A", "\\\x2f\x04_SB_PCI0LPC_A___", 19 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blob aml = { 0 };

		aml_path(&aml, cases[i].path);
		expect(&aml, cases[i].bytes, cases[i].size);
	}
}

static void objects(void **state)
{
	struct blob aml = { 0 };
	size_t outer, inner;

	outer = aml_begin_scope(&aml, "\\_SB");
	inner = aml_begin_device(&aml, "C0");
	aml_name(&aml, "_UID");
	aml_int(&aml, 3);
	aml_end(&aml, inner);
	aml_end(&aml, outer);
	EXPECT(&aml, "\x10\x14\\_SB_"
		     "\x5b\x82\x0c"
		     "C0__\x08_UID\x0a\x03");

	outer = aml_begin_package(&aml, 2);
	aml_int(&aml, 1);
	aml_path(&aml, "LNKA");
	aml_end(&aml, outer);
	EXPECT(&aml, "\x12\x07\x02\x01LNKA");

	aml_name(&aml, "_HID");
	aml_string(&aml, "ACPI0007");
	EXPECT(&aml, "\x08_HID\x0d"
		     "ACPI0007\0");

	outer = aml_begin_method(&aml, "_PRT");
	inner = aml_begin_if(&aml, "PICM");
	aml_return(&aml, "PRTA");
	aml_end(&aml, inner);
	aml_return(&aml, "PRTP");
	aml_end(&aml, outer);
	EXPECT(&aml, "\x14\x16_PRT\0"
		     "\xa0\x0aPICM\xa4PRTA"
		     "\xa4PRTP");

	aml_buffer(&aml, "\xaa\xbb", 2);
	EXPECT(&aml, "\x11\x05\x0a\x02\xaa\xbb");
}

/* PkgLength counts itself; its own width changes at these sizes of what follows it. */
static void lengths_at_their_borders(void **state)
{
	static const struct {
		size_t body; /* behind the length, with the package's count */
		u8 bytes[4];
		unsigned nr;
	} cases[] = {
		{ 1, { 0x02 }, 1 },
		{ 62, { 0x3f }, 1 },
		{ 63, { 0x41, 0x04 }, 2 },
		{ 4093, { 0x4f, 0xff }, 2 },
		{ 4094, { 0x81, 0x00, 0x01 }, 3 },
		{ (1 << 20) - 4, { 0x8f, 0xff, 0xff }, 3 },
		{ (1 << 20) - 3, { 0xc1, 0x00, 0x00, 0x01 }, 4 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blob aml = { 0 };
		size_t mark = aml_begin_package(&aml, 0);

		blob_zero(&aml, cases[i].body - 1);
		aml_end(&aml, mark);
		assert_false(aml.failed);
		assert_int_equal(aml.size, 1 + cases[i].nr + cases[i].body);
		assert_memory_equal(aml.data + 1, cases[i].bytes, cases[i].nr);
		blob_free(&aml);
	}
}

static void resources(void **state)
{
	struct blob aml = { 0 }, res = { 0 };

	aml_res_ports(&res, 0x3f8, 8);
	aml_resources(&aml, &res);
	assert_null(res.data);
	EXPECT(&aml, "\x11\x0d\x0a\x0a"
		     "\x47\x01\xf8\x03\xf8\x03\x01\x08"
		     "\x79\x00");

	aml_res_buses(&res, 0, 0x7f);
	EXPECT(&res, "\x88\x0d\x00\x02\x0c\x00\x00\x00\x00\x00\x7f\x00\x00\x00\x80\x00");

	aml_res_port_window(&res, 0xd00, 0xffff);
	EXPECT(&res, "\x88\x0d\x00\x01\x0c\x03\x00\x00\x00\x0d\xff\xff\x00\x00\x00\xf3");

	aml_res_memory32(&res, AML_MEMORY_WINDOW, (struct range){ 0xc0000000, 0x40000000 });
	EXPECT(&res, "\x87\x17\x00\x00\x0c\x03\x00\x00\x00\x00\x00\x00\x00\xc0"
		     "\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x40");

	aml_res_memory64(&res, AML_MEMORY_OWN, (struct range){ 0x100000000, 0x10 });
	EXPECT(&res, "\x8a\x2b\x00\x00\x0d\x01\x00\x00\x00\x00\x00\x00\x00\x00"
		     "\x00\x00\x00\x00\x01\x00\x00\x00\x0f\x00\x00\x00\x01\x00\x00\x00"
		     "\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00");
}

static void a_blob_that_failed_stays_safe(void **state)
{
	struct blob aml = { 0 }, res = { 0 };

	aml_int(&aml, 5);
	blob_zero(&aml, SIZE_MAX / 2);
	assert_true(aml.failed);
	aml_name(&aml, "_CRS");
	blob_put_le(&aml, 1000, 8, 1);
	blob_insert(&aml, 1000, "x", 1);
	assert_int_equal(aml.size, 2);

	aml_res_ports(&res, 0, 1);
	aml_resources(&aml, &res);
	assert_int_equal(aml.size, 2);
	blob_free(&aml);

	blob_zero(&res, SIZE_MAX);
	aml_resources(&aml, &res);
	assert_true(aml.failed);
	blob_free(&aml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_the_shortest_form),
		cmocka_unit_test(paths_are_padded_and_prefixed),
		cmocka_unit_test(objects),
		cmocka_unit_test(lengths_at_their_borders),
		cmocka_unit_test(resources),
		cmocka_unit_test(a_blob_that_failed_stays_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
