/** A problem of the command line itself; others come from the packages, with codes of their own. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly retryable: boolean;

  constructor(code: CliErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = code === "output-closed" || code === "home-busy";
  }
}

/** Append-only: README "Errors". */
export type CliErrorCode =
  | "usage"
  | "no-storage"
  | "bad-profile"
  | "bad-text"
  | "no-identity"
  | "home-unusable"
  | "home-busy"
  | "output-closed"
  | "output-failed"
  | "too-large"
  | "bad-property"
  | "unknown-profile"
  | "target-exists"
  | "source-gone"
  | "target-failed"
  | "no-picture"
  | "interrupted";

/** What a problem's line says. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export const exitCodes = { done: 0, failed: 1, usage: 2, tryAgain: 75 } as const;

/** What the storage's own words are called here: few, since only a person can act on them, and the message says how. */
const storageCodes: Readonly<Record<string, string>> = {
  unreachable: "storage-unreachable",
  "timed-out": "storage-unreachable",
  "server-error": "storage-unreachable",
  "rate-limited": "storage-unreachable",
  refused: "storage-refused",
  "wrong-credentials": "storage-refused",
  "missing-bucket": "storage-refused",
  "clock-skew": "storage-refused",
  unsupported: "storage-refused",
  "disk-full": "storage-full",
  "bad-profile": "bad-profile",
};

const homeCodes: Readonly<Record<string, string>> = { locked: "home-busy", full: "home-full" };

function codeOf(error: Error & { readonly code?: unknown }): string {
  const code = typeof error.code === "string" ? error.code : "";
  if (error.name === "StorageRemoteError") return storageCodes[code] ?? "storage-invalid";
  if (error.name === "StorageLocalError") return homeCodes[code] ?? "home-unusable";
  // A transfer that failed by the storage: the storage's own word says more.
  if (code === "storage-failed" && error.cause instanceof Error && error.cause.name === "StorageRemoteError") return codeOf(error.cause);
  return code;
}

/** Our errors have a code in lower case and say whether another try may help; anything else is a mistake of this program. */
function isOurs(error: unknown): error is Error & { readonly code: string; readonly retryable: boolean } {
  return error instanceof Error && "retryable" in error && "code" in error;
}

/** One sentence, a code and whether to try again, for anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (isOurs(error)) return { code: codeOf(error), message: oneLine(error.message), retryable: error.retryable };
  const system = error instanceof Error && "syscall" in error ? error : undefined;
  if (system) return { code: "home-unusable", message: oneLine(`A file cannot be used: ${system.message}`), retryable: false };
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "internal", message: oneLine(`This is a mistake in cweb; please report it: ${what}`), retryable: false };
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ");

export function exitCodeOf(error: unknown): number {
  const { code, retryable } = problemOf(error);
  if (code === "usage" || code === "no-storage" || code === "bad-name" || code === "bad-message-id") return exitCodes.usage;
  return retryable ? exitCodes.tryAgain : exitCodes.failed;
}
