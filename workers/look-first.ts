import { FailbackError } from '../src/domain/failure.ts';

/** Something read for a call after it was claimed: when that fails, the call was not made. */
export async function lookFirst<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (thrown) {
    if (!(thrown instanceof FailbackError)) throw thrown;
    const { class: failureClass, code, message, remedy, details } = thrown;
    const failure = {
      class: failureClass,
      code,
      message,
      ...(remedy === undefined ? {} : { remedy }),
      details: { ...details, sent: false },
    };
    throw new FailbackError(failure, { cause: thrown });
  }
}
