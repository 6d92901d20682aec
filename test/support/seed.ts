import fc from 'fast-check';

// Every run tries the same cases, so a failure is repeatable; FAILBACK_TEST_SEED tries others.
fc.configureGlobal({ seed: Number(process.env.FAILBACK_TEST_SEED ?? 1) });
