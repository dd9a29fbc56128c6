// SPDX-License-Identifier: GPL-2.0-or-later
/* Journals that a power cut, or anything else, left in any state. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "host/act/journal.h"
#include "unit.h"

#define OPS 3

static const struct plan_op ops[OPS] = {
	{ PLAN_WRITE, "0000:01:00.0", "/sys/a/power/control", "on", NULL, "why" },
	{ PLAN_UNBIND, "0000:01:00.0", "/sys/bus/pci/devices/0000:01:00.0/driver/unbind",
		"0000:01:00.0", "nouveau", "why" },
	{ PLAN_BIND, "0000:01:00.0", "/sys/bus/pci/drivers_probe", "0000:01:00.0", "vfio-pci",
		"why" },
};

static const struct plan_device device = { .name = "0000:01:00.0", .driver = "vfio-pci" };

static const struct plan plan = {
	.devices = (struct plan_device *)&device,
	.nr_devices = 1,
	.ops = (struct plan_op *)ops,
	.nr_ops = OPS,
};

struct bench {
	char path[64];
	int directory;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	strcpy(bench->path, "/tmp/tenon-journal-XXXXXX");
	assert_non_null(mkdtemp(bench->path));
	bench->directory = open(bench->path, O_RDONLY | O_DIRECTORY);
	*state = bench;
	return bench->directory < 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "0000:01:00.0.bind.journal", "cut.journal" };
	struct bench *bench = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(bench->directory, names[i], 0);
	close(bench->directory);
	rmdir(bench->path);
	free(bench);
	return 0;
}

/* One that came as far as its second operation; its text, which the caller frees. */
static char *make(struct bench *bench, size_t *size)
{
	static const char *const prior[OPS] = { "auto", "nouveau", NULL };
	struct err err = { 0 };
	struct journal journal;
	char *text;
	ssize_t n;

	assert_int_equal(
		journal_create(&journal, bench->directory, "bind", &plan, prior, "boot-1", &err),
		0);
	assert_int_equal(journal_begin(&journal, 0, "auto", &err), 0);
	assert_int_equal(journal_done(&journal, 0, &err), 0);
	assert_int_equal(journal_begin(&journal, 1, "nvidia \"quoted\"", &err), 0);
	assert_int_equal(journal_set_state(&journal, JOURNAL_UNDOING, 0, &err), 0);
	text = malloc(65536);
	n = pread(journal.fd, text, 65536, 0);
	assert_true(n > 0);
	*size = n;
	journal_close(&journal);
	return text;
}

static int load(struct bench *bench, const void *text, size_t size, struct journal *journal)
{
	struct err err = { 0 };
	int fd = openat(bench->directory, "cut.journal", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, size), size);
	close(fd);
	return journal_load(journal, bench->directory, "cut.journal", true, &err);
}

static void test_round_trip(void **state)
{
	struct bench *bench = *state;
	struct err err = { 0 };
	struct journal journal;
	size_t size;

	free(make(bench, &size));
	assert_int_equal(
		journal_load(&journal, bench->directory, "0000:01:00.0.bind.journal", true, &err),
		0);
	assert_int_equal(journal.state, JOURNAL_UNDOING);
	assert_string_equal(journal.boot, "boot-1");
	assert_int_equal(journal.damaged, 0);
	assert_int_equal(journal.nr_ops, OPS);
	assert_true(journal.ops[0].begun && journal.ops[1].begun && !journal.ops[2].begun);
	assert_string_equal(journal.ops[0].prior, "auto");
	assert_string_equal(journal.ops[1].prior, "nvidia \"quoted\"");
	assert_null(journal.ops[2].prior);
	assert_string_equal(journal.ops[2].op.driver, "vfio-pci");
	assert_int_equal(journal.ops[1].op.kind, PLAN_UNBIND);
	assert_true(journal_has(&journal, "0000:01:00.0"));
	assert_false(journal_has(&journal, "0000:01:00.1"));
	assert_false(journal_is_past(&journal, "boot-1"));
	assert_false(journal_is_past(&journal, ""));
	assert_true(journal_is_past(&journal, "boot-2"));
	journal_close(&journal);
}

/* Operations come later, and are undone alone: a later begin does not bring them back. */
static void test_more(void **state)
{
	static const struct plan_op file = { PLAN_FILE, NULL, "/etc/a", "text", NULL, "why" };
	static const char *const prior[] = { NULL };
	struct bench *bench = *state;
	struct err err = { 0 };
	struct journal journal;
	size_t size;

	free(make(bench, &size));
	assert_int_equal(
		journal_load(&journal, bench->directory, "0000:01:00.0.bind.journal", true, &err),
		0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(journal_add_ops(&journal, &file, 1, prior, &err), 0);
		assert_int_equal(journal_begin(&journal, OPS + i, NULL, &err), 0);
		if (!i)
			assert_int_equal(journal_undone(&journal, OPS, &err), 0);
	}
	journal_close(&journal);
	assert_int_equal(
		journal_load(&journal, bench->directory, "0000:01:00.0.bind.journal", true, &err),
		0);
	assert_int_equal(journal.damaged, 0);
	assert_int_equal(journal.nr_ops, OPS + 2);
	assert_false(journal.ops[OPS].begun);
	assert_true(journal.ops[OPS].undone && journal.ops[OPS + 1].begun);
	assert_string_equal(journal.ops[OPS + 1].op.file, "/etc/a");
	assert_false(journal_is_past(&journal, "boot-2"));
	journal_close(&journal);
}

/*
 * Cut after each byte. Without its first line it is no journal; with it, whatever is whole
 * counts, and more can be written behind the cut.
 */
static void test_cut(void **state)
{
	struct bench *bench = *state;
	size_t size, header;
	own_free char *text = make(bench, &size);

	header = strcspn(text, "\n");
	for (size_t cut = 0; cut <= size; cut++) {
		struct journal journal, again;
		struct err err = { 0 };
		int ret = load(bench, text, cut, &journal);

		if (cut < header) {
			assert_int_equal(ret, -EBADMSG);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_true(journal.damaged <= 1);
		assert_int_equal(journal.state == JOURNAL_UNDOING, cut >= size - 1);
		if (journal.ops[1].begun) {
			assert_true(journal.ops[0].begun);
			assert_string_equal(journal.ops[1].prior, "nvidia \"quoted\"");
		}
		assert_int_equal(journal_begin(&journal, 2, NULL, &err), 0);
		journal_close(&journal);
		assert_int_equal(
			journal_load(&again, bench->directory, "cut.journal", false, &err), 0);
		assert_true(again.ops[0].begun && again.ops[1].begun && again.ops[2].begun);
		/* Where its own record is lost, the first line's prior state stands in. */
		assert_int_equal(strncmp(again.ops[1].prior, "n", 1), 0);
		journal_close(&again);
	}
}

/* Each byte turned over: never a wrong fact, and nothing read outside (the sanitizers watch). */
static void test_flipped(void **state)
{
	struct bench *bench = *state;
	size_t size;
	own_free char *text = make(bench, &size);

	for (size_t i = 0; i < size; i++) {
		struct journal journal;
		int ret;

		text[i] ^= 0x15;
		ret = load(bench, text, size, &journal);
		text[i] ^= 0x15;
		if (ret)
			continue;
		assert_string_equal(journal.devices[0], "0000:01:00.0");
		assert_true(!journal.ops[0].prior || !strcmp(journal.ops[0].prior, "auto"));
		journal_close(&journal);
	}
}

/* Blocks that were never written are zeros after a power cut. */
static void test_zeros(void **state)
{
	struct bench *bench = *state;
	struct journal journal;
	size_t size;
	own_free char *text = make(bench, &size);
	own_free char *padded = calloc(1, size + 5000);

	memcpy(padded, text, size);
	assert_int_equal(load(bench, padded, size + 5000, &journal), 0);
	assert_int_equal(journal.state, JOURNAL_UNDOING);
	assert_int_equal(journal.damaged, 1);
	journal_close(&journal);
	assert_int_equal(load(bench, padded + size, 5000, &journal), -EBADMSG);
	assert_int_equal(load(bench, "", 0, &journal), -EBADMSG);
}

static u32 crc32_of(const char *text)
{
	u32 crc = ~0u;

	for (; *text; text++) {
		crc ^= (u8)*text;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

#define GOOD_OPS "\"ops\":[{\"kind\":\"write\",\"file\":\"/sys/x\",\"value\":\"1\"}]"

/* Right sums around the wrong things. */
static void test_nonsense(void **state)
{
	static const struct {
		const char *json;
		int ret;
	} cases[] = {
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "\"x\"]," GOOD_OPS "}",
			0 },
		{ "{\"tenon\":2,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "\"x\"]," GOOD_OPS "}",
			-EBADMSG },
		{ "{\"tenon\":1,\"time\":\"t\",\"command\":\"bind\",\"devices\":[\"x\"]," GOOD_OPS
		  "}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":[]"
		  "," GOOD_OPS "}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":"
		  "7," GOOD_OPS "}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "null]," GOOD_OPS "}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "\"x\"],\"ops\":[7]}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "\"x\"],"
		  "\"ops\":[{\"kind\":\"explode\",\"file\":\"/x\",\"value\":\"1\"}]}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "\"x\"],"
		  "\"ops\":[{\"kind\":\"bind\",\"file\":\"/x\",\"value\":\"1\"}]}",
			-EBADMSG },
		{ "{\"tenon\":1,\"boot\":\"b\",\"time\":\"t\",\"command\":\"bind\",\"devices\":["
		  "\"x\"],"
		  "\"ops\":[{\"kind\":\"write\",\"value\":\"1\"}]}",
			-EBADMSG },
		{ "[]", -EBADMSG },
		{ "7", -EBADMSG },
		{ "", -EBADMSG },
	};
	static const char *const records[] = { "{\"begin\":1}", "{\"begin\":-1}",
		"{\"begin\":\"x\"}", "{\"state\":\"odd\"}", "{\"state\":7}", "[]", "7", "null",
		"{\"other\":1}", "{\"undone\":99}", "{\"undone\":-1}", "{\"more\":7}",
		"{\"more\":[7]}",
		"{\"more\":[{\"kind\":\"file\",\"file\":\"/a\",\"value\":\"b\"},"
		"{\"kind\":\"file\",\"file\":\"/a\",\"prior\":\"c\"}]}" };
	struct bench *bench = *state;
	struct journal journal;
	unsigned nr_ops;
	char text[4096];

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "%08x %s\n", crc32_of(cases[i].json), cases[i].json);
		assert_int_equal(load(bench, text, strlen(text), &journal), cases[i].ret);
		journal_close(&journal);
	}
	snprintf(text, sizeof(text), "%08x %s\n", crc32_of(cases[0].json), cases[0].json);
	assert_int_equal(load(bench, text, strlen(text), &journal), 0);
	nr_ops = journal.nr_ops;
	journal_close(&journal);
	for (unsigned i = 0; i < ARRAY_SIZE(records); i++) {
		snprintf(text, sizeof(text), "%08x %s\n%08x %s\n", crc32_of(cases[0].json),
			cases[0].json, crc32_of(records[i]), records[i]);
		assert_int_equal(load(bench, text, strlen(text), &journal), 0);
		assert_int_equal(journal.state, JOURNAL_WORKING);
		assert_int_equal(journal.nr_ops, nr_ops);
		journal_close(&journal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zeros, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
