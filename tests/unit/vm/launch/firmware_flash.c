// SPDX-License-Identifier: GPL-2.0-or-later
/* Which variables a machine with Secure Boot starts with. */
#include "vm/launch/firmware_flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/own.h"
#include "unit.h"

#define SIZE   0x8000u
#define HEADER 72
#define STORE  (HEADER + 28)

static const u8 store_guid[16] = { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43, 0xa1, 0x80, 0x2e,
	0x14, 0x4e, 0xc3, 0x77, 0x92 };
static const u8 global_guid[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d,
	0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
static const u8 security_guid[16] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc,
	0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };

struct place {
	char directory[64];
	char template[96];
	char file[96];
	struct firmware_image image;
};

/* Adds a variable with one hash at @at; the end of it. */
static size_t add(u8 *bytes, size_t at, const char *name, const u8 guid[16])
{
	u8 *v = bytes + at;
	size_t name_size = 2 * (strlen(name) + 1), data = 28 + 48;

	memset(v, 0, 60 + name_size + data);
	put_le16(v, 0x55aa);
	v[2] = 0x3f;
	put_le32(v + 36, (u32)name_size);
	put_le32(v + 40, (u32)data);
	memcpy(v + 44, guid, 16);
	for (size_t i = 0; name[i]; i++)
		put_le16(v + 60 + 2 * i, name[i]);
	v += 60 + name_size;
	put_le32(v + 16, (u32)data);
	put_le32(v + 24, 48);
	return round_up(at + 60 + name_size + data, 4);
}

static void write_store(const char *path, bool pk, bool db)
{
	static u8 bytes[SIZE];
	size_t at = STORE;
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(bytes, 0xff, SIZE);
	memset(bytes, 0, HEADER);
	memcpy(bytes + 40, "_FVH", 4);
	put_le16(bytes + 48, HEADER);
	memcpy(bytes + HEADER, store_guid, 16);
	put_le32(bytes + HEADER + 16, SIZE - HEADER);
	if (pk)
		at = add(bytes, at, "PK", global_guid);
	if (db)
		add(bytes, at, "db", security_guid);
	assert_int_equal(write(fd, bytes, SIZE), SIZE);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->directory, "/tmp/tenon-keys-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->template, sizeof(p->template), "%s/template", p->directory);
	snprintf(p->file, sizeof(p->file), "%s/vars.fd", p->directory);
	p->image = (struct firmware_image){
		.kind = FIRMWARE_UEFI,
		.code = { p->file, 0, 0x10000 },
		.vars = { p->template, 0, SIZE },
	};
	write_store(p->template, true, true);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	unlink(p->template);
	unlink(p->file);
	assert_int_equal(rmdir(p->directory), 0);
	free(p);
	return 0;
}

/* @file: the machine has one, or will. */
static int open_flash(const struct place *p, bool file, bool secure_boot, struct err *err)
{
	struct firmware_flash flash = { 0 };
	u64 size;
	int ret = firmware_flash_choose(&flash, file ? p->file : NULL, NULL, &size, err);

	if (!ret)
		ret = firmware_flash_open(&flash, &p->image, secure_boot, err);
	if (!ret)
		assert_int_equal(flash.vars.size, SIZE);
	firmware_flash_close(&flash);
	return ret;
}

static void keys_of_the_template_are_taken(void **state)
{
	struct place *p = *state;
	struct err err = { 0 };

	assert_int_equal(open_flash(p, false, true, &err), 0);
	assert_int_equal(open_flash(p, true, true, &err), 0);
	assert_int_equal(access(p->file, F_OK), 0);
	/* From then on the machine's own count. */
	write_store(p->template, false, false);
	assert_int_equal(open_flash(p, true, true, &err), 0);
}

static void a_template_without_keys_makes_no_file(void **state)
{
	struct place *p = *state;
	struct err err = { 0 };

	write_store(p->template, false, true);
	assert_int_equal(open_flash(p, true, true, &err), -EINVAL);
	assert_non_null(strstr(err.text, "the template"));
	assert_non_null(strstr(err.text, "has no platform key (PK)"));
	assert_non_null(strstr(err.help, "--firmware-vars"));
	assert_int_equal(access(p->file, F_OK), -1);
	assert_int_equal(open_flash(p, false, true, &err), -EINVAL);
	assert_int_equal(open_flash(p, true, false, &err), 0);
}

static void variables_without_keys_are_refused(void **state)
{
	struct place *p = *state;
	struct err err = { 0 };

	write_store(p->file, true, false);
	assert_int_equal(open_flash(p, true, true, &err), -EINVAL);
	assert_non_null(strstr(err.text, p->file));
	assert_non_null(strstr(err.text, "(db)"));
	assert_non_null(strstr(err.help, "made without Secure Boot"));
	assert_int_equal(open_flash(p, true, false, &err), 0);
}

static void firmware_without_a_template_needs_a_file(void **state)
{
	struct place *p = *state;
	struct err err = { 0 };

	p->image.vars = (struct firmware_part){ 0 };
	assert_int_equal(open_flash(p, true, true, &err), -ENOENT);
	write_store(p->file, true, true);
	assert_int_equal(open_flash(p, true, true, &err), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_of_the_template_are_taken),
		TEST(a_template_without_keys_makes_no_file),
		TEST(variables_without_keys_are_refused),
		TEST(firmware_without_a_template_needs_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
