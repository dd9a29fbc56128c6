// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/own.h"
#include "unit.h"
#include "vm/boot/firmware_descriptor.h"

#define DESCRIPTORS "/usr/share/qemu/firmware"
#define SIZE_2M     0x20000u
#define SIZE_4M     0x84000u

/* A directory that stands for a host. */
struct host {
	char root[64];
	struct sysroot sysroot;
};

static void put(const struct host *host, const char *path, const void *bytes, size_t size)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s%s", host->root, path);
	for (char *at = full + strlen(host->root) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		mkdir(full, 0755);
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void put_sized(const struct host *host, const char *path, u64 size)
{
	char full[512];

	put(host, path, "", 0);
	snprintf(full, sizeof(full), "%s%s", host->root, path);
	assert_int_equal(truncate(full, (off_t)size), 0);
}

static void describe(const struct host *host, const char *file, const char *kind,
	const char *mapping, const char *features)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"{ \"interface-types\": [ \"%s\" ], \"mapping\": { %s }, \"targets\": [ "
		"{ \"architecture\": \"aarch64\", \"machines\": [ \"virt-*\" ] }, "
		"{ \"architecture\": \"x86_64\", \"machines\": [ \"pc-i440fx-*\", \"pc-q35-*\" ] } "
		"], \"features\": [ %s ], \"tags\": [] }",
		kind, mapping, features);
	put(host, file, text, strlen(text));
}

#define FLASH(code, vars)                                                        \
	"\"device\": \"flash\", \"executable\": { \"filename\": \"" code         \
	"\", \"format\": \"raw\" }, \"nvram-template\": { \"filename\": \"" vars \
	"\", \"format\": \"raw\" }"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));
	struct err err = { 0 };

	strcpy(host->root, "/tmp/tenon-firmware-XXXXXX");
	assert_non_null(mkdtemp(host->root));
	assert_int_equal(sysroot_open(&host->sysroot, host->root, &err), 0);
	put_sized(host, "/fw/CODE_4M.fd", 0x37c000);
	put_sized(host, "/fw/VARS_4M.fd", SIZE_4M);
	put_sized(host, "/fw/CODE.fd", 0x1e0000);
	put_sized(host, "/fw/VARS.fd", SIZE_2M);
	put_sized(host, "/fw/bios.bin", 0x40000);
	*state = host;
	return 0;
}

static int teardown(void **state)
{
	struct host *host = *state;
	char command[128];

	sysroot_close(&host->sysroot);
	snprintf(command, sizeof(command), "rm -rf %s", host->root);
	assert_int_equal(system(command), 0);
	free(host);
	return 0;
}

/* The path of the code that is found, which the caller frees; NULL: none. */
static char *code_found(const struct host *host, enum firmware_kind kind, u64 vars_size)
{
	const struct firmware_wish wish = { .kind = kind, .vars_size = vars_size };
	struct firmware_image image;
	struct err err = { 0 };
	char *code;
	int ret = firmware_find(&host->sysroot, "/home/me/.config", &wish, &image, &err);

	if (ret) {
		assert_int_equal(ret, -ENOENT);
		assert_null(image.code.path);
		assert_true(*err.text && *err.help);
		return NULL;
	}
	code = take_ptr(&image.code.path);
	firmware_image_free(&image);
	return code;
}

static void expect(const struct host *host, enum firmware_kind kind, const char *code)
{
	own_free char *found = code_found(host, kind, 0);

	if (!code)
		assert_null(found);
	else
		assert_string_equal(found, code);
}

/* As Debian 12's package describes it. */
static void the_first_that_this_machine_can_start(void **state)
{
	struct host *host = *state;
	struct firmware_image image;
	struct err err = { 0 };
	const struct firmware_wish wish = { .kind = FIRMWARE_UEFI };

	describe(host, DESCRIPTORS "/40-enrolled.json", "uefi",
		FLASH("/fw/CODE_4M.ms.fd", "/fw/VARS_4M.ms.fd"),
		"\"enrolled-keys\", \"requires-smm\", \"secure-boot\"");
	describe(host, DESCRIPTORS "/50-secure.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"), "\"secure-boot\"");
	describe(host, DESCRIPTORS "/60-edk2.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"), "\"acpi-s3\"");
	describe(
		host, DESCRIPTORS "/70-edk2.json", "uefi", FLASH("/fw/CODE.fd", "/fw/VARS.fd"), "");
	assert_int_equal(firmware_find(&host->sysroot, NULL, &wish, &image, &err), 0);
	assert_int_equal(image.kind, FIRMWARE_UEFI);
	assert_string_equal(image.code.path, "/fw/CODE_4M.fd");
	assert_int_equal(image.code.size, 0x37c000);
	assert_string_equal(image.vars.path, "/fw/VARS_4M.fd");
	assert_int_equal(image.vars.size, SIZE_4M);
	firmware_image_free(&image);
	expect(host, FIRMWARE_BIOS, NULL);
}

static void find_secure(const struct host *host, u64 vars_size, const char *code, const char *vars)
{
	const struct firmware_wish wish = {
		.kind = FIRMWARE_UEFI, .vars_size = vars_size, .secure_boot = true
	};
	struct firmware_image image;
	struct err err = { 0 };
	int ret = firmware_find(&host->sysroot, NULL, &wish, &image, &err);

	assert_int_equal(ret, code ? 0 : -ENOENT);
	if (code) {
		assert_string_equal(image.code.path, code);
		assert_string_equal(image.vars.path, vars);
	} else {
		assert_non_null(strstr(err.text, vars_size ? "variables of" : "Secure Boot"));
	}
	firmware_image_free(&image);
}

/* Secure Boot without SMM protects little, and a template without keys nothing. */
static void secure_boot_needs_smm_and_keys(void **state)
{
	struct host *host = *state;

	find_secure(host, 0, NULL, NULL);
	describe(host, DESCRIPTORS "/30-weak.json", "uefi", FLASH("/fw/CODE.fd", "/fw/VARS.fd"),
		"\"secure-boot\", \"enrolled-keys\"");
	describe(host, DESCRIPTORS "/50-secure.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"), "\"requires-smm\", \"secure-boot\"");
	find_secure(host, 0, NULL, NULL);
	/* A machine that has variables has its own keys. */
	find_secure(host, SIZE_4M, "/fw/CODE_4M.fd", "/fw/VARS_4M.fd");
	find_secure(host, SIZE_2M, NULL, NULL);
	describe(host, DESCRIPTORS "/90-enrolled.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"),
		"\"enrolled-keys\", \"requires-smm\", \"secure-boot\"");
	find_secure(host, 0, "/fw/CODE_4M.fd", "/fw/VARS_4M.fd");
	/* Others get none of these. */
	expect(host, FIRMWARE_UEFI, NULL);
}

/* On a host without descriptors. */
static void secure_boot_has_known_places(void **state)
{
	struct host *host = *state;

	put_sized(host, "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", 0x37c000);
	put_sized(host, "/usr/share/OVMF/OVMF_VARS_4M.fd", SIZE_4M);
	find_secure(host, 0, NULL, NULL);
	put_sized(host, "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", SIZE_4M);
	find_secure(host, 0, "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
		"/usr/share/OVMF/OVMF_VARS_4M.ms.fd");
	expect(host, FIRMWARE_UEFI, NULL);
}

/* A machine keeps the kind of firmware that it began with. */
static void variables_that_exist_decide(void **state)
{
	struct host *host = *state;
	own_free char *small = NULL, *large = NULL, *other = NULL;

	describe(host, DESCRIPTORS "/60-a.json", "uefi", FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"),
		"");
	put_sized(host, "/usr/share/OVMF/OVMF_CODE.fd", 0x1e0000);
	put_sized(host, "/usr/share/OVMF/OVMF_VARS.fd", SIZE_2M);
	small = code_found(host, FIRMWARE_UEFI, SIZE_2M);
	assert_string_equal(small, "/usr/share/OVMF/OVMF_CODE.fd");
	large = code_found(host, FIRMWARE_UEFI, SIZE_4M);
	assert_string_equal(large, "/fw/CODE_4M.fd");
	other = code_found(host, FIRMWARE_UEFI, 0x40000);
	assert_null(other);
}

static void a_specific_directory_hides_and_adds(void **state)
{
	struct host *host = *state;

	describe(host, DESCRIPTORS "/60-a.json", "uefi", FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"),
		"");
	expect(host, FIRMWARE_UEFI, "/fw/CODE_4M.fd");
	describe(host, "/etc/qemu/firmware/60-a.json", "uefi", FLASH("/fw/CODE.fd", "/fw/VARS.fd"),
		"");
	expect(host, FIRMWARE_UEFI, "/fw/CODE.fd");
	put(host, "/home/me/.config/qemu/firmware/60-a.json", "", 0);
	expect(host, FIRMWARE_UEFI, NULL);
	describe(host, "/etc/qemu/firmware/99-b.json", "uefi", FLASH("/fw/CODE.fd", "/fw/VARS.fd"),
		"");
	expect(host, FIRMWARE_UEFI, "/fw/CODE.fd");
	describe(host, "/home/me/.config/qemu/firmware/10-c.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"), "");
	expect(host, FIRMWARE_UEFI, "/fw/CODE_4M.fd");
}

static void firmware_without_variables_is_the_last_choice(void **state)
{
	struct host *host = *state;

	describe(host, DESCRIPTORS "/60-edk2-amdsev.json", "uefi",
		"\"device\": \"memory\", \"filename\": \"/fw/CODE.fd\"", "\"amd-sev\"");
	expect(host, FIRMWARE_UEFI, "/fw/CODE.fd");
	describe(host, DESCRIPTORS "/60-edk2.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"), "");
	expect(host, FIRMWARE_UEFI, "/fw/CODE_4M.fd");
}

static void bios_is_loaded_into_memory(void **state)
{
	struct host *host = *state;

	put_sized(host, "/usr/share/seabios/bios-256k.bin", 0x40000);
	expect(host, FIRMWARE_BIOS, "/usr/share/seabios/bios-256k.bin");
	describe(host, DESCRIPTORS "/50-seabios.json", "bios",
		"\"device\": \"memory\", \"filename\": \"/fw/bios.bin\"", "");
	expect(host, FIRMWARE_UEFI, NULL);
}

/* Each is passed over: the one that can be used comes last. */
static void what_cannot_be_used_is_passed_over(void **state)
{
	static const char *const broken[] = {
		"{",
		"[]",
		"null",
		"\"x\"",
		"{}",
		"{\"interface-types\":{\"uefi\":1}}",
		"{\"interface-types\":[\"uefi\",7,null,[[]]],\"mapping\":[],\"targets\":5}",
		"{\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"relative.fd\"}}"
		"}",
		"{\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"/a\\u0000b\"}}}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		"{\"mapping\":{\"device\":\"memory\",\"filename\":{\"a\":1}}}",
		"\xff\xfe{",
	};
	struct host *host = *state;
	char name[64];

	for (unsigned i = 0; i < ARRAY_SIZE(broken); i++) {
		snprintf(name, sizeof(name), DESCRIPTORS "/1%02u-broken.json", i);
		put(host, name, broken[i], strlen(broken[i]));
	}
	describe(host, DESCRIPTORS "/20-missing.json", "uefi", FLASH("/no/CODE.fd", "/no/VARS.fd"),
		"");
	describe(host, DESCRIPTORS "/21-qcow2.json", "uefi",
		"\"device\": \"flash\", \"executable\": { \"filename\": \"/fw/CODE.fd\", "
		"\"format\": \"qcow2\" }, \"nvram-template\": { \"filename\": \"/fw/VARS.fd\", "
		"\"format\": \"qcow2\" }",
		"");
	describe(host, DESCRIPTORS "/22-combined.json", "uefi",
		"\"device\": \"flash\", \"mode\": \"combined\", \"executable\": { \"filename\": "
		"\"/fw/CODE.fd\", \"format\": \"raw\" }",
		"");
	put_sized(host, "/fw/huge.fd", 17 * MIB);
	describe(
		host, DESCRIPTORS "/23-huge.json", "uefi", FLASH("/fw/huge.fd", "/fw/VARS.fd"), "");
	put_sized(host, "/fw/odd.fd", 4097);
	describe(host, DESCRIPTORS "/24-odd.json", "uefi", FLASH("/fw/odd.fd", "/fw/VARS.fd"), "");
	put_sized(host, DESCRIPTORS "/25-long.json", FIRMWARE_DESCRIPTOR_MAX + 1);
	describe(
		host, DESCRIPTORS "/26-no-suffix", "uefi", FLASH("/fw/CODE.fd", "/fw/VARS.fd"), "");
	expect(host, FIRMWARE_UEFI, NULL);
	describe(host, DESCRIPTORS "/90-last.json", "uefi",
		FLASH("/fw/CODE_4M.fd", "/fw/VARS_4M.fd"), "");
	expect(host, FIRMWARE_UEFI, "/fw/CODE_4M.fd");
}

static void named(const struct host *host, const char *name, enum firmware_kind kind, u64 vars_size,
	struct firmware_image *image, struct err *err, int expected)
{
	char path[256];
	const struct firmware_wish wish = { .kind = kind, .code = path, .vars_size = vars_size };

	snprintf(path, sizeof(path), "%s%s", host->root, name);
	*err = (struct err){ 0 };
	assert_int_equal(firmware_find(&host->sysroot, NULL, &wish, image, err), expected);
	assert_int_equal(err->code, -expected);
}

static void a_named_file_finds_its_variables(void **state)
{
	struct host *host = *state;
	struct firmware_image image;
	struct err err;

	named(host, "/fw/CODE_4M.fd", FIRMWARE_UEFI, 0, &image, &err, 0);
	assert_int_equal(image.vars.size, SIZE_4M);
	firmware_image_free(&image);
	named(host, "/fw/CODE_4M.fd", FIRMWARE_UEFI, SIZE_4M, &image, &err, 0);
	firmware_image_free(&image);
	named(host, "/fw/CODE_4M.fd", FIRMWARE_UEFI, SIZE_2M, &image, &err, -EINVAL);
	firmware_image_free(&image);
	/* Without a template the store that exists is taken as it is. */
	put_sized(host, "/fw/other.fd", 0x100000);
	named(host, "/fw/other.fd", FIRMWARE_UEFI, SIZE_2M, &image, &err, 0);
	assert_null(image.vars.path);
	firmware_image_free(&image);
	named(host, "/fw/bios.bin", FIRMWARE_BIOS, 0, &image, &err, 0);
	assert_int_equal(image.code.size, 0x40000);
	firmware_image_free(&image);
	named(host, "/fw", FIRMWARE_BIOS, 0, &image, &err, -EISDIR);
	named(host, "/fw/none", FIRMWARE_UEFI, 0, &image, &err, -ENOENT);
	put_sized(host, "/fw/odd.fd", 4097);
	named(host, "/fw/odd.fd", FIRMWARE_UEFI, 0, &image, &err, -EINVAL);
	firmware_image_free(&image);
}

/* Debian's OVMF.fd: its variables, then the code. */
static void a_whole_image_is_split(void **state)
{
	static const u8 guid[] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9, 0x85, 0x27,
		0x47, 0x07, 0x5b, 0x4f, 0x50 };
	struct host *host = *state;
	struct firmware_image image;
	struct err err;
	static u8 bytes[0x40000];

	memcpy(bytes + 16, guid, sizeof(guid));
	put_le64(bytes + 32, SIZE_2M);
	memcpy(bytes + 40, "_FVH", 4);
	put(host, "/fw/whole.fd", bytes, sizeof(bytes));
	named(host, "/fw/whole.fd", FIRMWARE_UEFI, 0, &image, &err, 0);
	assert_int_equal(image.code.offset, SIZE_2M);
	assert_int_equal(image.code.size, sizeof(bytes) - SIZE_2M);
	assert_int_equal(image.vars.offset, 0);
	assert_int_equal(image.vars.size, SIZE_2M);
	firmware_image_free(&image);
	/* A length that does not fit is no volume's. */
	put_le64(bytes + 32, sizeof(bytes));
	put(host, "/fw/whole.fd", bytes, sizeof(bytes));
	named(host, "/fw/whole.fd", FIRMWARE_UEFI, 0, &image, &err, 0);
	assert_int_equal(image.code.size, sizeof(bytes));
	firmware_image_free(&image);
}

static void a_named_file_that_cannot_run_is_refused(void **state)
{
	struct host *host = *state;
	char mapping[512];
	struct firmware_image image;
	struct err err;

	snprintf(mapping, sizeof(mapping),
		"\"device\": \"flash\", \"executable\": { \"filename\": \"%s/fw/CODE_4M.fd\", "
		"\"format\": \"raw\" }, \"nvram-template\": { \"filename\": \"/fw/VARS_4M.fd\", "
		"\"format\": \"raw\" }",
		host->root);
	describe(host, DESCRIPTORS "/50-secure.json", "uefi", mapping, "\"requires-smm\"");
	named(host, "/fw/CODE_4M.fd", FIRMWARE_UEFI, 0, &image, &err, -ENOTSUP);
	firmware_image_free(&image);
	assert_non_null(strstr(err.text, "system management mode"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_that_this_machine_can_start),
		TEST(secure_boot_needs_smm_and_keys),
		TEST(secure_boot_has_known_places),
		TEST(variables_that_exist_decide),
		TEST(a_specific_directory_hides_and_adds),
		TEST(firmware_without_variables_is_the_last_choice),
		TEST(bios_is_loaded_into_memory),
		TEST(what_cannot_be_used_is_passed_over),
		TEST(a_named_file_finds_its_variables),
		TEST(a_whole_image_is_split),
		TEST(a_named_file_that_cannot_run_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
