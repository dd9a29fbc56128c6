// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/mac.h"

#include <errno.h>

#include "unit.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *again; /* NULL: refused */
	} cases[] = {
		{ "52:54:00:12:34:56", "52:54:00:12:34:56" },
		{ "02:0A:fF:0:1:2", "02:0a:ff:00:01:02" },
		{ "01:00:5e:00:00:01", NULL },
		{ "ff:ff:ff:ff:ff:ff", NULL },
		{ "52:54:00:12:34", NULL },
		{ "52:54:00:12:34:56:78", NULL },
		{ "52:54:00:12:34:56 ", NULL },
		{ "52-54-00-12-34-56", NULL },
		{ "52:54:00:12:34:", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		char text[MAC_TEXT];
		u8 mac[MAC_SIZE];
		int ret = mac_parse(cases[i].text, mac, &err);

		assert_int_equal(ret, cases[i].again ? 0 : -EINVAL);
		if (cases[i].again)
			assert_string_equal(mac_text(mac, text), cases[i].again);
	}
}

static void test_derive(void **state)
{
	static const struct {
		const char *host, *machine;
		unsigned index;
	} cases[] = {
		{ "a", "vm", 0 },
		{ "a", "vm", 1 },
		{ "b", "vm", 0 },
		{ "a", "vm2", 0 },
		{ "av", "m", 0 },
		{ "", "vm", 0 },
		{ "a", "vm1", 0 },
		{ "a", "vm", 10 },
	};
	u8 macs[ARRAY_SIZE(cases)][MAC_SIZE], again[MAC_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		mac_derive(cases[i].host, cases[i].machine, cases[i].index, macs[i]);
		mac_derive(cases[i].host, cases[i].machine, cases[i].index, again);
		assert_memory_equal(macs[i], again, MAC_SIZE);
		/* Locally administered, of one card. */
		assert_int_equal(macs[i][0] & 3, 2);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(macs[i], macs[j], MAC_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_derive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
