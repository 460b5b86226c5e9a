# Both ends of conversations, for tests/e2e/peers.sh:
#   peer.py serve FILE KIND     a server that is no part of the run; where it is to be found stands in FILE
#   peer.py ask KIND PLACE WORD a client: says WORD, prints the answer
#   peer.py answer KIND PLACE N WORD   a server for N clients, each of which gets WORD and what it has said
#   peer.py both PLACE WORD     a pair of its own and somebody outside, in one wait
import os, select, socket, sys, threading

FAMILY = {"tcp": (socket.AF_INET, socket.SOCK_STREAM), "udp": (socket.AF_INET, socket.SOCK_DGRAM),
          "unix": (socket.AF_UNIX, socket.SOCK_STREAM)}


def place(kind, text):
    return text if kind == "unix" else ("127.0.0.1", int(text))


def bound(kind, text):
    s = socket.socket(*FAMILY[kind])
    if kind == "tcp":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(place(kind, text))
    if kind != "udp":
        s.listen(5)
    return s


def said(s):
    data = b""
    while not data.endswith(b"\n"):
        more = s.recv(100)
        if not more:
            break
        data += more
    return data


def serve(path, kind):
    s = bound(kind, path + ".socket" if kind == "unix" else "0")
    with open(path + ".new", "w") as f:
        f.write(path + ".socket" if kind == "unix" else str(s.getsockname()[1]))
    os.rename(path + ".new", path)
    while True:
        if kind == "udp":
            data, who = s.recvfrom(1000)
            heard(path)
            s.sendto(b"heard " + data, who)
        else:
            c, _ = s.accept()
            heard(path)
            data = said(c)
            c.sendall(b"heard " + data)
            c.close()


def heard(path):
    with open(path + ".heard", "a") as f:
        f.write("somebody\n")


def ask(kind, text, word):
    s = socket.socket(*FAMILY[kind])
    if kind == "udp":
        s.sendto(word.encode() + b"\n", place(kind, text))
        print(s.recvfrom(1000)[0])
    else:
        s.connect(place(kind, text))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        s.sendall(word.encode() + b"\n")
        print(said(s), s.getpeername() == place(kind, text))


def answer(kind, text, n, word):
    s = bound(kind, text)
    poll = select.epoll() if kind == "unix" else select.poll()
    poll.register(s.fileno(), select.POLLIN)
    print("ready", flush=True)
    known = {}
    while n:
        for fd, events in poll.poll():
            if fd == s.fileno():
                c, _ = s.accept()
                c.setblocking(True)
                poll.register(c.fileno(), select.POLLIN)
                known[c.fileno()] = c
                continue
            c = known[fd]
            data = said(c)
            c.sendall(word.encode() + b" " + data)
            print(data)
            poll.unregister(fd)
            known.pop(fd).close()
            n -= 1


def both(text, word):
    here, there = socket.socketpair()
    own = bound("tcp", "0")
    client = socket.create_connection(own.getsockname())
    inner, _ = own.accept()
    outer = socket.create_connection(place("tcp", text))
    poll = select.epoll()
    for s in here, inner, outer:
        poll.register(s.fileno(), select.EPOLLIN)
    there.sendall(b"within\n")
    client.sendall(word.encode() + b"\n")
    outer.sendall(b"without\n")
    left = {here.fileno(): here, inner.fileno(): inner, outer.fileno(): outer}
    heard = []
    while left:
        for fd, _ in poll.poll():
            if fd in left:
                heard.append(said(left[fd]))
                poll.unregister(fd)
                del left[fd]
    print(sorted(heard))


command = {"serve": serve, "ask": ask, "both": both}.get(sys.argv[1])
if command:
    command(*sys.argv[2:])
else:
    answer(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
