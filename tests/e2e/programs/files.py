# Programs, digests and temporary files.
import hashlib, os, subprocess, tempfile

print(subprocess.run(["tr", "a-z", "A-Z"], input=b"through two pipes\n", capture_output=True).stdout)
print(subprocess.check_output("cat text | wc -l", shell=True))
print(subprocess.run(["sh", "-c", "exit 5"]).returncode)
procs = [subprocess.Popen(["sh", "-c", f"echo {i}; sleep 0.0{i}"], stdout=subprocess.PIPE) for i in range(4)]
print([p.communicate()[0] for p in procs])
for name in ("md5", "sha256", "sha3_512", "blake2b"):
    print(name, hashlib.new(name, open("text", "rb").read()).hexdigest())
with tempfile.NamedTemporaryFile(dir=".") as f, tempfile.TemporaryDirectory(dir=".") as d:
    f.write(os.urandom(1000))
    f.flush()
    open(os.path.join(d, "inside"), "w").write("x" * 5000)
    print(os.path.getsize(f.name), os.listdir(d))
print(sorted(os.listdir(".")))
