// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/json_error.h"

#include <string.h>

#include "cmd/ui/json.h"

/*
 * Finds the first PCI function in @text. Messages name functions with their domain; an address
 * without one is an example.
 */
static bool find_addr(const char *text, struct pci_addr *addr)
{
	static const char ends[] = " ,;()'/";

	for (const char *at = text + strspn(text, ends); *at; at += strspn(at, ends)) {
		size_t word = strcspn(at, ends);
		const char *colon = memchr(at, ':', word);

		if (colon && memchr(colon + 1, ':', word - (colon + 1 - at)) &&
			pci_addr_scan(at, addr))
			return true;
		at += word;
	}
	return false;
}

void json_error_print(const struct err *err, int exit)
{
	struct json_object *json = json_object_new_object();
	struct json_object *error = json_object_new_object();
	const char *name = strerrorname_np(err->code);
	struct pci_addr addr;

	json_add_text(error, "code", name ? name : "EIO");
	json_add_number(error, "exit", exit);
	if (find_addr(err->text, &addr))
		json_add_addr(error, "device", addr);
	else
		json_add_null(error, "device");
	json_add_text(error, "cause", err->text);
	json_add_text(error, "help", *err->help ? err->help : NULL);
	json_add(json, "error", error);
	json_print(json);
}
