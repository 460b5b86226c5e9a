/*
 * Taking the steps, in a process that may make only system calls.
 */
#include "container/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

struct mount_attributes {
	uint64_t set, clear, propagation, userns_fd;
};

#define ATTRIBUTE_READONLY 1u
#define RECURSIVE	   0x8000u /* AT_RECURSIVE */

static int make_readonly(const char *path)
{
	struct mount_attributes a = { .set = ATTRIBUTE_READONLY };

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, RECURSIVE, &a, sizeof(a));
}

static int make_file(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return -1;
	return close(fd);
}

/* EINVAL: no such user in this namespace. */
static int set_owner(const struct step *s)
{
	if (chown(s->to, s->uid, s->gid) < 0 && errno != EINVAL && errno != EPERM)
		return -1;
	if (chmod(s->to, s->mode) < 0)
		return -1;
	return utimensat(AT_FDCWD, s->to, (const struct timespec[]){ s->modified, s->modified }, 0);
}

static int change_root(const struct step *s)
{
	if (chdir(s->to) < 0)
		return -1;
	if (s->from)
		return syscall(SYS_pivot_root, ".", s->from) < 0 ? -1 : chdir("/");
	/* the old root comes to lie over the new one, and goes */
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return -1;
	return chdir("/");
}

static int send_folder(const char *path, int to)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	char byte = 'L';
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	ssize_t sent;

	if (fd < 0)
		return -1;
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	sent = sendmsg(to, &m, 0);
	close(fd);
	return sent == 1 ? 0 : -1;
}

static int start_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -1;
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	result = ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
	return result;
}

static int take(const struct step *s, int layers)
{
	switch (s->kind) {
	case STEP_PRIVATE:
		return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	case STEP_MOUNT:
		return mount(s->from, s->to, s->type, s->flags, s->data);
	case STEP_READONLY:
		return make_readonly(s->to);
	case STEP_FOLDER:
		return mkdir(s->to, s->mode) < 0 && errno != EEXIST ? -1 : 0;
	case STEP_FILE:
		return make_file(s->to, s->mode);
	case STEP_LINK:
		return symlink(s->from, s->to);
	case STEP_OWNER:
		return set_owner(s);
	case STEP_ROOT:
		return change_root(s);
	case STEP_LAYERS:
		return send_folder(s->to, layers);
	case STEP_HOSTNAME:
		return sethostname(s->from, strlen(s->from));
	case STEP_LOOPBACK:
		return start_loopback();
	}
	errno = EINVAL;
	return -1;
}

int plan_take(const struct plan *p, int layers, size_t *failed)
{
	bool done = false, overlay_failed = false;

	for (size_t i = 0; i < p->nsteps; i++) {
		const struct step *s = &p->steps[i];

		if ((s->follows && !done) || (s->instead && !overlay_failed)) {
			done = false;
			continue;
		}
		done = take(s, layers) == 0;
		if (s->kind == STEP_MOUNT && s->type && strcmp(s->type, "overlay") == 0)
			overlay_failed = !done;
		if (!done && !s->optional) {
			*failed = i;
			return -1;
		}
	}
	return 0;
}
