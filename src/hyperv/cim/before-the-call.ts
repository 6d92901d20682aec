import { FailbackError } from '../../domain/failure.ts';

/** The failure of something that was read for a call: whatever it says about the read, the call itself was not made (`details.sent` false). */
export function notCalledYet(error: unknown): unknown {
  if (!(error instanceof FailbackError)) return error;
  const { class: failureClass, code, message, remedy, details } = error;
  return new FailbackError(
    {
      class: failureClass,
      code,
      message,
      ...(remedy === undefined ? {} : { remedy }),
      details: { ...details, sent: false },
    },
    { cause: error },
  );
}
