/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the keys of Secure Boot from a variable store of edk2: the certificates in PK, KEK and db
 * (UEFI 2.10, 32.3 and 32.4.1). Bytes in, facts out; nothing in the bytes is trusted.
 *
 * The store is a firmware volume that begins with edk2's store of authenticated variables, as the
 * files OVMF_VARS*.fd and a machine's vars.fd are.
 */
#ifndef VM_BOOT_SECURE_BOOT_KEYS_H
#define VM_BOOT_SECURE_BOOT_KEYS_H

#include "base/types.h"

/* Certificates beyond these are counted, but have no name here. */
#define SECURE_BOOT_CERTS_MAX 32
#define SECURE_BOOT_NAME_MAX  64 /* with the NUL */

enum secure_boot_list { SECURE_BOOT_PK, SECURE_BOOT_KEK, SECURE_BOOT_DB, SECURE_BOOT_NR_LISTS };

struct secure_boot_cert {
	enum secure_boot_list list;
	/* The common name of the certificate's subject, in printable ASCII; "?" if it has none. */
	char name[SECURE_BOOT_NAME_MAX];
};

struct secure_boot_keys {
	unsigned nr[SECURE_BOOT_NR_LISTS]; /* signatures of any type: certificates, hashes */
	struct secure_boot_cert certs[SECURE_BOOT_CERTS_MAX];
	unsigned nr_certs;
};

/* Returns 0, or -EINVAL if @bytes are no such store. Without keys all numbers are 0. */
int secure_boot_keys_read(struct secure_boot_keys *keys, const u8 *bytes, size_t size);

/*
 * Why firmware would not enforce Secure Boot with these keys, as the end of a sentence that begins
 * with the store: "has no platform key (PK)". NULL if it would.
 */
const char *secure_boot_keys_lack(const struct secure_boot_keys *keys);

/* Whether the name of a certificate in db contains @text. */
bool secure_boot_keys_has(const struct secure_boot_keys *keys, const char *text);

#endif
