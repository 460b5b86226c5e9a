# Drives an editor through a pseudo-terminal.
import os, pty, select, sys, time

keys = [b":set nocp\r", b"Gohello from a terminal\x1b", b":%s/line/row/g\r", b":wq\r"]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp(sys.argv[1], sys.argv[1:])
seen = 0
while True:
    ready, _, _ = select.select([fd], [], [], 0.3)
    if ready:
        time.sleep(0.05)  # a terminal brings what was written in pieces of its own: all of an answer at once
        try:
            got = os.read(fd, 4096)
        except OSError:
            break
        if not got:
            break
        seen += len(got)
    elif keys:
        os.write(fd, keys.pop(0))
print(os.waitpid(pid, 0)[1] >> 8, seen > 0)
