// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands, their arguments and answers, and whether query-qmp-schema tells the truth of them.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "vm/block/file.h"
#include "vm/control/internal.h"
#include "vm/display/screen.h"
#include "vm/pci/pci_bus.h"

struct bench {
	struct loop loop;
	struct control control;
	struct pci_host host;
	struct pci_dev port, card;
	struct pci_bus below;
	struct screen screen;
	bool has_screen, open, locked, paused;
	unsigned presses;
	char file[64];
};

static void look(void *owner, struct control_facts *facts)
{
	facts->memory = 512 * MIB;
	facts->nr_devices = 1;
}

static struct pci_host *pci(void *owner)
{
	return &((struct bench *)owner)->host;
}

static const struct screen *screen(void *owner)
{
	struct bench *bench = owner;

	return bench->has_screen ? &bench->screen : NULL;
}

static bool block(void *owner, unsigned n, struct control_block *block)
{
	struct bench *bench = owner;

	static const struct block_counts counts = { .reads = 3, .read_bytes = 1536, .failed = 1 };

	if (!n)
		*block = (struct control_block){
			.file = "/d.qcow2", .format = "qcow2", .counts = &counts
		};
	else
		*block = (struct control_block){ .file = "/cd.iso",
			.read_only = true,
			.removable = true,
			.tray_open = bench->open,
			.locked = bench->locked };
	return n < 2;
}

static int tray(void *owner, unsigned n, bool open, bool force)
{
	struct bench *bench = owner;

	assert_int_equal(n, 1);
	if (open && bench->locked && !force)
		return -EBUSY;
	bench->open = open;
	return 0;
}

static bool is_paused(void *owner)
{
	return ((struct bench *)owner)->paused;
}

static void pause_it(void *owner)
{
	((struct bench *)owner)->paused = true;
}

static bool is_asleep(void *owner)
{
	return false;
}

static void press_it(void *owner)
{
	((struct bench *)owner)->presses++;
}

static const struct control_ops ops = {
	.look = look,
	.pci = pci,
	.screen = screen,
	.block = block,
	.tray = tray,
	.is_paused = is_paused,
	.is_asleep = is_asleep,
	.pause = pause_it,
	.press_power = press_it,
};

static void make_pci(struct bench *bench)
{
	pthread_mutex_init(&bench->host.lock, NULL);
	bench->host.root.host = bench->below.host = &bench->host;
	pci_dev_init(&bench->port, "port", NULL, 0x8086, 0x3420, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	bench->port.secondary = &bench->below;
	bench->port.devfn = PCI_DEVFN_OF(1, 0);
	bench->port.config[PCI_SECONDARY_BUS] = 5;
	bench->port.config[PCI_SUBORDINATE_BUS] = 6;
	bench->host.root.devs[bench->port.devfn] = &bench->port;
	pci_dev_init(&bench->card, "0000:01:00.0", NULL, 0x10de, 0x2204, 0x030000,
		PCI_HEADER_TYPE_NORMAL);
	bench->card.bars[1] = (struct pci_dev_bar){ .size = 256 * MIB,
		.flags = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH };
	bench->card.config[PCI_BASE_ADDRESS_1 + 3] = 0xe0;
	bench->card.config[PCI_BASE_ADDRESS_2] = 0x01;
	bench->card.config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	bench->below.devs[0] = &bench->card;
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct err err = { 0 };

	snprintf(bench->file, sizeof(bench->file), "/tmp/tenon-commands-%d", getpid());
	assert_int_equal(loop_open(&bench->loop, &clock_system, &err), 0);
	assert_int_equal(
		control_open_at(&bench->control, bench->file, &bench->loop, &ops, bench, &err), 0);
	make_pci(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	control_close(&bench->control);
	screen_close(&bench->screen);
	loop_close(&bench->loop);
	free(bench);
	return 0;
}

static void turn(struct bench *bench)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(loop_step(&bench->loop, 0, &err), 0);
}

static void send_with(int fd, const char *text, int passed)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &passed, sizeof(passed));
	if (passed < 0)
		message.msg_controllen = 0;
	assert_int_equal(sendmsg(fd, &message, 0), iov.iov_len);
}

/* What is answered to @request, with the descriptor @passed; the caller releases it. */
static struct json_object *ask(struct bench *bench, int fd, const char *request, int passed)
{
	static char text[262144];
	struct json_object *json;
	ssize_t n;

	send_with(fd, request, passed);
	turn(bench);
	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	text[n] = '\0';
	json = json_tokener_parse(text);
	assert_non_null(json);
	return json;
}

static int greeted(struct bench *bench)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, bench->file);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn(bench);
	recv(fd, (char[1024]){ 0 }, 1024, MSG_DONTWAIT);
	json_object_put(ask(bench, fd, "{\"execute\":\"qmp_capabilities\"}", -1));
	return fd;
}

static void assert_answer(struct bench *bench, int fd, const char *request, const char *words)
{
	struct json_object *json = ask(bench, fd, request, -1);
	const char *text = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!strstr(text, words))
		fail_msg("%s: not '%s' in '%s'", request, words, text);
	json_object_put(json);
}

/* Whether @json is of @type, as the entries of @schema say. */
static void assert_fits(struct json_object *json, const char *type, struct json_object *schema);

static struct json_object *entry_of(struct json_object *schema, const char *name)
{
	struct json_object *value;

	for (size_t i = 0; i < json_object_array_length(schema); i++) {
		struct json_object *entry = json_object_array_get_idx(schema, i);

		if (json_object_object_get_ex(entry, "name", &value) &&
			!strcmp(json_object_get_string(value), name))
			return entry;
	}
	fail_msg("the schema has no %s", name);
	return NULL;
}

static const char *text_of(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(json, key, &value);
	return value ? json_object_get_string(value) : "";
}

static void assert_object(
	struct json_object *json, struct json_object *entry, struct json_object *schema)
{
	struct json_object *members = NULL, *value, *unused;
	int nr = 0;

	json_object_object_get_ex(entry, "members", &members);
	for (size_t i = 0; i < json_object_array_length(members); i++) {
		struct json_object *member = json_object_array_get_idx(members, i);
		const char *name = text_of(member, "name");

		if (json_object_object_get_ex(json, name, &value)) {
			nr++;
			assert_fits(value, text_of(member, "type"), schema);
		} else if (!json_object_object_get_ex(member, "default", &unused)) {
			fail_msg("%s lacks %s", json_object_to_json_string(json), name);
		}
	}
	if (nr != json_object_object_length(json))
		fail_msg("%s has more than %s says", json_object_to_json_string(json),
			text_of(entry, "name"));
}

static void assert_fits(struct json_object *json, const char *type, struct json_object *schema)
{
	struct json_object *entry = entry_of(schema, type);
	const char *meta = text_of(entry, "meta-type");

	if (!strcmp(meta, "array")) {
		assert_true(json_object_is_type(json, json_type_array));
		for (size_t i = 0; i < json_object_array_length(json); i++)
			assert_fits(json_object_array_get_idx(json, i),
				text_of(entry, "element-type"), schema);
	} else if (!strcmp(meta, "object")) {
		assert_true(json_object_is_type(json, json_type_object));
		assert_object(json, entry, schema);
	} else if (!strcmp(type, "str")) {
		assert_true(json_object_is_type(json, json_type_string));
	} else if (!strcmp(type, "int")) {
		assert_true(json_object_is_type(json, json_type_int));
	} else if (!strcmp(type, "bool")) {
		assert_true(json_object_is_type(json, json_type_boolean));
	}
}

/* Each command that only looks answers what the schema says, and no type is missing. */
static void the_schema_is_true(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench);
	struct json_object *all = ask(bench, fd, "{\"execute\":\"query-qmp-schema\"}", -1), *schema;
	unsigned nr = 0;

	assert_true(json_object_object_get_ex(all, "return", &schema));
	for (size_t i = 0; i < json_object_array_length(schema); i++) {
		struct json_object *entry = json_object_array_get_idx(schema, i), *json, *value;
		const char *name = text_of(entry, "name");
		char request[128];

		assert_fits(entry, "SchemaInfo", schema);
		if (strcmp(text_of(entry, "meta-type"), "command"))
			continue;
		entry_of(schema, text_of(entry, "arg-type"));
		entry_of(schema, text_of(entry, "ret-type"));
		assert_non_null(control_find(name));
		if (strncmp(name, "query-", 6) && strncmp(name, "x-tenon-query-", 14))
			continue;
		snprintf(request, sizeof(request), "{\"execute\":\"%s\"}", name);
		json = ask(bench, fd, request, -1);
		assert_true(json_object_object_get_ex(json, "return", &value));
		assert_fits(value, text_of(entry, "ret-type"), schema);
		json_object_put(json);
		nr++;
	}
	assert_int_equal(nr, 10);
	json_object_put(all);
}

static void arguments_are_checked(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench);

	assert_answer(bench, fd, "{\"execute\":\"stop\",\"arguments\":{}}", "\"return\":{}");
	assert_answer(bench, fd, "{\"execute\":\"stop\",\"arguments\":[1]}", "must be an object");
	assert_answer(bench, fd, "{\"execute\":\"stop\",\"arguments\":{\"x\":1}}",
		"Parameter 'x' is unexpected");
	assert_answer(bench, fd, "{\"execute\":\"screendump\"}", "Parameter 'filename' is missing");
	assert_answer(bench, fd, "{\"execute\":\"screendump\",\"arguments\":{\"filename\":1}}",
		"Invalid parameter type for 'filename', expected: str");
	assert_answer(bench, fd,
		"{\"execute\":\"eject\",\"arguments\":{\"id\":\"cd1\",\"force\":\"yes\"}}",
		"expected: bool");
	assert_answer(
		bench, fd, "{\"execute\":\"system_wakeup\"}", "guest is not in suspended state");
}

static void what_query_pci_says(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench);

	assert_answer(bench, fd, "{\"execute\":\"query-pci\"}",
		"\"address\":8053063680,\"size\":268435456,\"prefetch\":true,\"mem_type_64\":true");
	assert_answer(bench, fd, "{\"execute\":\"query-pci\"}", "\"secondary\":5");
	assert_answer(bench, fd, "{\"execute\":\"query-pci\"}",
		"\"bus\":5,\"slot\":0,\"function\":0,\"class_info\":{\"class\":768}");
	/* A vCPU holds the lock for long: the loop does not wait. */
	pthread_mutex_lock(&bench->host.lock);
	assert_answer(bench, fd, "{\"execute\":\"query-pci\"}", "busy");
	pthread_mutex_unlock(&bench->host.lock);
}

static void trays(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench);

	assert_answer(bench, fd, "{\"execute\":\"query-block\"}",
		"\"device\":\"cd1\",\"type\":\"unknown\",\"removable\":true,\"locked\":false,"
		"\"tray_open\":false");
	/* Those of another process are left out. */
	assert_answer(bench, fd, "{\"execute\":\"query-blockstats\"}",
		"[{\"device\":\"disk0\",\"stats\":{\"rd_bytes\":1536,\"wr_bytes\":0,\"unmap_"
		"bytes\":0,"
		"\"rd_operations\":3,\"wr_operations\":0,\"flush_operations\":0,"
		"\"unmap_operations\":0,\"x-tenon-failed-operations\":1}}]");
	bench->locked = true;
	assert_answer(bench, fd, "{\"execute\":\"eject\",\"arguments\":{\"device\":\"cd1\"}}",
		"is locked and force was not specified");
	assert_answer(bench, fd,
		"{\"execute\":\"eject\",\"arguments\":{\"id\":\"cd1\",\"force\":true}}",
		"\"return\":{}");
	assert_true(bench->open);
	assert_answer(bench, fd,
		"{\"execute\":\"blockdev-close-tray\",\"arguments\":{\"id\":\"cd1\"}}",
		"\"return\":{}");
	assert_false(bench->open);
	assert_answer(bench, fd, "{\"execute\":\"eject\",\"arguments\":{\"id\":\"disk0\"}}",
		"is not removable");
	assert_answer(bench, fd, "{\"execute\":\"eject\",\"arguments\":{\"id\":\"cd7\"}}",
		"\"class\":\"DeviceNotFound\"");
	assert_answer(bench, fd, "{\"execute\":\"eject\"}", "exactly one of");
}

#define HUMAN(line) \
	"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"" line "\"}}"

static void for_people(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench);

	assert_answer(bench, fd, HUMAN("info status"), "\"VM status: running\\r\\n\"");
	assert_answer(bench, fd, HUMAN(" stop "), "\"return\":\"\"");
	assert_answer(bench, fd, HUMAN("info   status"), "\"VM status: paused\\r\\n\"");
	assert_answer(bench, fd, HUMAN("system_powerdown"), "\"return\":\"\"");
	assert_int_equal(bench->presses, 1);
	assert_answer(bench, fd, HUMAN("info pci"), "Bus  5, device   0, function 0");
	assert_answer(bench, fd, HUMAN("info pci"), "PCI device 10de:2204");
	assert_answer(bench, fd, HUMAN("info block"), "cd1: ");
	assert_answer(bench, fd, HUMAN("info version"), "7.2.0tenon ");
	assert_answer(bench, fd, HUMAN("migrate"), "unknown command: 'migrate'");
	assert_answer(bench, fd, HUMAN(""), "unknown command: ''");
}

#define DUMP(name) "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"" name "\"}}"

static void pictures(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench), file = memfd_create("picture", MFD_CLOEXEC);
	struct picture picture = { .width = 64, .height = 64, .stride = 256 };
	struct err err = { 0 };
	int ends[2];
	char head[16] = "";

	assert_answer(bench, fd, DUMP("/dev/fdset/0"), "no display of its own");
	bench->has_screen = true;
	assert_int_equal(screen_make(&bench->screen, 64 * KIB, &err), 0);
	memcpy(bench->screen.pixels, "\x10\x20\x30", 3);
	screen_show(&bench->screen, &picture);
	assert_answer(bench, fd, DUMP("/dev/fdset/0"), "there is no /dev/fdset/0");
	assert_answer(bench, fd, "{\"execute\":\"add-fd\"}", "No file descriptor supplied");
	json_object_put(ask(bench, fd, "{\"execute\":\"add-fd\"}", file));
	assert_answer(bench, fd, DUMP("/dev/fdset/0"), "\"return\":{}");
	assert_int_equal(lseek(file, 0, SEEK_END), 13 + 3 * 64 * 64);
	assert_int_equal(pread(file, head, 16, 0), 16);
	assert_memory_equal(head, "P6\n64 64\n255\n\x30\x20\x10", 16);
	/* Whoever reads a pipe might never do so. */
	assert_int_equal(pipe(ends), 0);
	json_object_put(ask(bench, fd, "{\"execute\":\"add-fd\"}", ends[1]));
	assert_answer(bench, fd, DUMP("/dev/fdset/1"), "regular file");
	assert_answer(bench, fd, "{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":1}}",
		"\"return\":{}");
	assert_answer(bench, fd, "{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":1}}",
		"no fdset");
	assert_answer(bench, fd, DUMP("/dev/fdset/99"), "there is no");
	for (unsigned i = 1; i < CLIENT_SETS; i++)
		json_object_put(ask(bench, fd, "{\"execute\":\"add-fd\"}", ends[1]));
	send_with(fd, "{\"execute\":\"add-fd\"}", ends[1]);
	turn(bench);
	recv(fd, (char[1024]){ 0 }, 1024, MSG_DONTWAIT);
	close(ends[1]);
	/* When the client goes, so do its files. */
	close_fd(&fd);
	turn(bench);
	assert_int_equal(read(ends[0], head, 1), 0);
	close(ends[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_schema_is_true),
		TEST(arguments_are_checked),
		TEST(what_query_pci_says),
		TEST(trays),
		TEST(for_people),
		TEST(pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
