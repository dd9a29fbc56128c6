// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/names.h"
#include "base/array.h"

/* libpci would define u8 to u64 itself. */
#define PCI_HAVE_Uxx_TYPES
#include <pci/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/log.h"

#define IDS 0x10000

/* The hash and the id of a name; the name itself is not kept. */
struct name_hash {
	u64 hash;
	u32 id;
	u32 len;
};

struct index {
	struct name_hash *entry; /* sorted by hash, then id */
	unsigned count;
	u16 vendor; /* whose devices these are */
	struct index *next;
};

/*
 * Loaded only when names are needed, so that `tenon run` starts without it and the libraries that
 * it depends on.
 */
#define LIBRARY "libpci.so.3"
#define PACKAGE "libpci3"

struct libpci {
	struct pci_access *(*alloc)(void);
	void (*cleanup)(struct pci_access *);
	char *(*lookup_name)(struct pci_access *, char *, int, int, ...);
};

struct pci_names {
	struct libpci lib;
	struct pci_access *access; /* NULL without the library: every name is a number */
	struct index *classes;     /* NULL until needed */
	struct index *vendors;
	struct index *devices; /* one for each vendor that was looked up */
};

/* Look only into pci.ids: a miss in udev's database takes longer than everything else. */
#define FROM_FILE (PCI_LOOKUP_NO_HWDB | PCI_LOOKUP_NO_NUMBERS)

/* libpci calls this only when memory runs out, and expects it not to return. */
static void __attribute__((noreturn, format(printf, 1, 2))) give_up(char *fmt, ...)
{
	abort();
}

static void __attribute__((format(printf, 1, 2))) keep_quiet(char *fmt, ...)
{
}

static int load(struct libpci *lib)
{
	const struct library_function functions[] = {
		{ "pci_alloc", &lib->alloc },
		{ "pci_cleanup", &lib->cleanup },
		{ "pci_lookup_name", &lib->lookup_name },
	};
	struct err err = { 0 };
	int ret = library_load(LIBRARY, PACKAGE, functions, ARRAY_SIZE(functions), NULL, &err);

	if (ret)
		log_warn("devices have no names: %s; %s", err.text, err.help);
	return ret;
}

/* Does not call pci_init(), which would look for devices: only the database is needed. */
struct pci_names *pci_names_open(void)
{
	struct pci_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	if (load(&names->lib))
		return names;
	names->access = names->lib.alloc();
	names->access->error = give_up;
	names->access->warning = keep_quiet;
	names->access->debug = keep_quiet;
	/*
	 * By default libpci also looks into the cache that lspci -q keeps in the user's home
	 * directory. Names would then depend on the user, and libpci 3.10 to 3.14 leak the cache's
	 * path.
	 */
	names->access->id_lookup_mode = 0;
	return names;
}

static void free_index(struct index *index)
{
	while (index) {
		struct index *next = index->next;

		free(index->entry);
		free(index);
		index = next;
	}
}

void pci_names_close(struct pci_names *names)
{
	if (!names)
		return;
	free_index(names->classes);
	free_index(names->vendors);
	free_index(names->devices);
	if (names->access)
		names->lib.cleanup(names->access);
	free(names);
}

char *pci_names_device(struct pci_names *names, u16 vendor, u16 device, char text[PCI_NAME_SIZE])
{
	char *name = NULL;

	snprintf(text, PCI_NAME_SIZE, "Device %04x:%04x", vendor, device);
	if (names->access)
		name = names->lib.lookup_name(names->access, text, PCI_NAME_SIZE,
			PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB, vendor, device);
	/* libpci may return an error message of its own instead of @text. */
	if (name && name != text)
		snprintf(text, PCI_NAME_SIZE, "%s", name);
	return text;
}

char *pci_names_class(struct pci_names *names, u16 class, char text[PCI_NAME_SIZE])
{
	char *name = NULL;

	snprintf(text, PCI_NAME_SIZE, "Class %04x", class);
	if (names->access)
		name = names->lib.lookup_name(names->access, text, PCI_NAME_SIZE,
			PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB, class);
	if (name && name != text)
		snprintf(text, PCI_NAME_SIZE, "%s", name);
	return text;
}

/* FNV-1a of the lower-case text: the case of names differs between versions of pci.ids. */
static u64 hash_name(const char *text, size_t len)
{
	u64 hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++) {
		u8 c = text[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		hash = (hash ^ c) * 0x100000001b3ull;
	}
	return hash;
}

static int by_hash(const void *a, const void *b)
{
	const struct name_hash *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Every id of one kind that has a name. @vendor is used for devices only. */
static struct index *make_index(struct pci_names *names, int kind, u16 vendor)
{
	struct index *index = calloc(1, sizeof(*index));
	char text[PCI_NAME_SIZE];

	if (!index)
		return NULL;
	index->vendor = vendor;
	for (unsigned id = 0; names->access && id < IDS; id++) {
		const char *name = kind == PCI_LOOKUP_DEVICE
					   ? names->lib.lookup_name(names->access, text,
						     sizeof(text), kind | FROM_FILE, vendor, id)
					   : names->lib.lookup_name(names->access, text,
						     sizeof(text), kind | FROM_FILE, id);

		if (name != text)
			continue;
		if (array_room(index->entry, index->count, 1))
			break;
		index->entry[index->count++] =
			(struct name_hash){ hash_name(text, strlen(text)), id, strlen(text) };
	}
	if (index->count)
		qsort(index->entry, index->count, sizeof(*index->entry), by_hash);
	return index;
}

static int find(const struct index *index, const char *text, size_t len)
{
	u64 hash = hash_name(text, len);
	unsigned low = 0, high = index ? index->count : 0;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (index->entry[mid].hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	if (!index || low == index->count || index->entry[low].hash != hash ||
		index->entry[low].len != len)
		return -1;
	return index->entry[low].id;
}

int pci_names_find_class(struct pci_names *names, const char *text, size_t len)
{
	if (!names->classes)
		names->classes = make_index(names, PCI_LOOKUP_CLASS, 0);
	return find(names->classes, text, len);
}

/* Making an index takes some milliseconds: a text with all vendors would take half a minute. */
#define MAX_VENDORS 64

static const struct index *devices_of(struct pci_names *names, u16 vendor)
{
	struct index *index = names->devices;
	unsigned count = 0;

	for (; index && index->vendor != vendor; index = index->next)
		count++;
	if (index || count >= MAX_VENDORS)
		return index;
	index = make_index(names, PCI_LOOKUP_DEVICE, vendor);
	if (index) {
		index->next = names->devices;
		names->devices = index;
	}
	return index;
}

/* "Device 863e": a device that pci.ids did not know when the dump was made. */
static int numbered_device(const char *text, size_t len)
{
	char digits[5] = "";
	char *end;
	long id;

	if (len < 11 || strncmp(text, "Device ", 7))
		return -1;
	memcpy(digits, text + 7, 4);
	id = strtol(digits, &end, 16);
	return *end ? -1 : (int)id;
}

int pci_names_find_device(
	struct pci_names *names, const char *text, size_t len, u16 *vendor, u16 *device)
{
	size_t cut = len;
	int id = -1;

	if (!names->vendors)
		names->vendors = make_index(names, PCI_LOOKUP_VENDOR, 0);
	/* Find the longest vendor name that the text begins with and that ends at a blank. */
	for (; cut > 0; cut--) {
		if (cut != len && text[cut] != ' ')
			continue;
		id = find(names->vendors, text, cut);
		if (id >= 0)
			break;
	}
	if (id < 0)
		return 0;
	*vendor = id;
	if (cut == len)
		return 1;
	id = numbered_device(text + cut + 1, len - cut - 1);
	if (id < 0)
		id = find(devices_of(names, *vendor), text + cut + 1, len - cut - 1);
	if (id < 0)
		return 1;
	*device = id;
	return 2;
}
