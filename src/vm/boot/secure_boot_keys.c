// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/secure_boot_keys.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define GUID_SIZE 16

/* The header of a firmware volume: UEFI PI 1.7, volume 3, 3.2.1. */
#define VOLUME_SIGNATURE     40
#define VOLUME_HEADER_LENGTH 48
#define VOLUME_HEADER_MIN    56

/* The header of edk2's variable store (MdeModulePkg/Include/Guid/VariableFormat.h). */
#define STORE_SIZE_AT     16
#define STORE_HEADER_SIZE 28

/* An authenticated variable: header, name in UTF-16, data; each begins at a multiple of 4. */
#define VARIABLE_START       0x55aa
#define VARIABLE_STATE       2
#define VARIABLE_NAME_SIZE   36
#define VARIABLE_DATA_SIZE   40
#define VARIABLE_GUID        44
#define VARIABLE_HEADER_SIZE 60
#define STATE_VALID          0x3f
#define STATE_REPLACED       0x3e /* valid until the new one is complete */

/* A list of signatures: UEFI 2.10, 32.4.1. */
#define LIST_SIZE_AT        16
#define LIST_HEADER_SIZE_AT 20
#define LIST_SIGNATURE_SIZE 24
#define LIST_HEADER_SIZE    28

/* Tags of DER: ITU-T X.690. */
#define DER_INTEGER  0x02
#define DER_OID      0x06
#define DER_SEQUENCE 0x30
#define DER_SET      0x31
#define DER_VERSION  0xa0
#define DER_ANY      0

static const u8 store_guid[GUID_SIZE] = { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43, 0xa1,
	0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92 };
static const u8 x509_guid[GUID_SIZE] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5,
	0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

#define GLOBAL_GUID                                                                           \
	{                                                                                     \
		0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, \
			0x03, 0x2b, 0x8c                                                      \
	}
#define SECURITY_GUID                                                                         \
	{                                                                                     \
		0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, \
			0x67, 0x65, 0x6f                                                      \
	}

static const struct {
	const char *name;
	u8 guid[GUID_SIZE];
} variables[SECURE_BOOT_NR_LISTS] = {
	[SECURE_BOOT_PK] = { "PK", GLOBAL_GUID },
	[SECURE_BOOT_KEK] = { "KEK", GLOBAL_GUID },
	[SECURE_BOOT_DB] = { "db", SECURITY_GUID },
};

struct bytes {
	const u8 *at;
	size_t size;
};

/*
 * Takes the next element from @from, with its contents in @value. Returns false at the end, for
 * another tag than @tag, and for a length that is not within @from.
 */
static bool der_next(struct bytes *from, u8 tag, struct bytes *value)
{
	size_t header = 2, size;

	if (from->size < header || (tag != DER_ANY && from->at[0] != tag))
		return false;
	size = from->at[1];
	if (size & 0x80) {
		unsigned digits = size & 0x7f;

		if (!digits || digits > 3 || from->size < header + digits)
			return false;
		size = 0;
		for (unsigned i = 0; i < digits; i++)
			size = size << 8 | from->at[header + i];
		header += digits;
	}
	if (size > from->size - header)
		return false;
	*value = (struct bytes){ from->at + header, size };
	from->at += header + size;
	from->size -= header + size;
	return true;
}

/* The subject of a certificate: RFC 5280, 4.1. */
static bool find_subject(struct bytes der, struct bytes *subject)
{
	struct bytes certificate, body, skipped;

	if (!der_next(&der, DER_SEQUENCE, &certificate) ||
		!der_next(&certificate, DER_SEQUENCE, &body))
		return false;
	der_next(&body, DER_VERSION, &skipped);           /* optional */
	return der_next(&body, DER_INTEGER, &skipped) &&  /* serial number */
	       der_next(&body, DER_SEQUENCE, &skipped) && /* algorithm */
	       der_next(&body, DER_SEQUENCE, &skipped) && /* issuer */
	       der_next(&body, DER_SEQUENCE, &skipped) && /* validity */
	       der_next(&body, DER_SEQUENCE, subject);
}

static void take_name(char name[SECURE_BOOT_NAME_MAX], struct bytes der)
{
	static const u8 common_name[] = { 0x55, 0x04, 0x03 };
	struct bytes subject, set, attribute, oid, value;
	size_t n = 0;

	strcpy(name, "?");
	if (!find_subject(der, &subject))
		return;
	while (der_next(&subject, DER_SET, &set)) {
		if (!der_next(&set, DER_SEQUENCE, &attribute) ||
			!der_next(&attribute, DER_OID, &oid) ||
			!der_next(&attribute, DER_ANY, &value) || !value.size ||
			oid.size != sizeof(common_name) || memcmp(oid.at, common_name, oid.size))
			continue;
		for (; n < value.size && n < SECURE_BOOT_NAME_MAX - 1; n++)
			name[n] =
				value.at[n] >= ' ' && value.at[n] < 0x7f ? (char)value.at[n] : '?';
		name[n] = '\0';
		return;
	}
}

static void add_cert(struct secure_boot_keys *keys, enum secure_boot_list list, struct bytes der)
{
	struct secure_boot_cert *cert;

	if (keys->nr_certs == SECURE_BOOT_CERTS_MAX)
		return;
	cert = &keys->certs[keys->nr_certs++];
	cert->list = list;
	take_name(cert->name, der);
}

/* @data: lists of signatures, each of one type and size. */
static void read_lists(struct secure_boot_keys *keys, enum secure_boot_list list, struct bytes data)
{
	while (data.size >= LIST_HEADER_SIZE) {
		u64 size = get_le32(data.at + LIST_SIZE_AT);
		u64 each = get_le32(data.at + LIST_SIGNATURE_SIZE);
		u64 at = LIST_HEADER_SIZE + (u64)get_le32(data.at + LIST_HEADER_SIZE_AT);

		if (size < LIST_HEADER_SIZE || size > data.size || each <= GUID_SIZE)
			return;
		for (; at + each <= size; at += each) {
			keys->nr[list]++;
			if (!memcmp(data.at, x509_guid, GUID_SIZE))
				add_cert(keys, list,
					(struct bytes){
						data.at + at + GUID_SIZE, each - GUID_SIZE });
		}
		data.at += size;
		data.size -= size;
	}
}

static bool is_named(const char *ascii, struct bytes utf16)
{
	size_t length = strlen(ascii) + 1;

	if (utf16.size != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (get_le16(utf16.at + 2 * i) != (u8)ascii[i])
			return false;
	return true;
}

/* Takes the variable at the start of @store. Returns false at the end of the variables. */
static bool next_variable(struct secure_boot_keys *keys, struct bytes *store)
{
	const u8 *header = store->at;
	u64 name_size, data_size, size;
	u8 state;

	if (store->size < VARIABLE_HEADER_SIZE || get_le16(header) != VARIABLE_START)
		return false;
	state = header[VARIABLE_STATE];
	name_size = get_le32(header + VARIABLE_NAME_SIZE);
	data_size = get_le32(header + VARIABLE_DATA_SIZE);
	size = VARIABLE_HEADER_SIZE + name_size + data_size;
	if (size > store->size)
		return false;
	for (unsigned i = 0; i < SECURE_BOOT_NR_LISTS; i++) {
		struct bytes name = { header + VARIABLE_HEADER_SIZE, name_size };

		if ((state == STATE_VALID || state == STATE_REPLACED) &&
			is_named(variables[i].name, name) &&
			!memcmp(header + VARIABLE_GUID, variables[i].guid, GUID_SIZE))
			read_lists(keys, i, (struct bytes){ name.at + name_size, data_size });
	}
	size = round_up(size, 4);
	if (size > store->size)
		size = store->size;
	store->at += size;
	store->size -= size;
	return true;
}

int secure_boot_keys_read(struct secure_boot_keys *keys, const u8 *bytes, size_t size)
{
	struct bytes store;
	u64 at, length;

	*keys = (struct secure_boot_keys){ 0 };
	if (size < VOLUME_HEADER_MIN || memcmp(bytes + VOLUME_SIGNATURE, "_FVH", 4))
		return -EINVAL;
	at = get_le16(bytes + VOLUME_HEADER_LENGTH);
	if (at > size || size - at < STORE_HEADER_SIZE || memcmp(bytes + at, store_guid, GUID_SIZE))
		return -EINVAL;
	length = get_le32(bytes + at + STORE_SIZE_AT);
	if (length < STORE_HEADER_SIZE || length > size - at)
		return -EINVAL;
	store = (struct bytes){ bytes + at + STORE_HEADER_SIZE, length - STORE_HEADER_SIZE };
	while (next_variable(keys, &store))
		;
	return 0;
}

const char *secure_boot_keys_lack(const struct secure_boot_keys *keys)
{
	if (!keys->nr[SECURE_BOOT_PK])
		return "has no platform key (PK)";
	if (!keys->nr[SECURE_BOOT_DB])
		return "has no certificate of what may start (db)";
	return NULL;
}

bool secure_boot_keys_has(const struct secure_boot_keys *keys, const char *text)
{
	for (unsigned i = 0; i < keys->nr_certs; i++)
		if (keys->certs[i].list == SECURE_BOOT_DB && strstr(keys->certs[i].name, text))
			return true;
	return false;
}
