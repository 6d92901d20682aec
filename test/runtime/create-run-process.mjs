// Creates a run in a process of its own and kills itself where it is told to.
const { connectRedis } = await import('../../dist/src/redis/connect.js');
const { createRun } = await import('../../dist/src/runtime/create-run.js');
const { Runtime } = await import('../../dist/src/runtime/runtime.js');

const { url, plan, at } = JSON.parse(process.env.JOB);
const redis = connectRedis(url, 'command');
try {
  await createRun(new Runtime({ redis }), plan, (point) => {
    if (point === at) process.kill(process.pid, 'SIGKILL');
  });
  process.stdout.write('created');
} catch (error) {
  process.stdout.write(`${error.code} ${error.details?.run ?? ''}`);
}
process.exit(0);
