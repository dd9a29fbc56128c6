// SPDX-License-Identifier: GPL-2.0-or-later
/* Images that name other files: made by qemu-img, and by hand where it would not. */
#include "vm/virtio/disk_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "unit.h"

static int image(const void *bytes, size_t size)
{
	int fd = memfd_create("image", 0);

	assert_int_equal(pwrite(fd, bytes, size, 0), size);
	return fd;
}

static int names_of(const void *bytes, size_t size, const char *format, struct disk_names *names)
{
	int fd = image(bytes, size), ret = disk_names_read(fd, format, names);

	close(fd);
	return ret;
}

static void put_be64_at(u8 *p, u64 value)
{
	put_be32(p, (u32)(value >> 32));
	put_be32(p + 4, (u32)value);
}

/* Version 3, of 104 bytes, with what extensions a test adds behind them. */
static void qcow2(u8 head[4096])
{
	memset(head, 0, 4096);
	memcpy(head, "QFI\xfb\0\0\0\3", 8);
	put_be32(head + 100, 104);
}

static void add_data_file(u8 head[4096], u32 size)
{
	put_be64_at(head + 72, 4);
	put_be32(head + 104, 0x44415441);
	put_be32(head + 108, size);
	memcpy(head + 112, "/etc/shadow", 11);
}

static void add_backing(u8 head[4096], u64 offset, u32 size)
{
	put_be64_at(head + 8, offset);
	put_be32(head + 16, size);
	memcpy(head + 512, "/etc/shadow", 11);
}

static void test_qcow2(void **state)
{
	struct disk_names *names = malloc(sizeof(*names));
	u8 head[4096];

	qcow2(head);
	assert_int_equal(names_of(head, sizeof(head), "qcow2", names), 0);
	assert_int_equal(names->nr, 0);
	add_data_file(head, 11);
	assert_int_equal(names_of(head, sizeof(head), "qcow2", names), 0);
	assert_int_equal(names->nr, 1);
	assert_int_equal(names->names[0].kind, DISK_DATA);
	assert_string_equal(names->names[0].text, "/etc/shadow");
	add_backing(head, 512, 11);
	assert_int_equal(names_of(head, sizeof(head), "qcow2", names), 0);
	assert_int_equal(names->nr, 2);
	assert_int_equal(names->names[0].kind, DISK_BACKING);
	assert_string_equal(names->names[0].text, "/etc/shadow");
	free(names);
}

/* What QEMU might read otherwise than this does is not opened at all. */
static void test_qcow2_nonsense(void **state)
{
	struct disk_names *names = malloc(sizeof(*names));
	static const struct {
		u64 offset;
		u32 size;
	} backings[] = { { 512, 0 }, { 512, 1024 }, { 512, 0xffffffff }, { 4090, 11 },
		{ ~0ull, 11 }, { 510, 11 } };
	u8 head[4096];

	for (size_t i = 0; i < ARRAY_SIZE(backings); i++) {
		qcow2(head);
		add_backing(head, backings[i].offset, backings[i].size);
		assert_int_equal(names_of(head, sizeof(head), "qcow2", names), -EINVAL);
	}
	qcow2(head);
	put_be64_at(head + 72, 4); /* a data file, and none named */
	assert_int_equal(names_of(head, sizeof(head), "qcow2", names), -EINVAL);
	qcow2(head);
	add_data_file(head, 0xfffffff0);
	assert_int_equal(names_of(head, sizeof(head), "qcow2", names), -EINVAL);
	qcow2(head);
	put_be32(head + 100, 1 << 20);
	assert_int_equal(names_of(head, sizeof(head), "qcow2", names), -EINVAL);
	assert_int_equal(names_of(head, 3, "qcow2", names), -EINVAL);
	free(names);
}

static void test_vmdk(void **state)
{
	static const char flat[] = "# Disk DescriptorFile\nversion=1\n"
				   "RW 1024 FLAT \"/dev/sda\" 0\nRW 1024 ZERO\n"
				   "  RDONLY 10 SPARSE \"b.vmdk\"\nparentFileNameHint=\"p.vmdk\"\n";
	static const char open_end[] = "# Disk DescriptorFile\nRW 1024 FLAT \"/dev/sda\n";
	struct disk_names *names = malloc(sizeof(*names));
	u8 sparse[4096] = "KDMV";

	assert_int_equal(names_of(flat, sizeof(flat) - 1, "vmdk", names), 0);
	assert_int_equal(names->nr, 3);
	assert_string_equal(names->names[0].text, "/dev/sda");
	assert_int_equal(names->names[0].kind, DISK_EXTENT);
	assert_string_equal(names->names[1].text, "b.vmdk");
	assert_string_equal(names->names[2].text, "p.vmdk");
	assert_int_equal(names->names[2].kind, DISK_BACKING);
	assert_int_equal(names_of(open_end, sizeof(open_end) - 1, "vmdk", names), -EINVAL);
	/* A descriptor within: of a file that has its data itself, only the parent counts. */
	sparse[28] = 1;
	memcpy(sparse + 512, flat, sizeof(flat));
	sparse[12] = 1;
	assert_int_equal(names_of(sparse, sizeof(sparse), "vmdk", names), 0);
	assert_int_equal(names->nr, 1);
	sparse[12] = 0;
	assert_int_equal(names_of(sparse, sizeof(sparse), "vmdk", names), 0);
	assert_int_equal(names->nr, 3);
	free(names);
}

struct bench {
	char directory[32];
	char path[64];
};

static bool qemu_img(struct bench *b, const char *arguments)
{
	char command[512];

	snprintf(command, sizeof(command), "cd %s && qemu-img create -q %s >/dev/null 2>&1",
		b->directory, arguments);
	return !system(command);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->directory, "/tmp/unit-chain-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->path, sizeof(b->path), "%s/a.qcow2", b->directory);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", b->directory);
	assert_int_equal(system(command), 0);
	free(b);
	return 0;
}

static int open_chain(struct bench *b, struct disk_chain *chain, bool allowed, struct err *err)
{
	int fd = open(b->path, O_RDONLY), ret;

	ret = disk_chain_open(chain, b->path, fd, "qcow2", allowed, err);
	close(fd);
	return ret;
}

static void test_chain(void **state)
{
	struct bench *b = *state;
	struct disk_chain chain;
	struct err err = { 0 };

	if (!qemu_img(b, "-f qcow2 c.qcow2 1M"))
		skip();
	assert_true(qemu_img(b, "-f qcow2 -F qcow2 -b c.qcow2 b.qcow2"));
	assert_true(qemu_img(b, "-f qcow2 -F qcow2 -b b.qcow2 a.qcow2"));
	assert_int_equal(open_chain(b, &chain, false, &err), -EPERM);
	assert_non_null(strstr(err.text, "/b.qcow2 (a backing file)"));
	assert_non_null(strstr(err.text, "/c.qcow2 (a backing file)"));
	assert_non_null(strstr(err.help, "backing=on"));
	assert_int_equal(open_chain(b, &chain, true, &err), 0);
	assert_int_equal(chain.nr, 2);
	disk_chain_close(&chain);
	assert_true(qemu_img(b, "-f qcow2 a.qcow2 1M"));
	assert_int_equal(open_chain(b, &chain, false, &err), 0);
	assert_int_equal(chain.nr, 0);
}

/* The audit's own: an image that writes where its maker likes. */
static void test_victim(void **state)
{
	struct bench *b = *state;
	struct disk_chain chain;
	struct err err = { 0 };

	if (!qemu_img(b, "-f qcow2 -o data_file=victim.raw,data_file_raw=on a.qcow2 1M"))
		skip();
	assert_int_equal(open_chain(b, &chain, false, &err), -EPERM);
	assert_non_null(strstr(err.text, "read and write"));
	assert_non_null(strstr(err.text, "/victim.raw (a file with its data)"));
}

/* No end, and no file. */
static void test_odd(void **state)
{
	static const char *const protocols[] = { "nbd://192.0.2.1/x", "json:{}", "fat:/etc" };
	struct bench *b = *state;
	struct disk_chain chain;
	struct err err = { 0 };
	u8 head[4096];

	for (size_t i = 0; i <= ARRAY_SIZE(protocols); i++) {
		const char *name = i < ARRAY_SIZE(protocols) ? protocols[i] : b->path;
		int fd = open(b->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		qcow2(head);
		add_backing(head, 512, (u32)strlen(name));
		memcpy(head + 512, name, strlen(name));
		assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
		close(fd);
		assert_int_equal(open_chain(b, &chain, true, &err),
			i < ARRAY_SIZE(protocols) ? -EPERM : -ELOOP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qcow2),
		cmocka_unit_test(test_qcow2_nonsense),
		cmocka_unit_test(test_vmdk),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_victim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odd, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
