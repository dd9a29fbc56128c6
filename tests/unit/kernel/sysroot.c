// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/sysroot.h"
#include "unit.h"

struct place {
	char root[64]; /* the captured tree */
	char outside[64];
};

static void put(const char *root, const char *name, const char *text)
{
	char path[256];
	own_file FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
}

static void make_link(const char *target, const char *root, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char path[128];

	strcpy(place->root, "/tmp/tenon-tree-XXXXXX");
	strcpy(place->outside, "/tmp/tenon-outside-XXXXXX");
	assert_non_null(mkdtemp(place->root));
	assert_non_null(mkdtemp(place->outside));
	snprintf(path, sizeof(path), "%s/sys", place->root);
	assert_int_equal(mkdir(path, 0755), 0);
	put(place->root, "sys/text", "line\n\n");
	put(place->root, "sys/empty", "");
	put(place->root, "sys/twelve", "0123456789ab");
	put(place->outside, "secret", "secret");
	make_link("../../drivers/vfio-pci", place->root, "sys/driver");
	make_link("/sys/text", place->root, "sys/absolute");
	make_link("../../../../../../sys/text", place->root, "sys/upwards");
	snprintf(path, sizeof(path), "%s/secret", place->outside);
	make_link(path, place->root, "sys/out");
	snprintf(path, sizeof(path), "../../%s/secret", place->outside + strlen("/tmp/"));
	make_link(path, place->root, "sys/out-relative");
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s %s", place->root, place->outside);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static void open_tree(const struct place *place, struct sysroot *sysroot)
{
	struct err err = { 0 };

	assert_int_equal(sysroot_open(sysroot, place->root, &err), 0);
	assert_false(sysroot->running);
}

static void text_and_bytes(void **state)
{
	char text[16], bytes[8];
	struct sysroot sysroot;
	own_free char *whole = NULL;
	size_t size;

	open_tree(*state, &sysroot);
	assert_int_equal(sysroot_text(&sysroot, "/sys/text", text, sizeof(text)), 4);
	assert_string_equal(text, "line");
	assert_int_equal(sysroot_text(&sysroot, "/sys/twelve", text, 5), 4);
	assert_string_equal(text, "0123");
	assert_int_equal(sysroot_text(&sysroot, "/sys/empty", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(sysroot_text(&sysroot, "/sys/none", text, sizeof(text)), -ENOENT);
	assert_int_equal(sysroot_bytes(&sysroot, "/sys/twelve", bytes, sizeof(bytes)), 8);
	assert_memory_equal(bytes, "01234567", 8);
	assert_int_equal(sysroot_bytes(&sysroot, "/sys/text", bytes, sizeof(bytes)), 6);
	assert_int_equal(sysroot_whole(&sysroot, "/sys/twelve", 12, &whole, &size), 0);
	assert_int_equal(size, 12);
	assert_string_equal(whole, "0123456789ab");
	free(take_ptr(&whole));
	assert_int_equal(sysroot_whole(&sysroot, "/sys/twelve", 11, &whole, &size), -EFBIG);
	assert_null(whole);
	sysroot_close(&sysroot);
	sysroot_close(&sysroot);
}

static void links_stay_in_the_tree(void **state)
{
	char text[128];
	struct sysroot sysroot;

	open_tree(*state, &sysroot);
	assert_int_equal(sysroot_link_name(&sysroot, "/sys/driver", text, sizeof(text)), 8);
	assert_string_equal(text, "vfio-pci");
	assert_int_equal(sysroot_link(&sysroot, "/sys/driver", text, sizeof(text)), 22);
	assert_int_equal(sysroot_link(&sysroot, "/sys/driver", text, 22), -ENAMETOOLONG);
	/* An absolute link begins at the captured root, and ".." stops there. */
	assert_int_equal(sysroot_text(&sysroot, "/sys/absolute", text, sizeof(text)), 4);
	assert_int_equal(sysroot_text(&sysroot, "/sys/upwards", text, sizeof(text)), 4);
	assert_true(sysroot_text(&sysroot, "/sys/out", text, sizeof(text)) < 0);
	assert_string_equal(text, "");
	assert_true(sysroot_text(&sysroot, "/sys/out-relative", text, sizeof(text)) < 0);
	assert_false(sysroot_exists(&sysroot, "/sys/out"));
	assert_true(sysroot_exists(&sysroot, "/sys/absolute"));
	sysroot_close(&sysroot);
}

static void names_in_one_directory(void **state)
{
	static const char *const want[] = { "absolute", "driver", "empty", "out", "out-relative",
		"text", "twelve", "upwards" };
	own_free char **names = NULL;
	char text[64];
	struct sysroot sysroot;
	own_fd int directory = -1;

	open_tree(*state, &sysroot);
	assert_int_equal(sysroot_names(&sysroot, "/sys", &names), ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_string_equal(names[i], want[i]);
	assert_null(names[ARRAY_SIZE(want)]);

	directory = sysroot_directory(&sysroot, "/sys");
	assert_true(directory >= 0);
	assert_int_equal(sysroot_text_at(directory, "text", text, sizeof(text)), 4);
	/* A name is followed nowhere. */
	assert_true(sysroot_text_at(directory, "absolute", text, sizeof(text)) < 0);
	assert_int_equal(sysroot_link_name_at(directory, "driver", text, sizeof(text)), 8);
	free(take_ptr(&names));
	assert_int_equal(sysroot_names(&sysroot, "/none", &names), -ENOENT);
	sysroot_close(&sysroot);
}

static void writing_says_what_went_wrong(void **state)
{
	struct err err = { 0 };
	char text[16];
	struct sysroot sysroot;

	open_tree(*state, &sysroot);
	assert_int_equal(sysroot_write(&sysroot, "/sys/empty", "1\n", &err), 0);
	assert_int_equal(sysroot_text(&sysroot, "/sys/empty", text, sizeof(text)), 1);
	assert_int_equal(sysroot_write(&sysroot, "/sys/nothing", "1\n", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/sys/nothing"));
	assert_true(sysroot_write(&sysroot, "/sys/out", "1\n", &err) < 0);
	sysroot_close(&sysroot);
}

static void a_root_that_is_not_there(void **state)
{
	struct err err = { 0 };
	struct sysroot sysroot;

	assert_int_equal(sysroot_open(&sysroot, "/nonexistent/root", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/root"));
	sysroot_close(&sysroot);
	assert_int_equal(sysroot_open(&sysroot, "", &err), 0);
	assert_true(sysroot.running);
	assert_true(sysroot_exists(&sysroot, "/proc/self"));
	sysroot_close(&sysroot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_and_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(links_stay_in_the_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(names_in_one_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(writing_says_what_went_wrong, setup, teardown),
		cmocka_unit_test(a_root_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
