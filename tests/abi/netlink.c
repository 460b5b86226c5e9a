/*
 * Audit cases: messages of netlink, asked for under the process's own number, which differs each run.
 */
#include "net.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* Two requests of which one has padding: the kernel answers each. */
struct requests {
	struct nlmsghdr first;
	char text[4];
	struct nlmsghdr second;
};

static struct requests requests(void)
{
	struct requests r = { .first = { .nlmsg_len = 18, .nlmsg_type = NLMSG_NOOP }, .text = "ab" };

	r.second = (struct nlmsghdr){ .nlmsg_len = 16, .nlmsg_type = NLMSG_NOOP };
	r.first.nlmsg_flags = r.second.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	r.first.nlmsg_pid = r.second.nlmsg_pid = (uint32_t)getpid();
	r.first.nlmsg_seq = (uint32_t)getpid();
	r.second.nlmsg_seq = (uint32_t)getpid() + 1;
	return r;
}

static int kernel(void)
{
	int fd = (int)MUST(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	/* an interface that there always is */
	struct {
		struct nlmsghdr header;
		struct ifinfomsg about;
	} get = { { sizeof(get), RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, (uint32_t)getpid(), 0 }, { .ifi_index = 1 } };

	MUST(syscall(SYS_sendto, fd, &get, sizeof(get), 0, NULL, 0));
	return fd;
}

static char buffer[8192];

ABI_CASE("sendto")
{
	struct sockaddr_nl there = { .nl_family = AF_NETLINK };
	struct requests r = requests();
	int fd = kernel();

	MUST(syscall(SYS_sendto, fd, &r, sizeof(r), 0, NULL, 0));
	MUST(syscall(SYS_sendto, fd, &r, sizeof(r), 0, &there, sizeof(there)));
	/* not all of it is a message */
	r.second.nlmsg_len = 99;
	r.first.nlmsg_seq = r.second.nlmsg_seq = r.first.nlmsg_pid = r.second.nlmsg_pid = 7;
	MUST(syscall(SYS_sendto, fd, &r, sizeof(r), 0, NULL, 0));
}

ABI_CASE("sendmsg")
{
	struct requests r = requests();
	struct iovec iov[2] = { { &r, sizeof(r) }, { &r, sizeof(r) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	MUST(syscall(SYS_sendmsg, kernel(), &msg, 0));
}

ABI_CASE("sendmmsg")
{
	struct requests r = requests();
	struct iovec iov = { &r, sizeof(r) };
	struct mmsghdr msgs[2] = { { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
				   { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } } };

	MUST(syscall(SYS_sendmmsg, kernel(), msgs, 2, 0));
}

ABI_CASE("write")
{
	struct requests r = requests();

	MUST(syscall(SYS_write, kernel(), &r, sizeof(r)));
}

ABI_CASE("writev")
{
	struct requests r = requests();
	struct iovec iov = { &r, sizeof(r) };

	MUST(syscall(SYS_writev, kernel(), &iov, 1));
}

ABI_CASE("recvfrom")
{
	struct nlmsghdr *h = (void *)buffer;
	int fd = kernel();

	MUST_BE(MUST(syscall(SYS_recvfrom, fd, buffer, sizeof(buffer), 0, NULL, NULL)) > 16);
	MUST_BE(h->nlmsg_seq == (uint32_t)getpid() && h->nlmsg_type == RTM_NEWLINK);
	/* that it was done */
	MUST_BE(MUST(syscall(SYS_recvfrom, fd, buffer, sizeof(buffer), MSG_PEEK, NULL, NULL)) == 36);
	MUST_BE(MUST(syscall(SYS_recvfrom, fd, buffer, sizeof(buffer), 0, NULL, NULL)) == 36);
	MUST_BE(h->nlmsg_seq == (uint32_t)getpid() && h->nlmsg_type == NLMSG_ERROR);
}

ABI_CASE("recvmsg")
{
	struct iovec iov = { buffer, sizeof(buffer) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct nlmsghdr *h = (void *)buffer;

	MUST_BE(MUST(syscall(SYS_recvmsg, kernel(), &msg, 0)) > 16);
	MUST_BE(h->nlmsg_seq == (uint32_t)getpid());
}

ABI_CASE("recvmmsg")
{
	struct iovec iov[2] = { { buffer, 4096 }, { buffer + 4096, 4096 } };
	struct mmsghdr msgs[2] = { { .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
				   { .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } } };
	struct nlmsghdr *h = (void *)(buffer + 4096);

	MUST_BE(MUST(syscall(SYS_recvmmsg, kernel(), msgs, 2, 0, NULL)) == 2);
	MUST_BE(h->nlmsg_seq == (uint32_t)getpid());
}

ABI_CASE("read")
{
	MUST_BE(MUST(syscall(SYS_read, kernel(), buffer, sizeof(buffer))) > 16);
}

ABI_CASE("readv")
{
	struct iovec iov = { buffer, sizeof(buffer) };

	MUST_BE(MUST(syscall(SYS_readv, kernel(), &iov, 1)) > 16);
}
