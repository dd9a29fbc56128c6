// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "unit.h"

#define OTHER 12345 /* a user who is not root */

struct bench {
	char directory[64];
	char path[128];
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	FILE *f;

	strcpy(b->directory, "/tmp/unit-trust-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->path, sizeof(b->path), "%s/tenon-test-helper", b->directory);
	f = fopen(b->path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\n", f);
	fclose(f);
	assert_int_equal(chmod(b->path, 0755), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	unlink(b->path);
	rmdir(b->directory);
	free(b);
	return 0;
}

static bool trusted(const char *path)
{
	char real[PATH_MAX];

	return trust_path(path, real, sizeof(real));
}

static void test_root(void **state)
{
	struct bench *b = *state;

	if (geteuid())
		skip();
	assert_true(trusted(b->path));
	assert_true(trusted("/bin/sh"));
	assert_false(trusted("/tmp/unit-trust-nothing"));
	assert_int_equal(chmod(b->path, 0775), 0);
	assert_false(trusted(b->path));
	assert_int_equal(chmod(b->path, 0755), 0);
	assert_int_equal(chown(b->path, OTHER, 0), 0);
	assert_false(trusted(b->path));
	assert_int_equal(chown(b->path, 0, 0), 0);
	/* Whoever has the directory can put another file there. */
	assert_int_equal(chown(b->directory, OTHER, 0), 0);
	assert_false(trusted(b->path));
	assert_int_equal(chown(b->directory, 0, 0), 0);
	assert_int_equal(chmod(b->directory, 0777), 0);
	assert_false(trusted(b->path));
	assert_int_equal(chmod(b->directory, 01777), 0);
	assert_true(trusted(b->path));
	assert_false(trusted(b->directory));
}

/* What PATH of another user names is not started as root; what is wrong is passed over. */
static void test_path(void **state)
{
	static const char *const names[] = { "tenon-test-helper", NULL };
	struct bench *b = *state;
	char *before = strdup(getenv("PATH")), found[PATH_MAX];

	if (geteuid())
		skip();
	assert_int_equal(setenv("PATH", b->directory, 1), 0);
	assert_int_equal(child_find(names, found, sizeof(found)), 0);
	assert_string_equal(found, b->path);
	assert_int_equal(chown(b->directory, OTHER, 0), 0);
	assert_int_equal(child_find(names, found, sizeof(found)), -ENOENT);
	setenv("PATH", before, 1);
	free(before);
}

static void test_environment(void **state)
{
	struct bench *b = *state;
	char real[PATH_MAX];

	if (geteuid())
		skip();
	unsetenv("XDG_RUNTIME_DIR");
	assert_null(trust_environment("XDG_RUNTIME_DIR", real, sizeof(real)));
	setenv("XDG_RUNTIME_DIR", b->directory, 1);
	assert_string_equal(trust_environment("XDG_RUNTIME_DIR", real, sizeof(real)), b->directory);
	assert_int_equal(chown(b->directory, OTHER, 0), 0);
	assert_null(trust_environment("XDG_RUNTIME_DIR", real, sizeof(real)));
	setenv("XDG_RUNTIME_DIR", "tmp", 1);
	assert_null(trust_environment("XDG_RUNTIME_DIR", real, sizeof(real)));
	setenv("XDG_RUNTIME_DIR", b->path, 1);
	assert_null(trust_environment("XDG_RUNTIME_DIR", real, sizeof(real)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_environment, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
