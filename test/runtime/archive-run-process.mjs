// Archives a run in a process of its own and kills itself where it is told to.
const { connectRedis } = await import('../../dist/src/redis/connect.js');
const { archiveRun } = await import('../../dist/src/runtime/archive-run.js');
const { Runtime } = await import('../../dist/src/runtime/runtime.js');

const { url, run, file, at } = JSON.parse(process.env.JOB);
const redis = connectRedis(url, 'command');
await archiveRun(new Runtime({ redis }), run, file, (point) => {
  if (point === at) process.kill(process.pid, 'SIGKILL');
});
process.exit(0);
