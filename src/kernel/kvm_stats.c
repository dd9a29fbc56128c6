// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kvm_stats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"

/* Far more than KVM has. */
#define MAX_STATS 1024
#define MAX_NAME  256
#define MAX_DATA  (1u << 20)

/* A descriptor is followed by its name, whose size is the same for all. */
static size_t desc_size(const struct kvm_stats_header *header)
{
	return sizeof(struct kvm_stats_desc) + header->name_size;
}

static int not_stats(struct err *err)
{
	return err_set(err, EPROTO, "the statistics of KVM have a form that tenon does not know");
}

static int read_at(int fd, void *bytes, size_t size, u32 offset, struct err *err)
{
	ssize_t got = pread(fd, bytes, size, offset);

	if (got < 0)
		return err_sys(err, errno, "cannot read the statistics of KVM");
	return (size_t)got == size ? 0 : not_stats(err);
}

static bool is_number(const struct kvm_stats_desc *desc)
{
	u32 type = desc->flags & KVM_STATS_TYPE_MASK;

	return desc->size == 1 && type <= KVM_STATS_TYPE_PEAK &&
	       desc->offset <= MAX_DATA - sizeof(u64);
}

static void add(struct kvm_stats *stats, const struct kvm_stats_desc *desc, char *name)
{
	u32 end = desc->offset + sizeof(u64);

	stats->stats[stats->nr++] = (struct kvm_stat){
		.name = name,
		.counts = (desc->flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_CUMULATIVE,
		.offset = desc->offset,
	};
	if (end > stats->data_size)
		stats->data_size = end;
}

/* Takes the descriptors from @bytes, and points into these for the names. */
static void take(struct kvm_stats *stats, const struct kvm_stats_header *header, const u8 *bytes)
{
	for (u32 i = 0; i < header->num_desc; i++) {
		const u8 *at = bytes + i * desc_size(header);
		char *name = stats->names + (size_t)i * (header->name_size + 1);
		struct kvm_stats_desc desc;

		memcpy(&desc, at, sizeof(desc));
		memcpy(name, at + sizeof(desc), header->name_size);
		if (is_number(&desc) && *name)
			add(stats, &desc, name);
	}
}

static int read_descriptions(
	struct kvm_stats *stats, const struct kvm_stats_header *header, struct err *err)
{
	size_t size = header->num_desc * desc_size(header);
	own_free u8 *bytes = malloc(size + 1);
	int ret;

	stats->names = calloc(header->num_desc + 1, header->name_size + 1);
	stats->stats = calloc(header->num_desc + 1, sizeof(*stats->stats));
	if (!bytes || !stats->names || !stats->stats)
		return err_sys(err, ENOMEM, "cannot read the statistics of KVM");
	ret = read_at(stats->fd, bytes, size, header->desc_offset, err);
	if (ret)
		return ret;
	take(stats, header, bytes);
	stats->bytes = calloc(1, stats->data_size + 1);
	return stats->bytes ? 0 : err_sys(err, ENOMEM, "cannot read the statistics of KVM");
}

int kvm_stats_open(struct kvm_stats *stats, int fd, struct err *err)
{
	struct kvm_stats_header header;
	int ret;

	*stats = (struct kvm_stats){ .fd = fd };
	ret = read_at(fd, &header, sizeof(header), 0, err);
	if (ret)
		return ret;
	if (header.num_desc > MAX_STATS || header.name_size > MAX_NAME)
		return not_stats(err);
	stats->data_offset = header.data_offset;
	ret = read_descriptions(stats, &header, err);
	if (ret)
		kvm_stats_close(stats);
	return ret;
}

void kvm_stats_close(struct kvm_stats *stats)
{
	free(stats->stats);
	free(stats->names);
	free(stats->bytes);
	*stats = (struct kvm_stats){ .fd = -1 };
}

int kvm_stats_read(struct kvm_stats *stats, struct err *err)
{
	return read_at(stats->fd, stats->bytes, stats->data_size, stats->data_offset, err);
}

u64 kvm_stats_value(const struct kvm_stats *stats, unsigned i)
{
	u64 value;

	memcpy(&value, stats->bytes + stats->stats[i].offset, sizeof(value));
	return value;
}
