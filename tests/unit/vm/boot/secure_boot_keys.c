// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/secure_boot_keys.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "unit.h"

#define VOLUME_HEADER 72
#define STORE_HEADER  28
#define SIZE          0x4000u

#define GUID_STORE    "\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"
#define GUID_GLOBAL   "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"
#define GUID_SECURITY "\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f"
#define GUID_X509     "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"
#define GUID_SHA256   "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"

struct store {
	u8 bytes[SIZE];
	size_t end; /* where the next variable goes */
};

static void store_init(struct store *s)
{
	memset(s->bytes, 0xff, SIZE);
	memset(s->bytes, 0, VOLUME_HEADER);
	memcpy(s->bytes + 40, "_FVH", 4);
	put_le16(s->bytes + 48, VOLUME_HEADER);
	memcpy(s->bytes + VOLUME_HEADER, GUID_STORE, 16);
	put_le32(s->bytes + VOLUME_HEADER + 16, 0x2000);
	s->end = VOLUME_HEADER + STORE_HEADER;
}

static void add(
	struct store *s, const char *name, const char *guid, u8 state, const u8 *data, size_t size)
{
	u8 *at = s->bytes + s->end;
	size_t chars = strlen(name) + 1;

	put_le16(at, 0x55aa);
	memset(at + 2, 0, 58);
	at[2] = state;
	put_le32(at + 36, (u32)(2 * chars));
	put_le32(at + 40, (u32)size);
	memcpy(at + 44, guid, 16);
	for (size_t i = 0; i < chars; i++)
		put_le16(at + 60 + 2 * i, name[i]);
	memcpy(at + 60 + 2 * chars, data, size);
	s->end += round_up(60 + 2 * chars + size, 4);
}

static size_t wrap(u8 *out, u8 tag, const u8 *content, size_t size)
{
	out[0] = tag;
	out[1] = 0x82;
	out[2] = (u8)(size >> 8);
	out[3] = (u8)size;
	memmove(out + 4, content, size);
	return size + 4;
}

/* A certificate as far as its subject, with this common name. */
static size_t certificate(u8 *out, const char *name)
{
	static const u8 head[] = { 0xa0, 3, 2, 1, 2, 2, 1, 7, 0x30, 0, 0x30, 0, 0x30, 0 };
	u8 one[300] = { 6, 3, 0x55, 4, 3, 12, (u8)strlen(name) }, two[300];
	size_t size = 7 + strlen(name);

	memcpy(one + 7, name, strlen(name));
	size = wrap(two, 0x30, one, size);
	size = wrap(one, 0x31, two, size);
	size = wrap(two, 0x30, one, size);
	memcpy(one, head, sizeof(head));
	memcpy(one + sizeof(head), two, size);
	size = wrap(two, 0x30, one, sizeof(head) + size);
	return wrap(out, 0x30, two, size);
}

/* A list with one certificate. */
static size_t list_of(u8 *out, const char *name)
{
	u8 der[400];
	size_t size = certificate(der, name);

	memset(out, 0, 44);
	memcpy(out, GUID_X509, 16);
	put_le32(out + 16, (u32)(28 + 16 + size));
	put_le32(out + 24, (u32)(16 + size));
	memcpy(out + 44, der, size);
	return 44 + size;
}

static void add_certificate(
	struct store *s, const char *variable, const char *guid, const char *name)
{
	u8 list[600];

	add(s, variable, guid, 0x3f, list, list_of(list, name));
}

static void enrol(struct store *s)
{
	u8 lists[1200];
	size_t size = list_of(lists, "Microsoft Windows Production PCA 2011");

	store_init(s);
	add(s, "Lang", GUID_GLOBAL, 0x3f, (const u8 *)"eng", 4);
	size += list_of(lists + size, "Microsoft UEFI CA 2023");
	add(s, "db", GUID_SECURITY, 0x3f, lists, size);
	add_certificate(s, "KEK", GUID_GLOBAL, "Microsoft Corporation KEK CA 2011");
	add_certificate(s, "PK", GUID_GLOBAL, "Owner");
}

static void certificates_have_their_names(void **state)
{
	static const struct secure_boot_cert certs[] = {
		{ SECURE_BOOT_DB, "Microsoft Windows Production PCA 2011" },
		{ SECURE_BOOT_DB, "Microsoft UEFI CA 2023" },
		{ SECURE_BOOT_KEK, "Microsoft Corporation KEK CA 2011" },
		{ SECURE_BOOT_PK, "Owner" },
	};
	struct secure_boot_keys keys;
	struct store s;

	enrol(&s);
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, SIZE), 0);
	assert_int_equal(keys.nr_certs, ARRAY_SIZE(certs));
	for (unsigned i = 0; i < ARRAY_SIZE(certs); i++) {
		assert_int_equal(keys.certs[i].list, certs[i].list);
		assert_string_equal(keys.certs[i].name, certs[i].name);
	}
	assert_null(secure_boot_keys_lack(&keys));
	assert_true(secure_boot_keys_has(&keys, "2023"));
	assert_true(secure_boot_keys_has(&keys, "2011"));
	assert_false(secure_boot_keys_has(&keys, "KEK"));
}

static void what_lacks_is_named(void **state)
{
	struct secure_boot_keys keys;
	u8 hash[28 + 16 + 32] = { 0 };
	struct store s;

	store_init(&s);
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, SIZE), 0);
	assert_string_equal(secure_boot_keys_lack(&keys), "has no platform key (PK)");
	add_certificate(&s, "db", GUID_SECURITY, "Somebody");
	secure_boot_keys_read(&keys, s.bytes, SIZE);
	assert_string_equal(secure_boot_keys_lack(&keys), "has no platform key (PK)");

	/* The name alone does not make it one, nor does a deleted variable. */
	store_init(&s);
	add_certificate(&s, "PK", GUID_GLOBAL, "Owner");
	add_certificate(&s, "db", GUID_GLOBAL, "Somebody");
	add(&s, "db", GUID_SECURITY, 0x3c, hash, sizeof(hash));
	secure_boot_keys_read(&keys, s.bytes, SIZE);
	assert_string_equal(
		secure_boot_keys_lack(&keys), "has no certificate of what may start (db)");

	/* A hash of a program is enough, and so is a variable that is being replaced. */
	memcpy(hash, GUID_SHA256, 16);
	put_le32(hash + 16, sizeof(hash));
	put_le32(hash + 24, 48);
	add(&s, "db", GUID_SECURITY, 0x3e, hash, sizeof(hash));
	secure_boot_keys_read(&keys, s.bytes, SIZE);
	assert_null(secure_boot_keys_lack(&keys));
	assert_int_equal(keys.nr[SECURE_BOOT_DB], 1);
	assert_int_equal(keys.nr_certs, 1);
}

static void other_files_are_no_store(void **state)
{
	struct secure_boot_keys keys;
	struct store s;

	enrol(&s);
	for (size_t size = 0; size < VOLUME_HEADER + STORE_HEADER; size++)
		assert_int_equal(secure_boot_keys_read(&keys, s.bytes, size), -EINVAL);
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, 0x1000), -EINVAL);
	s.bytes[VOLUME_HEADER] ^= 1;
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, SIZE), -EINVAL);
	s.bytes[VOLUME_HEADER] ^= 1;
	put_le16(s.bytes + 48, 0xffff);
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, SIZE), -EINVAL);
	memset(s.bytes, 0, SIZE);
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, SIZE), -EINVAL);
}

/* Each byte of each header, with the values that are worst for lengths. */
static void damage_is_harmless(void **state)
{
	static const u8 values[] = { 0, 1, 0x7f, 0x80, 0x84, 0xff };
	struct secure_boot_keys keys;
	struct store s;

	enrol(&s);
	for (size_t at = 40; at < s.end; at++)
		for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
			u8 old = s.bytes[at];

			s.bytes[at] = values[i];
			secure_boot_keys_read(&keys, s.bytes, SIZE);
			assert_true(keys.nr_certs <= SECURE_BOOT_CERTS_MAX);
			s.bytes[at] = old;
		}
}

static void many_certificates_are_counted(void **state)
{
	struct secure_boot_keys keys;
	static u8 lists[0x1c00];
	size_t size = 0;
	struct store s;
	unsigned nr = 0;

	store_init(&s);
	while (size + 200 < sizeof(lists)) {
		size += list_of(lists + size, "Somebody");
		nr++;
	}
	add(&s, "db", GUID_SECURITY, 0x3f, lists, size);
	assert_int_equal(secure_boot_keys_read(&keys, s.bytes, SIZE), 0);
	assert_int_equal(keys.nr[SECURE_BOOT_DB], nr);
	assert_true(nr > SECURE_BOOT_CERTS_MAX);
	assert_int_equal(keys.nr_certs, SECURE_BOOT_CERTS_MAX);
}

static void a_name_is_printable(void **state)
{
	struct secure_boot_keys keys;
	char name[101];
	struct store s;

	memset(name, '\x1b', 100);
	name[100] = '\0';
	store_init(&s);
	add_certificate(&s, "PK", GUID_GLOBAL, name);
	secure_boot_keys_read(&keys, s.bytes, SIZE);
	assert_int_equal(strlen(keys.certs[0].name), SECURE_BOOT_NAME_MAX - 1);
	assert_int_equal(strspn(keys.certs[0].name, "?"), SECURE_BOOT_NAME_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_have_their_names),
		cmocka_unit_test(what_lacks_is_named),
		cmocka_unit_test(other_files_are_no_store),
		cmocka_unit_test(damage_is_harmless),
		cmocka_unit_test(many_certificates_are_counted),
		cmocka_unit_test(a_name_is_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
