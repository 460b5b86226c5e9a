/*
 * Audit cases: System V's objects, POSIX message queues, keys.  Everything is in namespaces of the case's own where it
 * may have them; what it makes, it takes away.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/mqueue.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#define PAGE 4096L
#define KEY  SYS_keyctl

/* Objects that a case leaves when it fails go with the namespace; an ordinary user has none. */
static void apart(void)
{
	if (unshare(CLONE_NEWIPC) != 0)
		MUST_BE(errno == EPERM || errno == EINVAL);
}

/* ---- semaphores ---- */

static int semaphores(void)
{
	apart();
	return (int)MUST(semget(IPC_PRIVATE, 2, 0600));
}

static void no_semaphores(int id)
{
	MUST(syscall(SYS_semctl, id, 0, IPC_RMID));
}

ABI_CASE("semget")
{
	apart();
	no_semaphores((int)MUST(syscall(SYS_semget, IPC_PRIVATE, 2, 0600)));
	MUST_FAIL(syscall(SYS_semget, IPC_PRIVATE, -1, 0600), EINVAL);
}

ABI_CASE("semop")
{
	int id = semaphores();
	struct sembuf up[2] = { { 0, 1, 0 }, { 1, 2, 0 } }, down = { 0, -2, IPC_NOWAIT };

	MUST(syscall(SYS_semop, id, up, 2u));
	MUST_FAIL(syscall(SYS_semop, id, &down, 1u), EAGAIN);
	no_semaphores(id);
}

ABI_CASE("semtimedop")
{
	int id = semaphores();
	struct sembuf up = { 0, 1, 0 }, down = { 0, -2, 0 };
	struct timespec soon = { 0, 1000 };

	MUST(syscall(SYS_semtimedop, id, &up, 1u, &soon));
	MUST_FAIL(syscall(SYS_semtimedop, id, &down, 1u, &soon), EAGAIN);
	no_semaphores(id);
}

ABI_CASE("semctl(IPC_RMID)")
{
	int id = semaphores();

	no_semaphores(id);
	MUST_FAIL(syscall(SYS_semctl, id, 0, IPC_RMID), EINVAL);
}

ABI_CASE("semctl(IPC_STAT)")
{
	struct semid_ds about;
	int id = semaphores();

	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_semctl, id, 0, IPC_STAT, &about));
	no_semaphores(id);
	MUST_FAIL(syscall(SYS_semctl, id, 0, IPC_STAT, &about), EINVAL);
}

ABI_CASE("semctl(IPC_SET)")
{
	struct semid_ds about;
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 0, IPC_STAT, &about));
	about.sem_perm.mode = 0640;
	MUST(syscall(SYS_semctl, id, 0, IPC_SET, &about));
	no_semaphores(id);
	MUST_FAIL(syscall(SYS_semctl, id, 0, IPC_SET, &about), EINVAL);
}

ABI_CASE("semctl(GETPID)")
{
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 1, GETPID));
	MUST_FAIL(syscall(SYS_semctl, id, 9, GETPID), EINVAL);
	no_semaphores(id);
}

ABI_CASE("semctl(GETVAL)")
{
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 1, GETVAL));
	MUST_FAIL(syscall(SYS_semctl, id, 9, GETVAL), EINVAL);
	no_semaphores(id);
}

ABI_CASE("semctl(GETALL)")
{
	uint16_t values[4] = { 7, 7, 7, 7 };
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 0, GETALL, values));
	MUST_BE(values[2] == 7);
	no_semaphores(id);
	MUST_FAIL(syscall(SYS_semctl, id, 0, GETALL, values), EINVAL);
}

ABI_CASE("semctl(SETALL)")
{
	/* what is behind the values of the set differs from run to run */
	uint16_t values[4] = { 5, 6, (uint16_t)getpid(), 9 };
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 0, SETALL, values));
	MUST_BE(MUST(syscall(SYS_semctl, id, 1, GETVAL)) == 6);
	no_semaphores(id);
	MUST_FAIL(syscall(SYS_semctl, id, 0, SETALL, values), EINVAL);
}

ABI_CASE("semctl(GETNCNT)")
{
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 1, GETNCNT));
	MUST_FAIL(syscall(SYS_semctl, id, 9, GETNCNT), EINVAL);
	no_semaphores(id);
}

ABI_CASE("semctl(GETZCNT)")
{
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 1, GETZCNT));
	MUST_FAIL(syscall(SYS_semctl, id, 9, GETZCNT), EINVAL);
	no_semaphores(id);
}

ABI_CASE("semctl(SETVAL)")
{
	int id = semaphores();

	MUST(syscall(SYS_semctl, id, 1, SETVAL, 5L));
	MUST_FAIL(syscall(SYS_semctl, id, 1, SETVAL, -5L), ERANGE);
	no_semaphores(id);
}

ABI_CASE("semctl(IPC_INFO)")
{
	int info[16];

	memset(info, 'i', sizeof(info));
	MUST(syscall(SYS_semctl, 0, 0, IPC_INFO, info));
	MUST_FAIL(syscall(SYS_semctl, 0, 0, IPC_INFO, (int *)8), EFAULT);
}

ABI_CASE("semctl(SEM_INFO)")
{
	int info[16];

	memset(info, 'i', sizeof(info));
	MUST(syscall(SYS_semctl, 0, 0, SEM_INFO, info));
	MUST_FAIL(syscall(SYS_semctl, 0, 0, SEM_INFO, (int *)8), EFAULT);
}

/* Which place in the table an object has is up to everybody, so these need a namespace of their own. */
static void alone(void)
{
	if (unshare(CLONE_NEWIPC) != 0)
		abi_skip("a namespace of IPC is not permitted here");
}

ABI_CASE("semctl(SEM_STAT)")
{
	struct semid_ds about;

	alone();
	MUST(semget(IPC_PRIVATE, 2, 0600));
	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_semctl, 0, 0, SEM_STAT, &about));
	MUST_FAIL(syscall(SYS_semctl, 99, 0, SEM_STAT, &about), EINVAL);
}

ABI_CASE("semctl(SEM_STAT_ANY)")
{
	struct semid_ds about;

	alone();
	MUST(semget(IPC_PRIVATE, 2, 0600));
	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_semctl, 0, 0, 20, &about));
	MUST_FAIL(syscall(SYS_semctl, 99, 0, 20, &about), EINVAL);
}

/* ---- shared memory ---- */

static int segment(void)
{
	apart();
	return (int)MUST(shmget(IPC_PRIVATE, PAGE, 0600));
}

static void no_segment(int id)
{
	MUST(syscall(SYS_shmctl, id, IPC_RMID));
}

ABI_CASE("shmget")
{
	apart();
	no_segment((int)MUST(syscall(SYS_shmget, IPC_PRIVATE, PAGE, 0600)));
	MUST_FAIL(syscall(SYS_shmget, IPC_PRIVATE, 0L, 0600), EINVAL);
}

ABI_CASE("shmctl(IPC_RMID)")
{
	int id = segment();

	no_segment(id);
	MUST_FAIL(syscall(SYS_shmctl, id, IPC_RMID), EINVAL);
}

ABI_CASE("shmctl(IPC_STAT)")
{
	struct shmid_ds about;
	int id = segment();

	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_shmctl, id, IPC_STAT, &about));
	no_segment(id);
	MUST_FAIL(syscall(SYS_shmctl, id, IPC_STAT, &about), EINVAL);
}

ABI_CASE("shmctl(IPC_SET)")
{
	struct shmid_ds about;
	int id = segment();

	MUST(syscall(SYS_shmctl, id, IPC_STAT, &about));
	about.shm_perm.mode = 0640;
	MUST(syscall(SYS_shmctl, id, IPC_SET, &about));
	no_segment(id);
	MUST_FAIL(syscall(SYS_shmctl, id, IPC_SET, &about), EINVAL);
}

ABI_CASE("shmctl(SHM_LOCK)")
{
	int id = segment();

	MUST(syscall(SYS_shmctl, id, SHM_LOCK));
	no_segment(id);
	MUST_FAIL(syscall(SYS_shmctl, id, SHM_LOCK), EINVAL);
}

ABI_CASE("shmctl(SHM_UNLOCK)")
{
	int id = segment();

	MUST(syscall(SYS_shmctl, id, SHM_UNLOCK));
	no_segment(id);
	MUST_FAIL(syscall(SYS_shmctl, id, SHM_UNLOCK), EINVAL);
}

ABI_CASE("shmctl(IPC_INFO)")
{
	char info[128];

	memset(info, 'i', sizeof(info));
	MUST(syscall(SYS_shmctl, 0, IPC_INFO, info));
	MUST_FAIL(syscall(SYS_shmctl, 0, IPC_INFO, (char *)8), EFAULT);
}

ABI_CASE("shmctl(SHM_INFO)")
{
	char info[128];

	memset(info, 'i', sizeof(info));
	MUST(syscall(SYS_shmctl, 0, SHM_INFO, info));
	MUST_FAIL(syscall(SYS_shmctl, 0, SHM_INFO, (char *)8), EFAULT);
}

ABI_CASE("shmctl(SHM_STAT)")
{
	struct shmid_ds about;

	alone();
	MUST(shmget(IPC_PRIVATE, PAGE, 0600));
	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_shmctl, 0, SHM_STAT, &about));
	MUST_FAIL(syscall(SYS_shmctl, 99, SHM_STAT, &about), EINVAL);
}

ABI_CASE("shmctl(SHM_STAT_ANY)")
{
	struct shmid_ds about;

	alone();
	MUST(shmget(IPC_PRIVATE, PAGE, 0600));
	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_shmctl, 0, 15, &about));
	MUST_FAIL(syscall(SYS_shmctl, 99, 15, &about), EINVAL);
}

/* ---- message queues ---- */

struct message {
	long type;
	char text[60];
};

static int queue(void)
{
	apart();
	return (int)MUST(msgget(IPC_PRIVATE, 0600));
}

static void no_queue(int id)
{
	MUST(syscall(SYS_msgctl, id, IPC_RMID));
}

ABI_CASE("msgget")
{
	apart();
	no_queue((int)MUST(syscall(SYS_msgget, IPC_PRIVATE, 0600)));
	MUST_FAIL(syscall(SYS_msgget, 4711, 0600), ENOENT);
}

ABI_CASE("msgsnd")
{
	struct message m = { 7, "some text" };
	int id = queue();

	MUST(syscall(SYS_msgsnd, id, &m, 9L, 0));
	MUST(syscall(SYS_msgsnd, id, &m, 0L, 0));
	m.type = 0;
	MUST_FAIL(syscall(SYS_msgsnd, id, &m, 9L, 0), EINVAL);
	no_queue(id);
}

ABI_CASE("msgrcv")
{
	struct message m = { 7, "some text" };
	int id = queue();

	MUST(syscall(SYS_msgsnd, id, &m, 9L, 0));
	m.type = 8;
	MUST(syscall(SYS_msgsnd, id, &m, 0L, 0));
	memset(&m, 'm', sizeof(m));
	MUST_BE(MUST(syscall(SYS_msgrcv, id, &m, sizeof(m.text), 7L, 0)) == 9);
	memset(&m, 'm', sizeof(m));
	MUST_BE(syscall(SYS_msgrcv, id, &m, sizeof(m.text), 0L, 0) == 0 && m.type == 8);
	MUST_FAIL(syscall(SYS_msgrcv, id, &m, sizeof(m.text), 0L, IPC_NOWAIT), ENOMSG);
	no_queue(id);
}

ABI_CASE("msgctl(IPC_RMID)")
{
	int id = queue();

	no_queue(id);
	MUST_FAIL(syscall(SYS_msgctl, id, IPC_RMID), EINVAL);
}

ABI_CASE("msgctl(IPC_STAT)")
{
	struct msqid_ds about;
	int id = queue();

	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_msgctl, id, IPC_STAT, &about));
	no_queue(id);
	MUST_FAIL(syscall(SYS_msgctl, id, IPC_STAT, &about), EINVAL);
}

ABI_CASE("msgctl(IPC_SET)")
{
	struct msqid_ds about;
	int id = queue();

	MUST(syscall(SYS_msgctl, id, IPC_STAT, &about));
	about.msg_perm.mode = 0640;
	MUST(syscall(SYS_msgctl, id, IPC_SET, &about));
	no_queue(id);
	MUST_FAIL(syscall(SYS_msgctl, id, IPC_SET, &about), EINVAL);
}

ABI_CASE("msgctl(IPC_INFO)")
{
	int info[16];

	memset(info, 'i', sizeof(info));
	MUST(syscall(SYS_msgctl, 0, IPC_INFO, info));
	MUST_FAIL(syscall(SYS_msgctl, 0, IPC_INFO, (int *)8), EFAULT);
}

ABI_CASE("msgctl(MSG_INFO)")
{
	int info[16];

	memset(info, 'i', sizeof(info));
	MUST(syscall(SYS_msgctl, 0, MSG_INFO, info));
	MUST_FAIL(syscall(SYS_msgctl, 0, MSG_INFO, (int *)8), EFAULT);
}

ABI_CASE("msgctl(MSG_STAT)")
{
	struct msqid_ds about;

	alone();
	MUST(msgget(IPC_PRIVATE, 0600));
	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_msgctl, 0, MSG_STAT, &about));
	MUST_FAIL(syscall(SYS_msgctl, 99, MSG_STAT, &about), EINVAL);
}

ABI_CASE("msgctl(MSG_STAT_ANY)")
{
	struct msqid_ds about;

	alone();
	MUST(msgget(IPC_PRIVATE, 0600));
	memset(&about, 'a', sizeof(about));
	MUST(syscall(SYS_msgctl, 0, 13, &about));
	MUST_FAIL(syscall(SYS_msgctl, 99, 13, &about), EINVAL);
}

/* ---- POSIX message queues ---- */

/* A name that no other user has, and the same in every run. */
static const char *queue_name(void)
{
	static char name[32] = "sperrips-abi-";
	unsigned user = getuid();
	size_t at = strlen(name);

	do
		name[at++] = (char)('0' + user % 10);
	while (user /= 10);
	syscall(SYS_mq_unlink, name);
	return name;
}

static int posix_queue(const char **name)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };
	long fd;

	apart();
	*name = queue_name();
	fd = syscall(SYS_mq_open, *name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr);
	if (fd == -1 && errno == ENOSYS)
		abi_skip("this kernel has no POSIX message queues");
	return (int)MUST(fd);
}

static void no_posix_queue(const char *name)
{
	MUST(syscall(SYS_mq_unlink, name));
}

ABI_CASE("mq_open")
{
	const char *name;

	posix_queue(&name);
	MUST(syscall(SYS_mq_open, name, O_RDONLY, 0, NULL));
	no_posix_queue(name);
	MUST_FAIL(syscall(SYS_mq_open, name, O_RDONLY, 0, NULL), ENOENT);
}

ABI_CASE("mq_open(O_CREAT)")
{
	const char *name;
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };

	posix_queue(&name);
	MUST(syscall(SYS_mq_open, name, O_RDONLY | O_CREAT, 0600, NULL));
	MUST_FAIL(syscall(SYS_mq_open, name, O_RDONLY | O_CREAT | O_EXCL, 0600, &attr), EEXIST);
	no_posix_queue(name);
}

ABI_CASE("mq_unlink")
{
	const char *name;

	posix_queue(&name);
	MUST(syscall(SYS_mq_unlink, name));
	MUST_FAIL(syscall(SYS_mq_unlink, name), ENOENT);
}

ABI_CASE("mq_timedsend")
{
	const char *name;
	int fd = posix_queue(&name);
	struct timespec past = { 1, 0 };

	MUST(syscall(SYS_mq_timedsend, fd, "text", 4L, 3u, &past));
	MUST_FAIL(syscall(SYS_mq_timedsend, fd, name, 65L, 3u, NULL), EMSGSIZE);
	no_posix_queue(name);
}

ABI_CASE("mq_timedreceive")
{
	const char *name;
	int fd = posix_queue(&name);
	char text[64];
	unsigned priority = 99;
	struct timespec past = { 1, 0 };

	MUST(syscall(SYS_mq_timedsend, fd, "text", 4L, 3u, NULL));
	memset(text, 't', sizeof(text));
	MUST_BE(MUST(syscall(SYS_mq_timedreceive, fd, text, sizeof(text), &priority, &past)) == 4);
	MUST_FAIL(syscall(SYS_mq_timedreceive, fd, text, sizeof(text), &priority, NULL), EAGAIN);
	no_posix_queue(name);
}

ABI_CASE("mq_notify")
{
	const char *name;
	int fd = posix_queue(&name);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 7 };

	MUST(syscall(SYS_mq_notify, fd, &event));
	MUST_FAIL(syscall(SYS_mq_notify, fd, &event), EBUSY);
	MUST(syscall(SYS_mq_notify, fd, NULL));
	no_posix_queue(name);
}

ABI_CASE("mq_getsetattr")
{
	const char *name;
	int fd = posix_queue(&name);
	struct mq_attr new = { .mq_flags = O_NONBLOCK }, old;

	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_mq_getsetattr, fd, &new, &old));
	MUST_FAIL(syscall(SYS_mq_getsetattr, 1, &new, &old), EBADF);
	no_posix_queue(name);
}

/* ---- keys: in a ring that ends with the process ---- */

#define RING ((long)KEY_SPEC_PROCESS_KEYRING)

static void keys(void)
{
	if (syscall(KEY, KEYCTL_GET_KEYRING_ID, RING, 1) == -1)
		abi_skip("keys are not permitted here, or this kernel has none");
}

static int key(void)
{
	keys();
	return (int)MUST(syscall(SYS_add_key, "user", "sperrips", "secret", 6L, (int)RING));
}

ABI_CASE("add_key")
{
	key();
	MUST_FAIL(syscall(SYS_add_key, "no such type", "name", "secret", 6L, (int)RING), ENODEV);
}

ABI_CASE("request_key")
{
	key();
	MUST(syscall(SYS_request_key, "user", "sperrips", NULL, 0));
	MUST_FAIL(syscall(SYS_request_key, "user", "no such key", NULL, 0), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_GET_KEYRING_ID)")
{
	keys();
	MUST(syscall(KEY, KEYCTL_GET_KEYRING_ID, RING, 1));
	MUST_FAIL(syscall(KEY, KEYCTL_GET_KEYRING_ID, -99L, 0), EINVAL);
}

ABI_CASE("keyctl(KEYCTL_JOIN_SESSION_KEYRING)")
{
	keys();
	MUST(syscall(KEY, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	MUST_FAIL(syscall(KEY, KEYCTL_JOIN_SESSION_KEYRING, (char *)8), EFAULT);
}

ABI_CASE("keyctl(KEYCTL_UPDATE)")
{
	MUST(syscall(KEY, KEYCTL_UPDATE, key(), "another", 7L));
	MUST_FAIL(syscall(KEY, KEYCTL_UPDATE, 0x7ffffff0, "another", 7L), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_REVOKE)")
{
	int k = key();

	MUST(syscall(KEY, KEYCTL_REVOKE, k));
	MUST_FAIL(syscall(KEY, KEYCTL_REVOKE, k), EKEYREVOKED);
}

ABI_CASE("keyctl(KEYCTL_CHOWN)")
{
	MUST(syscall(KEY, KEYCTL_CHOWN, key(), -1, getgid()));
	MUST_FAIL(syscall(KEY, KEYCTL_CHOWN, 0x7ffffff0, -1, getgid()), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_SETPERM)")
{
	MUST(syscall(KEY, KEYCTL_SETPERM, key(), 0x3f3f0000u));
	MUST_FAIL(syscall(KEY, KEYCTL_SETPERM, 0x7ffffff0, ~0u), EINVAL);
}

ABI_CASE("keyctl(KEYCTL_DESCRIBE)")
{
	char text[200];
	int k = key();

	memset(text, 't', sizeof(text));
	MUST(syscall(KEY, KEYCTL_DESCRIBE, k, text, sizeof(text)));
	memset(text, 't', sizeof(text));
	MUST(syscall(KEY, KEYCTL_DESCRIBE, k, text, 9L)); /* too small: left as it is */
	MUST_FAIL(syscall(KEY, KEYCTL_DESCRIBE, 0x7ffffff0, text, sizeof(text)), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_CLEAR)")
{
	key();
	MUST(syscall(KEY, KEYCTL_CLEAR, RING));
	MUST_FAIL(syscall(KEY, KEYCTL_CLEAR, 0x7ffffff0), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_LINK)")
{
	MUST(syscall(KEY, KEYCTL_LINK, key(), RING));
	MUST_FAIL(syscall(KEY, KEYCTL_LINK, 0x7ffffff0, RING), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_UNLINK)")
{
	int k = key();

	MUST(syscall(KEY, KEYCTL_UNLINK, k, RING));
	MUST_FAIL(syscall(KEY, KEYCTL_UNLINK, 0x7ffffff0, RING), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_SEARCH)")
{
	key();
	MUST(syscall(KEY, KEYCTL_SEARCH, RING, "user", "sperrips", 0));
	MUST_FAIL(syscall(KEY, KEYCTL_SEARCH, RING, "user", "no such key", 0), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_READ)")
{
	char text[64];
	int k = key();

	memset(text, 't', sizeof(text));
	MUST_BE(MUST(syscall(KEY, KEYCTL_READ, k, text, sizeof(text))) == 6);
	memset(text, 't', sizeof(text));
	MUST_BE(MUST(syscall(KEY, KEYCTL_READ, k, text, 5L)) == 6 && text[0] == 't');
	MUST_FAIL(syscall(KEY, KEYCTL_READ, 0x7ffffff0, text, sizeof(text)), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_SET_REQKEY_KEYRING)")
{
	keys();
	MUST(syscall(KEY, KEYCTL_SET_REQKEY_KEYRING, (long)KEY_REQKEY_DEFL_PROCESS_KEYRING));
	MUST_FAIL(syscall(KEY, KEYCTL_SET_REQKEY_KEYRING, 99L), EINVAL);
}

ABI_CASE("keyctl(KEYCTL_SET_TIMEOUT)")
{
	MUST(syscall(KEY, KEYCTL_SET_TIMEOUT, key(), 100u));
	MUST_FAIL(syscall(KEY, KEYCTL_SET_TIMEOUT, 0x7ffffff0, 100u), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_ASSUME_AUTHORITY)")
{
	keys();
	MUST_BE(MUST(syscall(KEY, KEYCTL_ASSUME_AUTHORITY, 0)) == 0);
	MUST_FAIL(syscall(KEY, KEYCTL_ASSUME_AUTHORITY, -99), EINVAL);
}

ABI_CASE("keyctl(KEYCTL_GET_SECURITY)")
{
	char text[64];

	memset(text, 't', sizeof(text));
	if (syscall(KEY, KEYCTL_GET_SECURITY, key(), text, sizeof(text)) == -1 && errno == EOPNOTSUPP)
		abi_skip("keys have no labels here");
	MUST_FAIL(syscall(KEY, KEYCTL_GET_SECURITY, 0x7ffffff0, text, sizeof(text)), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_INVALIDATE)")
{
	MUST(syscall(KEY, KEYCTL_INVALIDATE, key()));
	MUST_FAIL(syscall(KEY, KEYCTL_INVALIDATE, 0x7ffffff0), ENOKEY);
}

ABI_FAILS("keyctl(KEYCTL_INSTANTIATE)", "only who was asked to make a key may")
{
	MUST_FAIL(syscall(KEY, KEYCTL_INSTANTIATE, key(), "secret", 6L, 0), EPERM);
}

ABI_FAILS("keyctl(KEYCTL_INSTANTIATE_IOV)", "only who was asked to make a key may")
{
	struct {
		const char *data;
		size_t len;
	} part = { "secret", 6 };

	MUST_FAIL(syscall(KEY, KEYCTL_INSTANTIATE_IOV, key(), &part, 1L, 0), EPERM);
}

ABI_FAILS("keyctl(KEYCTL_NEGATE)", "only who was asked to make a key may")
{
	MUST_FAIL(syscall(KEY, KEYCTL_NEGATE, key(), 1u, 0), EPERM);
}

ABI_FAILS("keyctl(KEYCTL_REJECT)", "only who was asked to make a key may")
{
	MUST_FAIL(syscall(KEY, KEYCTL_REJECT, key(), 1u, ENOKEY, 0), EPERM);
}

ABI_CASE("keyctl(KEYCTL_GET_PERSISTENT)")
{
	keys();
	if (syscall(KEY, KEYCTL_GET_PERSISTENT, -1, RING) == -1 && errno == EOPNOTSUPP)
		abi_skip("this kernel has no persistent keyrings");
	MUST_FAIL(syscall(KEY, KEYCTL_GET_PERSISTENT, -1, 0x7ffffff0), ENOKEY);
}

ABI_FAILS("keyctl(KEYCTL_DH_COMPUTE)", "needs numbers of the size that the kernel's method takes")
{
	struct keyctl_dh_params p = { { 0x7ffffff0 }, 0x7ffffff0, 0x7ffffff0 };
	char out[64];

	keys();
	if (syscall(KEY, KEYCTL_DH_COMPUTE, &p, out, sizeof(out), NULL) == -1 && errno == EOPNOTSUPP)
		abi_skip("this kernel computes no Diffie-Hellman values");
	MUST_FAIL(syscall(KEY, KEYCTL_DH_COMPUTE, &p, out, sizeof(out), NULL), ENOKEY);
}

ABI_FAILS("keyctl(KEYCTL_PKEY_QUERY)", "a case has no public key")
{
	struct keyctl_pkey_query about;

	key();
	MUST_BE(syscall(KEY, KEYCTL_PKEY_QUERY, key(), 0L, "", &about) == -1);
}

ABI_CASE("keyctl(KEYCTL_RESTRICT_KEYRING)")
{
	keys();
	if (syscall(KEY, KEYCTL_RESTRICT_KEYRING, RING, NULL, NULL) == -1 && errno == EOPNOTSUPP)
		abi_skip("this kernel restricts no keyrings");
	MUST_FAIL(syscall(KEY, KEYCTL_RESTRICT_KEYRING, 0x7ffffff0, NULL, NULL), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_MOVE)")
{
	int k = key();

	MUST(syscall(KEY, KEYCTL_GET_KEYRING_ID, (long)KEY_SPEC_THREAD_KEYRING, 1));
	MUST(syscall(KEY, KEYCTL_MOVE, k, RING, (long)KEY_SPEC_THREAD_KEYRING, 0u));
	MUST_FAIL(syscall(KEY, KEYCTL_MOVE, 0x7ffffff0, RING, (long)KEY_SPEC_THREAD_KEYRING, 0u), ENOKEY);
}

ABI_CASE("keyctl(KEYCTL_CAPABILITIES)")
{
	unsigned char caps[32];

	keys();
	memset(caps, 'c', sizeof(caps));
	MUST(syscall(KEY, KEYCTL_CAPABILITIES, caps, sizeof(caps)));
	MUST_FAIL(syscall(KEY, KEYCTL_CAPABILITIES, (char *)8, 2L), EFAULT);
}

ABI_FAILS("keyctl(KEYCTL_WATCH_KEY)", "a case has no pipe of notifications")
{
	MUST_BE(syscall(KEY, KEYCTL_WATCH_KEY, key(), 1, 7) == -1);
}
