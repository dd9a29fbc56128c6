// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/pflash.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/log.h"

static void tell_written(struct pflash *flash)
{
	u64 start = flash->dirty_start, end = flash->dirty_end;

	flash->dirty_start = flash->dirty_end = 0;
	if (end > start)
		flash->config.ops->written(flash->config.owner, start, end - start);
}

static void add_dirty(struct pflash *flash, u64 start, u64 end)
{
	if (flash->dirty_start == flash->dirty_end) {
		flash->dirty_start = start;
		flash->dirty_end = end;
		return;
	}
	if (start < flash->dirty_start)
		flash->dirty_start = start;
	if (end > flash->dirty_end)
		flash->dirty_end = end;
}

static void show_array(struct pflash *flash)
{
	struct err err = { 0 };

	if (!flash->status_mode)
		return;
	flash->status_mode = false;
	/* If the memory cannot be mapped, each read causes an exit and is handled there. */
	if (mem_add(flash->config.mem, &flash->array, &err))
		log_err(&err);
}

static void show_status(struct pflash *flash)
{
	if (flash->status_mode)
		return;
	flash->status_mode = true;
	mem_remove(flash->config.mem, &flash->array);
}

static void take_command(struct pflash *flash, u64 offset, u8 command)
{
	switch (command) {
	case PFLASH_PROGRAM:
	case PFLASH_PROGRAM_ALT:
		flash->state = PFLASH_DATA;
		return;
	case PFLASH_ERASE:
		flash->state = PFLASH_CONFIRM;
		return;
	case PFLASH_READ_STATUS:
		show_status(flash);
		break;
	case PFLASH_CLEAR_STATUS:
		flash->status = 0;
		show_array(flash);
		break;
	case PFLASH_READ_ARRAY:
		show_array(flash);
		break;
	default:
		log_guest("flash: unknown command 0x%02x at 0x%llx", command,
			(unsigned long long)offset);
		show_array(flash);
	}
	tell_written(flash);
}

static void program(struct pflash *flash, u64 offset, unsigned size, u64 value)
{
	put_le(flash->config.bytes + offset, size, value);
	add_dirty(flash, offset, offset + size);
	flash->status |= PFLASH_READY;
	flash->state = PFLASH_COMMAND;
}

static void erase(struct pflash *flash, u64 offset, u8 confirmation)
{
	u64 block = round_down(offset, PFLASH_BLOCK);

	flash->state = PFLASH_COMMAND;
	flash->status |= PFLASH_READY;
	if (confirmation != PFLASH_ERASE_CONFIRM) {
		flash->status |= PFLASH_SEQUENCE_ERROR;
		return;
	}
	memset(flash->config.bytes + block, 0xff, PFLASH_BLOCK);
	add_dirty(flash, block, block + PFLASH_BLOCK);
}

static void pflash_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct pflash *flash = owner;

	switch (flash->state) {
	case PFLASH_COMMAND:
		take_command(flash, offset, (u8)value);
		break;
	case PFLASH_DATA:
		program(flash, offset, size, value);
		break;
	case PFLASH_CONFIRM:
		erase(flash, offset, (u8)value);
		break;
	}
}

static u64 pflash_read(void *owner, u64 offset, unsigned size)
{
	struct pflash *flash = owner;

	if (flash->status_mode)
		return flash->status;
	return get_le(flash->config.bytes + offset, size);
}

static const struct bus_ops command_ops = { .read = pflash_read, .write = pflash_write };

static u64 refused_read(void *owner, u64 offset, unsigned size)
{
	const struct pflash *flash = owner;

	return get_le(flash->config.bytes + offset, size);
}

static void refused_write(void *owner, u64 offset, unsigned size, u64 value)
{
	log_guest("flash: a write at 0x%llx is refused, because the processor is not in SMM",
		(unsigned long long)offset);
}

static const struct bus_ops refused_ops = { refused_read, refused_write };

/* Divides the flash into what SMM has, and what all others have. */
static int close_to_others(struct pflash *flash, struct err *err)
{
	int ret;

	flash->refused = flash->commands;
	flash->refused.ops = &refused_ops;
	flash->refused.lock = NULL;
	flash->read_only = flash->array;
	flash->refused.scope = flash->read_only.scope = FLAT_SCOPE_NORMAL;
	flash->commands.scope = flash->array.scope = FLAT_SCOPE_SMM;
	ret = bus_add(flash->config.mmio, &flash->refused);
	if (ret)
		return err_sys(err, -ret, "cannot make the flash for the firmware's variables");
	return mem_add(flash->config.mem, &flash->read_only, err);
}

int pflash_open(struct pflash *flash, const struct pflash_config *config, struct err *err)
{
	int ret;

	*flash = (struct pflash){
		.config = *config,
		.commands = {
			.name = "flash",
			.range = { config->address, config->size },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &command_ops,
			.owner = flash,
			.lock = &flash->lock,
		},
		.array = {
			.name = "flash",
			.range = { config->address, config->size },
			.rank = FLAT_RANK_PLATFORM,
			.kind = MEM_ROM,
			.host = config->bytes,
			.fd = -1,
		},
		.status = PFLASH_READY,
	};
	if (!config->size || config->size % PFLASH_BLOCK)
		return err_set(err, EINVAL, "flash of %llu bytes is not of whole blocks",
			(unsigned long long)config->size);
	pthread_mutex_init(&flash->lock, NULL);
	flash->open = true;
	ret = config->smm_only ? close_to_others(flash, err) : 0;
	if (!ret && (ret = bus_add(config->mmio, &flash->commands)))
		err_sys(err, -ret, "cannot make the flash for the firmware's variables");
	if (!ret)
		ret = mem_add(config->mem, &flash->array, err);
	if (ret)
		pflash_close(flash);
	return ret;
}

void pflash_close(struct pflash *flash)
{
	if (!flash->open)
		return;
	bus_remove(flash->config.mmio, &flash->commands);
	mem_remove(flash->config.mem, &flash->array);
	bus_remove(flash->config.mmio, &flash->refused);
	mem_remove(flash->config.mem, &flash->read_only);
	tell_written(flash);
	pthread_mutex_destroy(&flash->lock);
	flash->open = false;
}

void pflash_reset(struct pflash *flash)
{
	if (!flash->open)
		return;
	pthread_mutex_lock(&flash->lock);
	show_array(flash);
	tell_written(flash);
	flash->state = PFLASH_COMMAND;
	flash->status = PFLASH_READY;
	pthread_mutex_unlock(&flash->lock);
}
