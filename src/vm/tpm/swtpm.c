// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tpm/swtpm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/own.h"
#include "kernel/confine.h"
#include "kernel/file_lock.h"
#include "vm/tpm/ctrl.h"

/* Files in the directory: Tenon's lock, swtpm's own, and the state of its TPM 2.0. */
#define LOCK       "tenon.lock"
#define SWTPM_LOCK ".lock"
#define STATE      "tpm2-00.permall"

/* A state has at most about 180 KiB, and is written to a second file. */
#define SPACE_WANTED (256 * KIB)

#define END_MS 5000
/* The swtpm of a machine that was killed may still finish a command. */
#define PREVIOUS_MS 5000
#define AGAIN_MS    20

_Static_assert(CHILD_FIRST_FD == 3, "the number in the command line");

static int find_program(char *path, size_t size, struct err *err)
{
	static const char *const names[] = { "swtpm", NULL };

	if (!child_find(names, path, size))
		return 0;
	err_set(err, ENOENT, "a TPM needs swtpm, which is not installed");
	return err_help(err, "install the package swtpm, or take --tpm off");
}

/* A directory that root makes is the process's own: nobody else has files, or is, that user. */
static int make_directory(const char *path, struct err *err)
{
	if (mkdir(path, 0700)) {
		if (errno == EEXIST)
			return 0;
	} else if (geteuid() || !chown(path, CONFINE_NOBODY, CONFINE_NOBODY)) {
		return 0;
	}
	return err_sys(err, errno, "cannot make the directory %s for the TPM's state", path);
}

static int open_directory(struct swtpm *swtpm, struct err *err)
{
	struct stat st;
	int ret = make_directory(swtpm->path, err);

	if (ret)
		return ret;
	swtpm->directory = open(swtpm->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (swtpm->directory < 0 || fstat(swtpm->directory, &st))
		return err_sys(err, errno, "cannot open the TPM's state in %s", swtpm->path);
	swtpm->uid = st.st_uid;
	swtpm->gid = st.st_gid;
	if (!(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	err_set(err, EPERM, "others may write to %s, where the TPM's state is", swtpm->path);
	return err_help(err, "chmod 700 %s", swtpm->path);
}

static int lock_directory(struct swtpm *swtpm, struct err *err)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", swtpm->path, LOCK);
	swtpm->lock =
		openat(swtpm->directory, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (swtpm->lock < 0)
		return err_sys(err, errno, "cannot open %s", path);
	ret = file_lock(swtpm->lock, path, err);
	if (ret != -EBUSY)
		return ret;
	return err_help(
		err, "Two machines cannot share a TPM; --tpm state=DIRECTORY names another.");
}

/* Whether another swtpm has locked the state. */
static bool is_in_use(int lock)
{
	struct flock probe = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return !fcntl(lock, F_OFD_GETLK, &probe) && probe.l_type != F_UNLCK;
}

/* Waits for a swtpm whose machine has ended. */
static int await_previous(const struct swtpm *swtpm, struct err *err)
{
	own_fd int lock = openat(swtpm->directory, SWTPM_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	const struct timespec pause = { .tv_nsec = AGAIN_MS * NS_PER_MS };
	char holder[FILE_HOLDER_SIZE];

	if (lock < 0)
		return 0;
	for (unsigned ms = 0; is_in_use(lock); ms += AGAIN_MS) {
		if (ms >= PREVIOUS_MS) {
			file_holder(lock, holder);
			return err_set(err, EBUSY, "the TPM's state in %s is in use by %s",
				swtpm->path, holder);
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

static bool is_full(const struct swtpm *swtpm)
{
	struct statvfs fs;

	if (fstatvfs(swtpm->directory, &fs))
		return false;
	return (geteuid() ? fs.f_bavail : fs.f_bfree) * fs.f_frsize < SPACE_WANTED;
}

static int check_space(const struct swtpm *swtpm, struct err *err)
{
	if (!is_full(swtpm))
		return 0;
	err_set(err, ENOSPC, "no space is left for the TPM's state in %s", swtpm->path);
	return err_help(err, "swtpm writes it at each start, and fails without %u KiB.",
		(unsigned)(SPACE_WANTED / KIB));
}

/* What the process is to do between fork and exec. */
struct preparation {
	int directory;
	struct confine confine;
};

/* The directory has no name in the command line, where a comma would end it. */
static int prepare(const void *argument)
{
	const struct preparation *preparation = argument;

	return fchdir(preparation->directory) ? -errno : confine_enter(&preparation->confine);
}

static int start(
	struct swtpm *swtpm, const char *program, int ctrl, struct loop *loop, struct err *err)
{
	const char *const argv[] = { program, "socket", "--tpm2", "--tpmstate", "dir=.,mode=0600",
		"--ctrl", "type=unixio,clientfd=3", NULL };
	const struct landlock_rule rules[] = {
		{ swtpm->path, LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_CREATE | LANDLOCK_REMOVE },
		{ "/etc/ssl/openssl.cnf", LANDLOCK_READ },
		{ "/etc/crypto-policies", LANDLOCK_READ },
	};
	struct preparation preparation = { swtpm->directory, { .ruleset = -1 } };
	const struct child_config config = {
		.name = "swtpm",
		.argv = argv,
		.fds = &ctrl,
		.nr_fds = 1,
		.prepare = prepare,
		.prepare_argument = &preparation,
		.own_pids = true,
		.own_users = true,
		.loop = loop,
	};
	int ret = confine_open(&preparation.confine, rules, ARRAY_SIZE(rules), err);

	preparation.confine.own_mounts = true;
	preparation.confine.is_other = true;
	preparation.confine.uid = swtpm->uid;
	preparation.confine.gid = swtpm->gid;
	if (!ret)
		ret = child_start(&swtpm->child, &config, err);
	confine_close(&preparation.confine);
	return ret;
}

static int make_channel(int *ours, int *theirs, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket for swtpm");
	*ours = pair[0];
	*theirs = pair[1];
	return 0;
}

/* The process has said why; it is of no use any more. */
static int refused(struct swtpm *swtpm, u32 result, struct err *err)
{
	child_stop(&swtpm->child, END_MS);
	err_set(err, EINVAL, "swtpm cannot use the TPM's state in %s (error 0x%x)", swtpm->path,
		result);
	return err_help(err,
		"The state is damaged, or of a newer swtpm. To begin with a new TPM, move %s/%s "
		"away: what the old one has sealed is lost with it.\nswtpm said: %s",
		swtpm->path, STATE, *swtpm->child.said ? swtpm->child.said : "nothing");
}

static int connect_tpm(struct swtpm *swtpm, struct err *err)
{
	struct tpm_ctrl ctrl = { .fd = swtpm->ctrl, .ms = TPM_CTRL_MS };
	own_fd int theirs = -1;
	u32 result = 0;
	int ret = make_channel(&swtpm->data, &theirs, err);

	if (!ret)
		ret = tpm_ctrl_connect(&ctrl, theirs, err);
	if (!ret)
		ret = tpm_ctrl_init(&ctrl, &swtpm->established, &result, err);
	if (!ret)
		return 0;
	return ret == -EREMOTEIO && result ? refused(swtpm, result, err)
					   : child_explain(&swtpm->child, err);
}

static int open_all(struct swtpm *swtpm, const struct swtpm_config *config, struct err *err)
{
	char program[PATH_MAX];
	own_fd int theirs = -1;
	bool is_new;
	int ret = find_program(program, sizeof(program), err);

	swtpm->path = strdup(config->directory);
	if (!ret && !swtpm->path)
		ret = err_sys(err, ENOMEM, "cannot start swtpm");
	if (!ret)
		ret = open_directory(swtpm, err);
	if (!ret)
		ret = lock_directory(swtpm, err);
	if (!ret)
		ret = await_previous(swtpm, err);
	if (!ret)
		ret = check_space(swtpm, err);
	if (!ret)
		ret = make_channel(&swtpm->ctrl, &theirs, err);
	if (ret)
		return ret;
	is_new = faccessat(swtpm->directory, STATE, F_OK, 0) && errno == ENOENT;
	ret = start(swtpm, program, theirs, config->loop, err);
	close_fd(&theirs);
	if (!ret)
		ret = connect_tpm(swtpm, err);
	if (!ret && is_new)
		log_info("made a new TPM in %s", swtpm->path);
	return ret;
}

int swtpm_open(struct swtpm *swtpm, const struct swtpm_config *config, struct err *err)
{
	int ret;

	*swtpm = (struct swtpm){ .directory = -1, .lock = -1, .ctrl = -1, .data = -1 };
	ret = open_all(swtpm, config, err);
	if (ret)
		swtpm_close(swtpm);
	else
		child_works(&swtpm->child);
	return ret;
}

void swtpm_close(struct swtpm *swtpm)
{
	struct tpm_ctrl ctrl = { .fd = swtpm->ctrl };

	if (!swtpm->path)
		return;
	/* This process may have given up the right to signal it. */
	if (swtpm->ctrl >= 0)
		tpm_ctrl_shutdown(&ctrl);
	child_stop(&swtpm->child, END_MS);
	close_fd(&swtpm->data);
	close_fd(&swtpm->ctrl);
	close_fd(&swtpm->lock);
	close_fd(&swtpm->directory);
	free(swtpm->path);
	*swtpm = (struct swtpm){ .directory = -1, .lock = -1, .ctrl = -1, .data = -1 };
}

void swtpm_kill(struct swtpm *swtpm)
{
	child_kill(&swtpm->child);
}

void swtpm_say_failure(const struct swtpm *swtpm)
{
	log_error("the guest's TPM is in failure mode until the guest resets: %s %s",
		is_full(swtpm) ? "no space is left for its state in"
			       : "see what swtpm has said; its state is in",
		swtpm->path);
}
