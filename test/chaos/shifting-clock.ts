/**
 * Preloaded into a worker: its clock is wrong by `CHAOS_CLOCK_SHIFT` milliseconds, and jumps when it is told `{ shiftMs }`. Timers and
 * `performance.now()` are not touched, as they are not by a clock that is set.
 */
let shiftMs = Number(process.env.CHAOS_CLOCK_SHIFT ?? 0);
const TrueDate = Date;
const now = (): number => TrueDate.now() + shiftMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args: [], made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made) as Date,
  apply: () => new TrueDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

process.on('message', (message: { readonly shiftMs?: number }) => {
  if (message.shiftMs !== undefined) shiftMs = message.shiftMs;
});
// The driver is gone: nobody would end this worker any more.
process.on('disconnect', () => process.exit());
// Listening to the driver is no reason to go on living.
process.channel?.unref();
