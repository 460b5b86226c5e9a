// Timers, a worker, a file.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const fs = require('fs');
if (!isMainThread) {
	parentPort.on('message', (n) => parentPort.postMessage(n * workerData));
} else {
	const worker = new Worker(__filename, { workerData: 3 });
	let left = 5;
	worker.on('message', (n) => {
		console.log('worker says', n);
		if (--left === 0) worker.terminate();
	});
	for (let i = 0; i < 5; i++) worker.postMessage(i);
	worker.on('exit', () => console.log('worker ended'));
	setTimeout(() => console.log('timer'), 50);
	let ticks = 0;
	const interval = setInterval(() => { if (++ticks === 3) { console.log('ticks'); clearInterval(interval); } }, 10);
	fs.readFile('text', (err, data) => console.log('read', data.length));
}
