// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include "vm/vfio/slots.h"

/* "01:00.0 01:00.1" in, "0.0+ 0.1+" out: slot, function, and + where others share it. */
static int place(const char *names, char *text, struct err *err)
{
	struct vfio_place places[16];
	struct pci_addr addrs[16];
	unsigned nr = 0, used;
	int ret;

	while ((used = pci_addr_scan(names, &addrs[nr]))) {
		nr++;
		names += used;
		names += *names == ' ';
	}
	ret = vfio_slots_place(addrs, nr, places, err);
	*text = '\0';
	for (unsigned i = 0; i < nr && ret >= 0; i++)
		sprintf(text + strlen(text), "%s%u.%u%s", i ? " " : "", places[i].slot,
			places[i].fn, places[i].multifunction ? "+" : "");
	return ret;
}

static void layouts(void **state)
{
	static const struct {
		const char *hosts;
		int slots;
		const char *guest;
	} cases[] = {
		{ "", 0, "" },
		{ "01:00.0", 1, "0.0" },
		{ "01:00.0 01:00.1", 1, "0.0+ 0.1+" },
		/* The order of the command line does not matter within a slot. */
		{ "01:00.3 01:00.0", 1, "0.3+ 0.0+" },
		/* Without function 0 they are counted anew, in their order. */
		{ "01:00.3 01:00.1", 1, "0.1+ 0.0+" },
		{ "01:00.1", 1, "0.0" },
		{ "01:00.0 02:00.0 01:00.1", 2, "0.0+ 1.0 0.1+" },
		/* The same device number on other buses, and in other domains, is another slot. */
		{ "0000:01:00.0 0001:01:00.0 0000:01:01.0", 3, "0.0 1.0 2.0" },
	};
	char text[200];
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(place(cases[i].hosts, text, &err), cases[i].slots);
		assert_string_equal(text, cases[i].guest);
	}
}

static void named_twice(void **state)
{
	struct err err = { 0 };
	char text[200];

	assert_int_equal(place("01:00.0 01:00.1 0000:01:00.0", text, &err), -EEXIST);
	assert_string_equal(err.text, "0000:01:00.0: the device is named twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(named_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
