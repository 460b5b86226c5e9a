# Threads that share a queue, a lock and a condition.
import queue, threading

todo, done, lock = queue.Queue(), [], threading.Lock()
gate = threading.Barrier(4)
text = open("text").read()


def work(me):
    gate.wait()
    while True:
        n = todo.get()
        if n is None:
            return
        total = sum(ord(c) for c in text[:n * 10])
        with lock:
            done.append((n, total))


threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for t in threads:
    t.start()
for n in range(200):
    todo.put(n)
for t in threads:
    todo.put(None)
for t in threads:
    t.join()
print(len(done), sum(t for _, t in done))
timer = threading.Timer(0.05, lambda: print("timer"))
timer.start()
timer.join()
e = threading.Event()
print(e.wait(0.02))
