import os, select, threading

# Two threads wait for one set of pipes, two at a time; as many processes write into them.
N = 12
ep = select.epoll()
ends = {}
for i in range(N):
    r, w = os.pipe()
    if os.fork() == 0:
        os.close(r)
        for k in range(5):
            for _ in range(1000 * (i % 4 + 1)):
                pass
            os.write(w, b"%d.%d;" % (i, k))
        os._exit(0)
    os.close(w)
    ends[r] = i
    ep.register(r, select.EPOLLIN)
def worker():
    while True:
        for fd, ev in ep.poll(timeout=5, maxevents=2):
            with lock:
                if fd not in ends: continue
                d = os.read(fd, 100)
                print(fd, ev, d, flush=True)
                if not d:
                    ep.unregister(fd); os.close(fd); del ends[fd]
        with lock:
            if not ends: return
lock = threading.Lock()
t = [threading.Thread(target=worker) for _ in range(2)]
[x.start() for x in t]; [x.join() for x in t]
for _ in range(N): os.wait()
