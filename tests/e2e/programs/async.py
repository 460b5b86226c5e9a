# A server, clients, a program and timers in one loop.
import asyncio


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def client(port, who):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in open("text", "rb"):
        writer.write(line)
        await writer.drain()
        assert await reader.readline() == line.upper()
        await asyncio.sleep(0.001)
    writer.close()
    return who


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await asyncio.gather(*(client(port, i) for i in range(3))))
    p = await asyncio.create_subprocess_exec("cat", "text", stdout=asyncio.subprocess.PIPE)
    print(len((await p.communicate())[0]), p.returncode)
    print(await asyncio.get_running_loop().run_in_executor(None, sum, range(1000)))
    server.close()


asyncio.run(main())
