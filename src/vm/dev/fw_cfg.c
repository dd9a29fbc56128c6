// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/fw_cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"

#define SIGNATURE "QEMU"
/* Bit 0 is always set, bit 1 means that there is DMA. */
#define FEATURES 3
/* The value of the DMA register, by which a guest detects it. */
#define DMA_SIGNATURE "QEMU CFG"

#define KEY_WRITE 0x4000 /* asks for writes through the ports, which are not supported */

/* The directory: a count, then entries; all big-endian. */
#define DIRECTORY_HEADER 4
#define DIRECTORY_ENTRY  (8 + FW_CFG_NAME_SIZE)

/* The command in guest memory: control, length, address; all big-endian. */
#define DMA_COMMAND_SIZE 16
#define DMA_ERROR        BIT(0)
#define DMA_READ         BIT(1)
#define DMA_SKIP         BIT(2)
#define DMA_SELECT       BIT(3)
#define DMA_WRITE        BIT(4)

static struct fw_cfg_item *find(struct fw_cfg *fw, u16 key)
{
	for (unsigned i = 0; i < fw->nr_items; i++)
		if (fw->items[i].key == key)
			return &fw->items[i];
	return NULL;
}

static struct fw_cfg_item *find_file(struct fw_cfg *fw, const char *name)
{
	for (unsigned i = 0; i < fw->nr_items; i++)
		if (*name && !strcmp(fw->items[i].name, name))
			return &fw->items[i];
	return NULL;
}

static void select_item(struct fw_cfg *fw, u16 key)
{
	fw->selected = find(fw, key & ~KEY_WRITE);
	fw->offset = 0;
	if (fw->selected && fw->selected->content.selected)
		fw->selected->content.selected(fw->selected->content.owner);
}

/* How many of @size bytes at the current offset the selected item has. */
static u32 available(const struct fw_cfg *fw, u32 size)
{
	u32 left = 0;

	if (fw->selected && fw->offset < fw->selected->content.size)
		left = fw->selected->content.size - fw->offset;
	return size < left ? size : left;
}

/* Bytes after the end of an item, or without an item, read as 0. */
static int read_on(struct fw_cfg *fw, u8 *to, u32 size)
{
	const struct fw_cfg_item *item = fw->selected;
	u32 n = available(fw, size);
	int ret = 0;

	if (n && item->bytes)
		memcpy(to, item->bytes + fw->offset, n);
	else if (n)
		ret = item->content.read(item->content.owner, fw->offset, to, n);
	if (ret)
		return ret;
	memset(to + n, 0, size - n);
	fw->offset += n;
	return 0;
}

static int write_on(struct fw_cfg *fw, const u8 *from, u32 size)
{
	const struct fw_cfg_item *item = fw->selected;

	if (!item || !item->content.writable || available(fw, size) < size)
		return -EPERM;
	memcpy(item->bytes + fw->offset, from, size);
	fw->offset += size;
	if (item->content.written)
		item->content.written(item->content.owner, item->bytes, item->content.size);
	return 0;
}

static int transfer(struct fw_cfg *fw, u32 control, u64 addr, u32 size)
{
	u8 *host;

	if (!size || !(control & (DMA_READ | DMA_WRITE | DMA_SKIP)))
		return 0;
	if (!(control & (DMA_READ | DMA_WRITE))) {
		fw->offset += available(fw, size);
		return 0;
	}
	host = mem_ptr(fw->mem, addr, size);
	if (!host)
		return -EFAULT;
	return control & DMA_READ ? read_on(fw, host, size) : write_on(fw, host, size);
}

static void run_dma(struct fw_cfg *fw, u64 where)
{
	u8 *guest = mem_ptr(fw->mem, where, DMA_COMMAND_SIZE);
	u8 command[DMA_COMMAND_SIZE];
	u32 control;
	int ret;

	if (!guest) {
		log_guest("fw_cfg: no command at 0x%llx", (unsigned long long)where);
		return;
	}
	/* Copy it, because another vCPU may change it meanwhile. */
	memcpy(command, guest, sizeof(command));
	control = get_be32(command);
	if (control & DMA_SELECT)
		select_item(fw, control >> 16);
	ret = transfer(fw, control, get_be64(command + 8), get_be32(command + 4));
	if (ret)
		log_guest("fw_cfg: command 0x%x for %u bytes at 0x%llx: %s", control,
			get_be32(command + 4), (unsigned long long)get_be64(command + 8),
			strerror(-ret));
	put_be32(guest, ret ? DMA_ERROR : 0);
}

static u64 ports_read(void *owner, u64 offset, unsigned size)
{
	struct fw_cfg *fw = owner;
	u8 byte = 0;

	if (offset != 1)
		return all_ones(size);
	if (available(fw, 1))
		read_on(fw, &byte, 1);
	return byte;
}

static void ports_write(void *owner, u64 offset, unsigned size, u64 value)
{
	if (offset == 0 && size == 2)
		select_item(owner, (u16)value);
}

static const struct bus_ops ports_ops = { ports_read, ports_write };

static u64 dma_read(void *owner, u64 offset, unsigned size)
{
	return get_le(&DMA_SIGNATURE[offset], size);
}

/* A write to the low half starts a command and clears the stored high half. */
static void dma_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct fw_cfg *fw = owner;
	u64 where;

	if (size != 4)
		return;
	if (offset == 0) {
		fw->dma_high = be32toh((u32)value);
	} else if (offset == 4) {
		where = (u64)fw->dma_high << 32 | be32toh((u32)value);
		fw->dma_high = 0;
		run_dma(fw, where);
	}
}

static const struct bus_ops dma_ops = { dma_read, dma_write };

static int fail(struct err *err, int code, u16 key, const char *name)
{
	if (*name)
		return err_sys(err, code, "cannot give the firmware the file '%s'", name);
	return err_sys(err, code, "cannot give the firmware the item 0x%x", key);
}

static int add(struct fw_cfg *fw, u16 key, const char *name, const struct fw_cfg_content *content)
{
	struct fw_cfg_item *item = &fw->items[fw->nr_items];

	if (strlen(name) >= FW_CFG_NAME_SIZE)
		return -ENAMETOOLONG;
	if (find(fw, key) || find_file(fw, name))
		return -EEXIST;
	if (fw->nr_items == FW_CFG_MAX)
		return -ENOSPC;
	*item = (struct fw_cfg_item){ .key = key, .content = *content };
	strcpy(item->name, name);
	if (!content->read) {
		item->bytes = calloc(1, content->size ? content->size : 1);
		if (!item->bytes)
			return -ENOMEM;
		if (content->bytes)
			memcpy(item->bytes, content->bytes, content->size);
	}
	item->content.bytes = NULL;
	fw->nr_items++;
	return 0;
}

int fw_cfg_add(struct fw_cfg *fw, u16 key, const struct fw_cfg_content *content, struct err *err)
{
	int ret = add(fw, key, "", content);

	return ret ? fail(err, -ret, key, "") : 0;
}

static unsigned count_files(const struct fw_cfg *fw)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fw->nr_items; i++)
		n += *fw->items[i].name != '\0';
	return n;
}

/* The file with the next name after @after, so that the directory is sorted. */
static const struct fw_cfg_item *next_file(const struct fw_cfg *fw, const char *after)
{
	const struct fw_cfg_item *next = NULL;

	for (unsigned i = 0; i < fw->nr_items; i++) {
		const struct fw_cfg_item *item = &fw->items[i];

		if (strcmp(item->name, after) > 0 && (!next || strcmp(item->name, next->name) < 0))
			next = item;
	}
	return next;
}

static int list_files(struct fw_cfg *fw)
{
	struct fw_cfg_item *directory = find(fw, FW_CFG_DIRECTORY);
	unsigned nr = count_files(fw);
	u32 size = DIRECTORY_HEADER + nr * DIRECTORY_ENTRY;
	u8 *bytes = calloc(1, size), *entry;

	if (!bytes)
		return -ENOMEM;
	put_be32(bytes, nr);
	entry = bytes + DIRECTORY_HEADER;
	for (const struct fw_cfg_item *file = next_file(fw, ""); file;
		file = next_file(fw, file->name), entry += DIRECTORY_ENTRY) {
		put_be32(entry, file->content.size);
		put_be16(entry + 4, file->key);
		memcpy(entry + 8, file->name, FW_CFG_NAME_SIZE);
	}
	free(directory->bytes);
	directory->bytes = bytes;
	directory->content.size = size;
	return 0;
}

int fw_cfg_add_file(
	struct fw_cfg *fw, const char *name, const struct fw_cfg_content *content, struct err *err)
{
	int ret = *name ? add(fw, fw->next_file, name, content) : -EINVAL;

	if (!ret)
		fw->next_file++;
	if (!ret)
		ret = list_files(fw);
	return ret ? fail(err, -ret, 0, name) : 0;
}

int fw_cfg_add_number(struct fw_cfg *fw, u16 key, unsigned size, u64 value, struct err *err)
{
	u8 bytes[8];
	const struct fw_cfg_content content = { .bytes = bytes, .size = size };

	put_le(bytes, sizeof(bytes), value);
	return fw_cfg_add(fw, key, &content, err);
}

int fw_cfg_add_file_bytes(
	struct fw_cfg *fw, const char *name, const void *bytes, u32 size, struct err *err)
{
	const struct fw_cfg_content content = { .bytes = bytes, .size = size };

	return fw_cfg_add_file(fw, name, &content, err);
}

int fw_cfg_add_file_number(
	struct fw_cfg *fw, const char *name, unsigned size, u64 value, struct err *err)
{
	u8 bytes[8];

	put_le(bytes, sizeof(bytes), value);
	return fw_cfg_add_file_bytes(fw, name, bytes, size, err);
}

static int put(struct fw_cfg *fw, const char *name, const void *bytes, u32 size)
{
	struct fw_cfg_item *item = find_file(fw, name);
	u8 *copy;

	if (!item || !item->bytes)
		return -ENOENT;
	if (size == item->content.size) {
		memcpy(item->bytes, bytes, size);
		return 0;
	}
	copy = malloc(size ? size : 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	free(item->bytes);
	item->bytes = copy;
	item->content.size = size;
	return list_files(fw);
}

int fw_cfg_put(struct fw_cfg *fw, const char *name, const void *bytes, u32 size)
{
	int ret;

	pthread_mutex_lock(&fw->lock);
	ret = put(fw, name, bytes, size);
	pthread_mutex_unlock(&fw->lock);
	return ret;
}

static int add_ports(
	struct fw_cfg *fw, struct bus_region *region, u64 port, u64 size, const struct bus_ops *ops)
{
	*region = (struct bus_region){
		.name = "fw_cfg",
		.range = { port, size },
		.rank = FLAT_RANK_PLATFORM,
		.ops = ops,
		.owner = fw,
		.lock = &fw->lock,
	};
	return bus_add(fw->pio, region);
}

static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

int fw_cfg_open(struct fw_cfg *fw, struct bus *pio, struct mem *mem, struct err *err)
{
	const struct fw_cfg_content signature = { .bytes = SIGNATURE, .size = 4 };
	const struct fw_cfg_content directory = { .size = DIRECTORY_HEADER };
	int ret;

	*fw = (struct fw_cfg){ .pio = pio, .mem = mem, .next_file = FW_CFG_FIRST_FILE };
	init_lock(&fw->lock);
	ret = fw_cfg_add(fw, FW_CFG_SIGNATURE, &signature, err);
	if (!ret)
		ret = fw_cfg_add_number(fw, FW_CFG_FEATURES, 4, FEATURES, err);
	if (!ret)
		ret = fw_cfg_add(fw, FW_CFG_DIRECTORY, &directory, err);
	if (!ret && (add_ports(fw, &fw->ports, FW_CFG_PORT, 2, &ports_ops) ||
			    add_ports(fw, &fw->dma_ports, FW_CFG_DMA_PORT, 8, &dma_ops)))
		ret = err_sys(err, ENOMEM, "cannot make the firmware configuration device");
	if (ret)
		fw_cfg_close(fw);
	return ret;
}

void fw_cfg_close(struct fw_cfg *fw)
{
	if (!fw->pio)
		return;
	bus_remove(fw->pio, &fw->ports);
	bus_remove(fw->pio, &fw->dma_ports);
	while (fw->nr_items)
		free(fw->items[--fw->nr_items].bytes);
	pthread_mutex_destroy(&fw->lock);
	fw->pio = NULL;
}

void fw_cfg_reset(struct fw_cfg *fw)
{
	fw->selected = NULL;
	fw->offset = 0;
	fw->dma_high = 0;
}
