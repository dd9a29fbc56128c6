// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/disk_format.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

#define QCOW2 "QFI\xfb\0\0\0\3"

static const struct {
	const char *path;
	const char *head;
	size_t size;
	const char *asked;
	const char *format; /* NULL: refused */
	const char *says;
} cases[] = {
	{ "/a/win.qcow2", QCOW2, 8, NULL, "qcow2" },
	{ "win.QCOW2", "QFI\xfb\0\0\0\2", 8, NULL, "qcow2" },
	{ "a.vmdk", "KDMV....", 8, NULL, "vmdk" },
	{ "a.vmdk", "# Disk DescriptorFile\n", 22, NULL, "vmdk" },
	{ "a.vhdx", "vhdxfile", 8, NULL, "vhdx" },
	{ "a.vhd", "conectix", 8, NULL, "vpc" },
	{ "a.vdi", "<<< Oracle VM VirtualBox Disk Image >>>", 32, NULL, "vdi" },
	{ "a.img", "\xfa\x33\xc0", 3, NULL, "raw" },
	{ "/dev/sda", "", 0, NULL, "raw" },
	{ "a.img", "LUKS\xba\xbe", 6, NULL, "raw" },
	{ "a.qcow2/disk", "", 0, NULL, "raw" },
	/* The guest may have written this. */
	{ "a.img", QCOW2, 8, NULL, NULL, "begins like a qcow2 image" },
	{ "/dev/sda", QCOW2, 8, NULL, NULL, "begins like a qcow2 image" },
	{ "a.vmdk", QCOW2, 8, NULL, NULL, "begins like a qcow2 image" },
	{ "a.qcow2", "", 0, NULL, NULL, "is no qcow2 image" },
	{ "a.qcow2", "QFI\xfb", 4, NULL, NULL, "is no qcow2 image" },
	/* What the user says is so. */
	{ "a.img", QCOW2, 8, "qcow2", "qcow2" },
	{ "a.img", QCOW2, 8, "raw", "raw" },
	{ "a.img", "", 0, "vpc", "vpc" },
	{ "a.img", "", 0, "qcow3", NULL, "no disk format 'qcow3'" },
};

static void test_find(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *format = NULL;
		struct err err = { 0 };
		int ret = disk_format_find(
			&format, cases[i].path, cases[i].head, cases[i].size, cases[i].asked, &err);

		if (cases[i].format) {
			assert_int_equal(ret, 0);
			assert_string_equal(format, cases[i].format);
		} else {
			assert_int_equal(ret, -EINVAL);
			assert_non_null(strstr(err.text, cases[i].says));
			assert_true(*err.help);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
