/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes ACPI Machine Language (ACPI 6.4, chapter 20) and resource descriptors (section 6.4) for
 * the parts of the tables that differ from machine to machine. The parts that are the same for all
 * are written in ASL and compiled when tenon is built.
 *
 * A package of AML is opened by aml_begin_*(), which returns a mark, and closed by aml_end()
 * with that mark; packages nest. Names are paths such as "\\_SB.PCI0" or "_CRS"; shorter
 * segments are padded. Names and strings come from tenon, not from outside.
 */
#ifndef VM_BOOT_ACPI_AML_H
#define VM_BOOT_ACPI_AML_H

#include "base/range.h"
#include "vm/boot/blob.h"

size_t aml_begin_scope(struct blob *aml, const char *path);
size_t aml_begin_device(struct blob *aml, const char *name);
/* A method without arguments. */
size_t aml_begin_method(struct blob *aml, const char *name);
/* If (@path): the contents are executed if that integer is not 0. */
size_t aml_begin_if(struct blob *aml, const char *path);
/* A package of @count elements (at most 255), which follow. */
size_t aml_begin_package(struct blob *aml, u8 count);
void aml_end(struct blob *aml, size_t mark);

/* Return (@path) */
void aml_return(struct blob *aml, const char *path);

/* Name (@name, ...): the object follows. */
void aml_name(struct blob *aml, const char *name);
/* A reference to a named object. */
void aml_path(struct blob *aml, const char *path);
void aml_int(struct blob *aml, u64 value);
void aml_string(struct blob *aml, const char *text);
void aml_buffer(struct blob *aml, const void *data, size_t size);

/*
 * Resource descriptors go into a blob of their own. aml_resources() writes them as a buffer, like
 * ResourceTemplate () in ASL, and frees them.
 */
void aml_resources(struct blob *aml, struct blob *descriptors);

/* The bus numbers behind a host bridge. */
void aml_res_buses(struct blob *aml, u8 first, u8 last);
/* Ports that a device decodes itself. */
void aml_res_ports(struct blob *aml, u16 first, u8 count);
/* Ports that a bridge forwards. */
void aml_res_port_window(struct blob *aml, u16 first, u16 last);

enum aml_memory {
	AML_MEMORY_OWN,    /* the device decodes the range itself */
	AML_MEMORY_WINDOW, /* a bridge forwards the range, prefetchable or not */
};

/* @range is not empty; with 32 bits it ends at or below 4 GiB. */
void aml_res_memory32(struct blob *aml, enum aml_memory kind, struct range range);
void aml_res_memory64(struct blob *aml, enum aml_memory kind, struct range range);
#define AML_RES_MEMORY64_SIZE 46

#endif
