import {
  type ErrorCode,
  MessagingError,
  onAbort,
} from "@ruststream/core/contract";

const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  EDQUOT: "overloaded",
  EMFILE: "overloaded",
  ENOSPC: "overloaded",
  ENAMETOOLONG: "refused",
};

/** What the file system did wrong, in the words of the contract. Any other error stays as it is. */
export function fileError(what: string, cause: unknown): unknown {
  if (!(cause instanceof Error && "syscall" in cause && "code" in cause)) {
    return cause;
  }
  const code = codes[String(cause.code)] ?? "connection";
  const found = `the file system answered ${cause.code}`;
  return new MessagingError(code, `Cannot ${what}: ${found}`, { cause });
}

/** Waits for the file system, which cannot be interrupted, as long as the signal allows. */
export async function untilAborted<T>(
  what: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  work().then(resolve, (cause) => reject(fileError(what, cause)));
  const forget = onAbort(signal, reject);
  try {
    return await promise;
  } finally {
    forget();
  }
}
