import type { Output } from "./output.ts";

/** What every command gets. */
export interface Context {
  /** The home's folder. */
  readonly home: string;
  /** The file that requests are logged to. */
  readonly requests: string | undefined;
  readonly output: Output;
  /** What is added to the protocol's clock, in ms: for tests. */
  readonly clockOffset: number;
  /** CWEB_ROOMS: whether invitations to rooms are accepted as they come. */
  readonly rooms: "accept" | "ask";
  /** CWEB_STORAGE. */
  readonly storage: string | undefined;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}
