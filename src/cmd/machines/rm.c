// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rm`: removes what `tenon new` and the machine's runs have made, but for its disks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "cmd/machines/defined.h"

#define MAX_DEPTH 8 /* of directories below the machine's state */

struct rm_args {
	bool yes, disks;
};

static const struct cmd_option options[] = {
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", .field = FLAG_FIELD(struct rm_args, yes) },
	{ "disks", 0, OPTION_FLAG, NULL, "remove its disk images, too",
		.field = FLAG_FIELD(struct rm_args, disks) },
	{ 0 },
};

/* What goes. */
struct removal {
	const char *name;
	char *file, *state; /* NULL: there is none */
	struct run_request *request;
	const char *disks[DISKS_MAX]; /* image files that the machine writes to */
	unsigned nr_disks;
};

static bool exists(const char *path)
{
	struct stat st;

	return path && !lstat(path, &st);
}

/* CD images and the host's block devices are nobody's to remove with a machine. */
static void find_disks(struct removal *removal)
{
	const struct machine_config *config = &removal->request->config;
	struct stat st;

	for (unsigned i = 0; i < config->nr_disks; i++)
		if (!config->disks[i].read_only && config->disks[i].bus != DISK_CDROM &&
			!lstat(config->disks[i].path, &st) && S_ISREG(st.st_mode))
			removal->disks[removal->nr_disks++] = config->disks[i].path;
}

/* A machine whose file is damaged can be removed, too; its disks are not known then. */
static int find(struct removal *removal, const struct rm_args *args, struct err *err)
{
	struct err damaged = { 0 };
	int ret = defined_check_name(removal->name, err);

	if (!ret)
		ret = defined_file(removal->name, &removal->file, err);
	if (ret)
		return ret;
	removal->state = defined_state(removal->name);
	if (!exists(removal->state))
		free(take_ptr(&removal->state));
	if (!exists(removal->file))
		free(take_ptr(&removal->file));
	if (!removal->file && !removal->state) {
		err_set(err, ENOENT, "there is no machine %s", removal->name);
		return err_help(err, "`tenon ps` lists the machines.");
	}
	if (!removal->file)
		return 0;
	ret = defined_read(removal->request, removal->name, &damaged);
	if (!ret)
		find_disks(removal);
	else if (args->disks)
		return err_set(err, EINVAL, "its disks are not known: %s", damaged.text);
	return 0;
}

static int refuse_running(const char *name, struct err *err)
{
	struct err none = { 0 };
	struct client client;
	int ret = client_connect(&client, name, &none);

	client_disconnect(&client);
	if (ret == -ENOENT)
		return 0;
	err_set(err, EBUSY, "%s runs", name);
	return err_help(err, "`tenon stop %s` ends it first.", name);
}

static void announce(const struct removal *removal, bool disks)
{
	fprintf(stderr, "This is removed:\n");
	if (removal->file)
		fprintf(stderr, "  %s  the machine\n", removal->file);
	if (removal->state)
		fprintf(stderr,
			"  %s  what it keeps: UEFI variables, the state of its TPM, its log\n",
			removal->state);
	for (unsigned i = 0; i < removal->nr_disks && disks; i++)
		fprintf(stderr, "  %s  ITS DISK, with all that is on it\n", removal->disks[i]);
	for (unsigned i = 0; i < removal->nr_disks && !disks; i++)
		fprintf(stderr, "%s stays: it is its disk.\n", removal->disks[i]);
}

static int ask(struct err *err)
{
	char answer[16];

	if (!isatty(STDIN_FILENO)) {
		err_set(err, EINVAL, "nothing was removed: there is no terminal to ask on");
		return err_help(err, "--yes says that it may be.");
	}
	fputs("Go on? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
		return 0;
	return err_set(err, ECANCELED, "nothing was removed");
}

/*
 * Removes a directory with all below it. Other users may write to parts of it (a machine's own):
 * no link is followed. Returns 0 or -errno.
 */
static int remove_tree(int parent, const char *name, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_dir DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int ret = 0;

	if (!directory)
		return errno == ENOTDIR || errno == ELOOP ? (unlinkat(parent, name, 0) ? -errno : 0)
							  : -errno;
	if (depth == MAX_DEPTH)
		return -ELOOP;
	while (!ret && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			ret = remove_tree(fd, entry->d_name, depth + 1);
	if (!ret && unlinkat(parent, name, AT_REMOVEDIR))
		ret = -errno;
	return ret;
}

/* The machine's file goes last: as long as anything is left, the machine can be removed again. */
static int carry_out(const struct removal *removal, bool disks, struct err *err)
{
	int ret = removal->state ? remove_tree(AT_FDCWD, removal->state, 0) : 0;

	if (ret)
		return err_sys(err, -ret, "cannot remove %s", removal->state);
	for (unsigned i = 0; i < removal->nr_disks && disks; i++)
		if (unlink(removal->disks[i]) && errno != ENOENT)
			return err_sys(err, errno, "cannot remove %s", removal->disks[i]);
	if (removal->file && unlink(removal->file))
		return err_sys(err, errno, "cannot remove %s", removal->file);
	return 0;
}

static int rm_main(const struct cmd_call *call, struct err *err)
{
	const struct rm_args *args = call->args;
	struct removal removal = {
		.name = call->operands[0],
		.request = calloc(1, sizeof(*removal.request)),
	};
	int ret = removal.request ? find(&removal, args, err)
				  : err_sys(err, ENOMEM, "cannot look for %s", removal.name);

	if (!ret)
		ret = refuse_running(removal.name, err);
	if (!ret)
		announce(&removal, args->disks);
	if (!ret && !args->yes)
		ret = ask(err);
	if (!ret)
		ret = carry_out(&removal, args->disks, err);
	client_clean(removal.name);
	if (removal.request)
		run_request_free(removal.request);
	free(removal.request);
	free(removal.file);
	free(removal.state);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_rm = {
	.name = "rm",
	.summary = "remove a machine; its disks stay",
	.operands = "MACHINE",
	.description =
		"Removes a machine's file and what it keeps: its UEFI variables, the state of "
		"its TPM, its\n"
		"log. Its disks stay, and are named; --disks removes them, too. Asks before. A "
		"machine that\n"
		"runs is not removed.\n",
	.options = options,
	.args_size = sizeof(struct rm_args),
	.exits = { "removed", NULL, NULL, "not removed; the message says why" },
	.main = rm_main,
};
