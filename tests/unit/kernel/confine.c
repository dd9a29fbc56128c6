// SPDX-License-Identifier: GPL-2.0-or-later
/* What a helper program still reaches. */
#include "kernel/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "kernel/landlock.h"
#include "unit.h"

struct bench {
	struct loop loop;
	struct child child;
	char directory[32], path[64];
	char how[64];
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };
	FILE *f;

	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	strcpy(b->directory, "/tmp/unit-confine-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->path, sizeof(b->path), "%s/allowed", b->directory);
	f = fopen(b->path, "w");
	assert_non_null(f);
	fclose(f);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	child_stop(&b->child, 1000);
	loop_close(&b->loop);
	unlink(b->path);
	rmdir(b->directory);
	free(b);
	return 0;
}

static void on_end(void *owner, const char *how)
{
	struct bench *b = owner;

	snprintf(b->how, sizeof(b->how), "%s", how);
}

/* How a shell that is confined and runs @script ends. */
static const char *run(struct bench *b, const char *script, unsigned access)
{
	const struct landlock_rule rule = { b->path, access };
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct confine confine;
	const struct child_config config = {
		.name = "helper",
		.argv = argv,
		.prepare = confine_enter,
		.prepare_argument = &confine,
		.loop = &b->loop,
		.ended = on_end,
		.owner = b,
	};
	struct err err = { 0 };

	assert_int_equal(setenv("FILE", b->path, 1), 0);
	b->how[0] = '\0';
	assert_int_equal(confine_open(&confine, &rule, 1, &err), 0);
	confine.keep = BIT_ULL(CAP_DAC_OVERRIDE);
	if (child_start(&b->child, &config, &err))
		fail_msg("%s", err.text);
	confine_close(&confine);
	for (unsigned n = 0; !*b->how && n < 500; n++)
		assert_int_equal(loop_step(&b->loop, 20, &err), 0);
	child_stop(&b->child, 0);
	return b->how;
}

static void test_files(void **state)
{
	static const struct {
		const char *script;
		unsigned access;
		bool works;
	} cases[] = {
		{ "exec <$FILE", LANDLOCK_READ, true },
		{ "exec >>$FILE", LANDLOCK_READ | LANDLOCK_WRITE, true },
		{ "exec >>$FILE", LANDLOCK_READ, false },
		{ "exec </etc/passwd", LANDLOCK_READ, false },
		{ "exec >$FILE.2", LANDLOCK_READ | LANDLOCK_WRITE, false },
		{ "exec </proc/1/status", LANDLOCK_READ, false },
		{ "/bin/true", LANDLOCK_READ, true },
	};
	struct bench *b = *state;

	if (!landlock_abi())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *how = run(b, cases[i].script, cases[i].access);

		if (cases[i].works != !strcmp(how, "exited with status 0"))
			fail_msg("'%s' %s", cases[i].script, how);
	}
}

/* New namespaces are the way to more; who tries is ended. */
static void test_calls(void **state)
{
	struct bench *b = *state;

	if (access("/usr/bin/unshare", X_OK))
		skip();
	assert_string_equal(run(b, "exec /usr/bin/unshare -U /bin/true", LANDLOCK_READ),
		"was ended by signal 31 (Bad system call)");
}

/* No other way into the host's network than the sockets that it was given. */
static void test_network(void **state)
{
	struct bench *b = *state;

	char ns[64] = "";

	if (geteuid())
		skip();
	assert_true(readlink("/proc/self/ns/net", ns, sizeof(ns) - 1) > 0);
	setenv("NETNS", ns, 1);
	assert_string_equal(run(b, "test $(readlink /proc/self/ns/net) != $NETNS", LANDLOCK_READ),
		"exited with status 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_network, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
